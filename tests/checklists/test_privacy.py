"""What a person tracks is nobody else's business: not in what remains of them, and in no line of a log."""

import io
import json
import logging
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.contrib import admin
from django.db import connection
from django.test import Client

from accounts.models import Session
from checklists import runs, unsaved
from checklists.models import Checklist, State, Tick, TickChange
from checklists.moves import move
from checklists.owners import Owner
from checklists.ticking import Change, tick
from config.logs import JsonFormatter
from frameworks.drafts import write_draft
from tests.factories import AGREED, PASSWORD, make_checklist, make_document, make_framework, make_user

NOTE, EARLIER, OTHERS_NOTE = "My mother called", "Xanthippe was here", "Somebody else's words"
EMAIL, NAME = "ada.lovelace@example.org", "Ada Q. Lovelace"


def whole_database():
    """Every row of every table of the database as text, whichever app or extension made it; sessions also as read."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        tables = [table for (table,) in cursor.fetchall()]
        text = []
        for table in tables:
            cursor.execute(f"SELECT row::text FROM {table} row")
            text += [row for (row,) in cursor.fetchall()]
    text += [
        json.dumps(Session(session_data=one.session_data).get_decoded()) for one in Session.objects.all()
    ]
    return "\n".join(text)


def everything_of(reader, browser):
    """Leave a trace wherever there can be one: ticks, notes old and new, a move, an archived run, an ended session."""
    owner = Owner(reader=reader.pk)
    checklist = make_checklist(reader)
    tick(checklist.pk, owner, [Change("chair", State.DONE, EARLIER)])
    tick(checklist.pk, owner, [Change("chair", note=NOTE)])
    write_draft(checklist.framework, make_document(title="Again"))
    checklist.framework.publish(by=None, kind="clinical", note="")
    move(checklist.pk, owner, to=2)
    runs.archive(checklist.pk, owner)
    again = make_checklist(reader)
    tick(again.pk, owner, [Change("chair", State.NOT_FOR_ME, NOTE)])
    make_user("other@example.com")
    # Another browser, in which the session had ended when a note was written.
    ended = Client()
    ended.post(again.get_absolute_url(), {"note:chair": NOTE, "item": "chair"})
    browser.get(again.get_absolute_url())
    browser.post(again.get_absolute_url(), {"note:chair": NOTE + "x" * 1000})


@pytest.mark.django_db
class TestAfterLeaving:
    def test_nothing_in_the_whole_database_tells_of_the_person(self):
        reader = make_user(EMAIL, display_name=NAME)
        browser = Client()
        browser.post("/account/login/", {"login": EMAIL, "password": PASSWORD})
        everything_of(reader, browser)
        before = whole_database()
        traces = (EMAIL, NAME, NOTE, EARLIER)
        assert all(trace in before for trace in traces), "else this test looks in the wrong place"
        answer = browser.post("/account/leave/", {"password": PASSWORD})
        assert (answer.status_code, answer.url) == (303, "/account/goodbye/")
        after = whole_database()
        assert [trace for trace in traces if trace in after] == []
        assert "other@example.com" in after
        assert not Checklist.objects.exists()

    def test_what_others_keep_is_as_it_was(self):
        reader = make_user(EMAIL)
        browser = Client()
        browser.force_login(reader)
        theirs = make_checklist(make_user("other@example.com"))
        guests = make_checklist()
        for one in (theirs, guests):
            owner = Owner(reader=one.reader_id, guest=one.guest)
            tick(one.pk, owner, [Change("chair", State.DONE, OTHERS_NOTE)])
        make_checklist(reader)
        browser.post("/account/leave/", {"password": PASSWORD})
        assert set(Checklist.objects.values_list("pk", flat=True)) == {theirs.pk, guests.pk}
        assert Tick.objects.filter(note=OTHERS_NOTE).count() == 2


@pytest.mark.django_db
class TestAfterTheAgreementWasWithdrawn:
    def test_nothing_in_the_whole_database_tells_what_was_kept(self):
        reader = make_user(EMAIL)
        browser = Client()
        browser.force_login(reader)
        everything_of(reader, browser)
        browser.post("/checklists/agreement/")
        after = whole_database()
        assert [trace for trace in (NOTE, EARLIER) if trace in after] == []
        assert EMAIL in after, "the account stays"

    def test_what_waited_to_be_saved_is_gone_too(self):
        reader = make_user(EMAIL)
        checklist = make_checklist(reader)
        browser = Client()
        browser.post(checklist.get_absolute_url(), {"note:chair": NOTE})
        browser.post("/account/login/", {"login": EMAIL, "password": PASSWORD})
        browser.post("/checklists/agreement/")
        assert NOTE not in whole_database()


@pytest.mark.django_db
class TestAfterAChecklistWasDeleted:
    def test_nothing_in_the_whole_database_tells_what_was_in_it(self):
        browser = Client()
        make_framework(published=True)
        address = browser.post("/checklists/start/box-breathing/", AGREED).url
        browser.post(address, {"note:chair": EARLIER, "item": "chair"})
        browser.post(f"{address}items/chair/", {"note": NOTE})
        browser.post(f"{address}delete/")
        after = whole_database()
        assert [trace for trace in (NOTE, EARLIER) if trace in after] == []


@pytest.mark.django_db
class TestEarlierNotes:
    def test_are_nowhere_once_they_were_erased(self):
        reader = make_user()
        checklist = make_checklist(reader)
        for note in (EARLIER, NOTE):
            tick(checklist.pk, Owner(reader=reader.pk), [Change("chair", note=note)])
        browser = Client()
        browser.force_login(reader)
        browser.post(f"{checklist.get_absolute_url()}history/forget/")
        after = whole_database()
        assert EARLIER not in after
        assert NOTE in after


class TestTheAdmin:
    def test_shows_nothing_of_what_a_person_tracks(self):
        labels = {model._meta.app_label for model in admin.site._registry}
        assert "checklists" not in labels
        assert "sessions" not in labels


@pytest.fixture
def log():
    """Everything that is logged, down to the last level, as the lines it would be printed as."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    loggers = [logging.getLogger(name) for name in ("", "django.request", "django.db.backends", "checklists")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    logging.getLogger().addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.getLogger().removeHandler(handler)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@pytest.mark.django_db
