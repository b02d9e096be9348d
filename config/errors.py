"""What people see when a page cannot be had: calm words of our own, whatever the request was.

The pages for 400, 500 and 503 read neither body, session nor database: they are needed when just these have failed.
"""

import re
import sys

from django.conf import settings
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import add_never_cache_headers
from django.views import debug

SECONDS_TO_RETRY = 30
_DRAFT = re.compile(r"/admin/frameworks/framework/[0-9]+/change/")


def bad_request(request, exception=None):
    return _page_without_request(400)


def forbidden(request, exception=None):
    return never_kept(render(request, "403.html", status=403))


def not_found(request, exception=None):
    # The address is not repeated on the page, and the exception's text is for developers.
    return never_kept(render(request, "404.html", status=404))


def server_error(request):
    return _page_without_request(500)


def unavailable():
    response = _page_without_request(503)
    response.headers["Retry-After"] = str(SECONDS_TO_RETRY)
    return response


def _page_without_request(status):
    try:
        response = HttpResponse(render_to_string(f"{status}.html"), status=status)
    except Exception:  # whatever broke the page may break this one too
        response = HttpResponse("Something went wrong here. Please try again later.\n", "text/plain", status)
    return never_kept(response)


def never_kept(response):
    # A cache may keep a 404 by itself, and so hide what is published there a minute later.
    add_never_cache_headers(response)
    return response


class CalmPagesMiddleware:
    """Answer 503 when the database is away, and with our own 404 while DEBUG is on.

    An exception in a middleware never reaches the middlewares around it: Django turns it into a response first. But it
    sends a signal on the way, so that is where a failed database is noticed, wherever it was asked.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if getattr(request, "database_failed", False):
            return unavailable()
        if settings.DEBUG and response.status_code == 404 and request.resolver_match is None:
            return not_found(request)
        return response

    def process_exception(self, request, exception):
        return not_found(request) if isinstance(exception, Http404) else None


def note_failed_database(request=None, **kwargs):
    # Django sends this signal while it handles the exception, and does not pass the exception on.
    if request is not None and isinstance(sys.exception(), OperationalError | InterfaceError):
        request.database_failed = True


got_request_exception.connect(note_failed_database, dispatch_uid="config.errors.note_failed_database")


class RefuseUnreadableMiddleware:
    """Answer 400 to what no browser sends and what would fail somewhere further in.

    That is any declared charset but UTF-8 (Django would decode address and form with whatever codec is named), and the
    character NUL in the address, a cookie or a form, which PostgreSQL cannot store or compare.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if _is_unreadable(request):
            return bad_request(request)
        return self.get_response(request)


def _is_unreadable(request):
    if request.content_params.get("charset", "utf-8").lower() != "utf-8":
        return True
    if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
        return True
    if any("\0" in value for value in request.COOKIES.values()):
        return True
    # A form without files is read by the CSRF check in any case. In one with files, form fields refuse NUL. So do those
    # of a draft, where somebody would otherwise lose what was pasted and all that was typed before.
    return (
        request.method == "POST"
        and not _DRAFT.fullmatch(request.path_info)
        and request.content_type == "application/x-www-form-urlencoded"
        and any("\0" in value for values in request.POST.lists() for value in [values[0], *values[1]])
    )


class ExceptionReporter(debug.ExceptionReporter):
    """Django's technical page, made such that reporting an error cannot fail as the error did."""

    def __init__(self, request, *args, **kwargs):
        try:
            request.GET, request.POST  # noqa: B018
        except Exception:
            request = None  # the page then does without it
        super().__init__(request, *args, **kwargs)

    def get_traceback_html(self):
        # CalmPagesMiddleware discards this page; printing its variables would ask the dead database again and again.
        return "" if getattr(self.request, "database_failed", False) else super().get_traceback_html()
