"""Log lines as JSON, made so that they cannot hold anything about a person.

A line says what happened and where in the code, never with what: no address, query, token, SQL value, e-mail or IP
address. A message is logged as its template ("Not Found: %s"), an exception as its type and frames. Facts of our own
are passed as `extra={"facts": {...}}`; whoever passes one answers for it.
"""

import json
import logging
import sysconfig
import time
from datetime import UTC, datetime
from pathlib import Path

OWN_LOGGERS = {"config", "accounts", "frameworks", "checklists", "sharing"}
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
ROOTS = [Path(sysconfig.get_path("purelib")), Path(__file__).resolve().parent.parent]

logger = logging.getLogger(__name__)


class AccessLogMiddleware:
    """One line a request: which route (its name, since a path can be a key), how it ended, how long it took."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        started = time.perf_counter()
        response = self.get_response(request)
        facts = {
            "method": request.method if request.method in METHODS else "other",
            "route": request.resolver_match.view_name if request.resolver_match else None,
            "status": response.status_code,
            "ms": round((time.perf_counter() - started) * 1000, 1),
        }
        logger.info("request", extra={"facts": facts})
        return response


class JsonFormatter(logging.Formatter):
    def format(self, record):
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": _template_of(record),
            **getattr(record, "facts", {}),
        }
        if record.exc_info and record.exc_info[1]:
            line["exceptions"] = [_describe(error) for error in _chain(record.exc_info[1])]
        if line["event"] is None:
            line["where"] = f"{_short(record.pathname)}:{record.lineno} {record.funcName}"
        return json.dumps(line)


def _template_of(record):
    """The message before its values are put in. None where a foreign message came with its values already in it.

    Django itself logs `str(exception)` for suspicious requests, so a foreign text without arguments proves nothing.
    """
    own = record.name.partition(".")[0] in OWN_LOGGERS
    return record.msg if isinstance(record.msg, str) and (own or record.args) else None


def _chain(error):
    """The exception and those that led to it, latest first."""
    seen = []
    while error is not None and error not in seen:
        seen.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return seen


def _describe(error):
    frames = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{_short(code.co_filename)}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    described = {"type": f"{type(error).__module__}.{type(error).__qualname__}", "frames": frames}
    if sqlstate := getattr(error, "sqlstate", None):  # PostgreSQL's five characters for what went wrong
        described["sqlstate"] = sqlstate
    return described


def _short(filename):
    for root in ROOTS:
        if Path(filename).is_relative_to(root):
            return str(Path(filename).relative_to(root))
    return Path(filename).name
