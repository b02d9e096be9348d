import io
import json
import logging

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from config.logs import JsonFormatter

PERSONAL = ("ada", "s3cret", "192.0.2.7", "insomnia", "7f3a9c")


@pytest.fixture
def log():
    """Everything that is logged, down to the last level, as the lines it would be printed as."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    loggers = [
        logging.getLogger(name) for name in ("", "django.request", "django.server", "django.db.backends")
    ]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    logging.getLogger().addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.getLogger().removeHandler(handler)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def requests_in(log):
    return [line for line in log() if line["event"] == "request"]


class TestTheLineOfARequest:
    def test_tells_route_status_and_time_and_nothing_else(self, wrong, log):
        wrong.get("/healthz?q=insomnia", REMOTE_ADDR="192.0.2.7")
        [line] = requests_in(log)
        assert line.pop("at")
        assert line.pop("ms") >= 0
        assert line == {
            "level": "INFO",
            "logger": "config.logs",
            "event": "request",
            "method": "GET",
            "route": "alive",
            "status": 200,
        }

    def test_is_there_for_what_fails(self, wrong, log):
        for path in ("/wrong/broken/", "/no/such/page/", "/wrong/operational/", "/?q=%00"):
            wrong.get(path)
        assert [line["status"] for line in requests_in(log)] == [500, 404, 503, 400]

    def test_names_the_route_not_the_address(self, wrong, log):
        wrong.get("/wrong/keyed/7f3a9c/")
        assert requests_in(log)[0]["route"] == "keyed"

    def test_does_not_repeat_an_invented_method(self, wrong, log):
        wrong.generic("ADA@EXAMPLE.ORG", "/healthz")
        assert requests_in(log)[0]["method"] == "other"


class TestNothingPersonal:
    @pytest.mark.parametrize(
        "path",
        [
            "broken/",
            "conflict/",
            "operational/",
            "missing/",
            "forbidden/",
            "keyed/7f3a9c/",
            "nowhere-7f3a9c/",
        ],
    )
    def test_of_a_request_is_logged_however_it_ends(self, wrong, log, path):
        wrong.get(f"/wrong/{path}?q=insomnia&token=7f3a9c&email=ada@example.org", REMOTE_ADDR="192.0.2.7")
        wrong.post(
            f"/wrong/{path}", {"email": "ada@example.org", "password": "s3cret"}, REMOTE_ADDR="192.0.2.7"
        )
        self.assert_clean(log)

    def test_of_a_suspicious_request_is_logged(self, wrong, log):
        wrong.get("/", headers={"host": "ada.example.org"})
        wrong.get("/%2e%2e/ada?q=%00")
        assert "django.security.DisallowedHost" in [line["logger"] for line in log()]
        self.assert_clean(log)

    @pytest.mark.django_db
    def test_of_a_statement_is_logged(self, log, settings):
        settings.DEBUG = True
        User.objects.create_user("ada@example.org", display_name="s3cret")
        with pytest.raises(IntegrityError) as raised, transaction.atomic():
            User.objects.create_user("ada@example.org")
        logging.getLogger("frameworks.search").exception("could not save", exc_info=raised.value)
        assert any(line["logger"] == "django.db.backends" for line in log())
        self.assert_clean(log)

    def test_of_foreign_words_is_logged(self, log):
        logging.getLogger("some.library").warning("ada@example.org failed from 192.0.2.7")
        logging.getLogger("some.library").warning("%s failed", "ada@example.org")
        logging.getLogger("frameworks").warning("%s failed", "ada@example.org")
        withheld, foreign, own = log()
        assert withheld["event"] is None
        assert withheld["where"].endswith("test_of_foreign_words_is_logged")
        assert foreign["event"] == own["event"] == "%s failed"
        self.assert_clean(log)

    def assert_clean(self, log):
        printed = json.dumps(log()).lower()
        assert not [word for word in PERSONAL if word in printed], printed


class TestAnException:
    def test_is_told_by_type_and_frames_and_so_are_those_before_it(self, log):
        def open_the_box():
            raise KeyError("ada@example.org")

        try:
            try:
                open_the_box()
            except KeyError as error:
                raise RuntimeError("s3cret") from error
        except RuntimeError:
            logging.getLogger("config").exception("went wrong")
        last, first = log()[0]["exceptions"]
        assert (last["type"], first["type"]) == ("builtins.RuntimeError", "builtins.KeyError")
        assert first["frames"][-1].startswith("tests/config/test_logs.py:")
        assert first["frames"][-1].endswith(" open_the_box")

    def test_of_the_database_tells_its_code(self, log):
        class FromTheDatabase(Exception):
            sqlstate = "23505"

        logging.getLogger("config").error("refused", exc_info=FromTheDatabase("ada@example.org"))
        assert log()[0]["exceptions"][0]["sqlstate"] == "23505"
