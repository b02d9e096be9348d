"""The session ended while a page was open: what was changed on it is there again after signing in, with one Save."""

import pytest
from playwright.sync_api import expect

from accounts.models import Session
from checklists.models import Tick
from tests.factories import make_user

from .reader import done, stored

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def end_all_sessions():
    Session.objects.all().delete()


class TestATickAfterTheSessionEnded:
    def test_is_filled_in_after_signing_in_and_saved_by_one_button(self, reader, started, javascript):
        user = make_user()
        checklist = started(user)
        page = reader(user, checklist.get_absolute_url(), javascript=javascript)
        page.ticks("I did four rounds")
        end_all_sessions()

        page.box("I have a chair").click()
        if javascript:
            told = "Not saved: you have been signed out. Sign in, and it is filled in for you to save."
            expect(page.row("I have a chair")).to_contain_text(told)
            expect(page.status).to_have_text(told)
            page.sees_open("I have a chair")
            page.row("I have a chair").get_by_role("link", name="Sign in").click()
        else:
            page.presses("Save")
        assert done(checklist) == {"four-rounds"}
        page.signs_in(user)

        page.sees_ticked("I have a chair", "I did four rounds")
        expect(page.row("I have a chair")).to_contain_text("Changed, and not saved yet")
        expect(page.status).to_have_text("Not saved until you press Save.")
        assert done(checklist) == {"four-rounds"}
        page.presses("Save")
        expect(page.row("I have a chair")).to_contain_text("Done · today")
        assert done(checklist) == {"four-rounds", "chair"}
        page.unticks("I have a chair")
        page.page.goto(checklist.get_absolute_url())
        page.sees_open("I have a chair")  # what was saved once does not wait any longer

    def test_is_dropped_when_somebody_else_signs_in(self, reader, started, javascript):
        checklist = started(make_user())
        page = reader(checklist.reader, checklist.get_absolute_url(), javascript=javascript)
        other = make_user("other@example.com")
        theirs = started(other, checklist.framework)
        end_all_sessions()
        page.box("I have a chair").click()
        if javascript:
            page.follows("Sign in")
        else:
            page.presses("Save")
        page.signs_in(other)
        page.sees("404")
        assert not any("unsaved" in session.get_decoded() for session in Session.objects.all())
        page.page.goto(theirs.get_absolute_url())
        page.sees_open("I have a chair")
        page.page.context.clear_cookies(name="sessionid")
        page.page.goto(f"/account/login/?next={checklist.get_absolute_url()}")
        page.signs_in(checklist.reader)
        page.sees_open("I have a chair")
        assert stored(checklist) == stored(theirs) == {}


class TestANoteAfterTheSessionEnded:
    def test_is_there_again_as_it_was_typed(self, reader, started, javascript):
        user = make_user()
        checklist = started(user)
        page = reader(user, checklist.get_absolute_url(), javascript=javascript)
        end_all_sessions()
        page.writes("I have a chair", "The one in the kitchen\nby the window")
        page.asks("I have a chair", "Save note")
        if javascript:
            page.follows("Sign in")
        page.signs_in(user)
        expect(page.row("I have a chair")).to_contain_text("Changed, and not saved yet")
        note = page.row("I have a chair").get_by_label("Private note")
        expect(note).to_have_value("The one in the kitchen\nby the window")
        assert not Tick.objects.exists()
        page.presses("Save")
        page.sees("The one in the kitchen")
        assert Tick.objects.get().note == "The one in the kitchen\nby the window"