class TestTheLog:
    """With statements and everything else at its loudest."""

    @pytest.fixture
    def items(self):
        return [
            {"key": "called-the-clinic", "text": "I called the clinic", "step": "sit"},
            {"key": "told-xanthippe", "text": "I told Xanthippe", "step": "breathe"},
        ]

    @pytest.fixture(params=["reader", "guest"])
    def browser(self, request, items, settings, log):
        settings.DEBUG = True  # or no statement is logged
        make_framework(published=True, checklist=items)
        browser = Client(raise_request_exception=False)
        if request.param == "reader":
            browser.force_login(make_user(EMAIL, display_name=NAME))
        return browser

    @pytest.fixture
    def address(self, browser):
        return browser.post("/checklists/start/box-breathing/", AGREED).url

    def assert_clean(self, log, address, *routes):
        lines = log()
        assert [line["route"] for line in lines if line["event"] == "request"][-len(routes) :] == list(routes)
        assert any(line["logger"] == "django.db.backends" for line in lines), "it is as loud as it can be"
        printed = json.dumps(lines, ensure_ascii=False)
        told = (EMAIL, NAME, NOTE, "called-the-clinic", "told-xanthippe", address.split("/")[2], "192.0.2.7")
        assert [word for word in told if word.lower() in printed.lower()] == []

    def test_of_a_start_a_tick_and_a_note(self, browser, address, log):
        browser.post(f"{address}items/called-the-clinic/", {"state": "done", "note": NOTE})
        browser.post(
            address, {"item": "told-xanthippe", "note:told-xanthippe": NOTE}, REMOTE_ADDR="192.0.2.7"
        )
        browser.get(f"{address}history/")
        self.assert_clean(
            log, address, "checklists:start", "checklists:item", "checklists:detail", "checklists:history"
        )
        assert Tick.objects.filter(note=NOTE).count() == 2

    def test_of_what_was_refused(self, browser, address, log):
        for sent in ({"note": NOTE + "x" * 1000}, {"state": NOTE}):
            assert browser.post(f"{address}items/called-the-clinic/", sent).status_code == 422
        assert browser.post(f"{address}items/told-xanthippe-not/", {"state": "done"}).status_code == 404
        assert browser.post(f"{address}items/told-xanthippe/", {"note": f"{NOTE}\0"}).status_code == 303
        bad = urlencode({"note": f"{NOTE}\0"})
        answer = browser.post(address, bad, content_type="application/x-www-form-urlencoded")
        assert answer.status_code == 400
        self.assert_clean(log, address, *["checklists:item"] * 4, None)

    def test_of_a_form_that_this_site_did_not_make(self, browser, address, log):
        browser.handler.enforce_csrf_checks = True
        answer = browser.post(f"{address}items/called-the-clinic/", {"state": "done", "note": NOTE})
        assert answer.status_code == 403
        self.assert_clean(log, address, "checklists:item")

    def test_of_what_broke(self, browser, address, log, monkeypatch):
        def fail(checklist, owner, changes):
            raise RuntimeError(f"{EMAIL} could not tick {changes}")

        monkeypatch.setattr("checklists.views.tick", fail)
        answer = browser.post(f"{address}items/called-the-clinic/", {"state": "done", "note": NOTE})
        assert answer.status_code == 500
        self.assert_clean(log, address, "checklists:item")

    def test_of_what_the_database_refused(self, browser, address, log):
        with connection.cursor() as cursor:
            # A constraint that names what was written in its message, as PostgreSQL's do.
            cursor.execute(
                "ALTER TABLE checklists_tick ADD CONSTRAINT no_mothers CHECK (note NOT LIKE '%mother%') NOT VALID"
            )
        answer = browser.post(f"{address}items/called-the-clinic/", {"note": NOTE})
        assert answer.status_code == 500
        assert any(error.get("sqlstate") == "23514" for line in log() for error in line.get("exceptions", ()))
        assert connection.needs_rollback is False or connection.in_atomic_block
        self.assert_clean(log, address, "checklists:item")

    def test_of_a_request_after_the_session_had_ended(self, browser, address, log):
        browser.cookies.clear()
        answer = browser.post(f"{address}items/called-the-clinic/", {"state": "done", "note": NOTE})
        assert answer.status_code == 303
        assert "clinic" not in answer.url
        # A guest whose cookie is gone can never find the checklist again, so nothing of theirs waits.
        is_readers = Checklist.objects.get().reader_id is not None
        assert (unsaved._NAME in browser.session) is is_readers
        self.assert_clean(log, address, "checklists:item")


@pytest.mark.django_db
class TestAddresses:
    def test_of_the_guest_s_cookie_say_nothing_of_the_guest(self):
        """The cookie holds a random id, signed: nothing that could be read of it."""
        browser = Client()
        make_framework(published=True)
        browser.post("/checklists/start/box-breathing/", AGREED)
        checklist = Checklist.objects.get()
        value = browser.cookies[settings.GUEST_COOKIE_NAME].value
        assert value.split(":")[0] == str(checklist.guest)
        assert checklist.guest.version == 4
        assert str(checklist.pk) not in value

    def test_of_a_redirect_say_nothing_of_a_note(self):
        reader = make_user()
        checklist = make_checklist(reader)
        browser = Client()
        browser.force_login(reader)
        answer = browser.post(f"{checklist.get_absolute_url()}items/chair/", {"note": NOTE, "state": "done"})
        assert answer.url == f"{checklist.get_absolute_url()}?saved#chair"
        assert TickChange.objects.get().note == NOTE
