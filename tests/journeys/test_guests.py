"""A visitor without an account: kept for this browser, and taken along into an account without loss."""

import pytest
from playwright.sync_api import expect

from accounts.models import User
from checklists.models import Checklist, StorageConsent, Tick
from tests.factories import make_user

from .reader import Reader, done

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def start_as_guest(page):
    page.page.goto("/frameworks/box-breathing/")
    page.follows("Start this checklist")
    page.box("I agree that Tracework keeps this for me").check()
    page.presses("Start this checklist")
    page.sees("kept for this browser")


class TestAGuest:
    def test_finds_the_ticks_again_and_takes_them_into_a_new_account(self, publish, reader, javascript):
        publish()
        page = reader(javascript=javascript)
        start_as_guest(page)
        page.ticks("I have a chair")
        page.writes("I have a chair", "In the kitchen")
        page.asks("I have a chair", "Save note")
        page.saves() if javascript else page.sees("In the kitchen")
        page.page.close()

        again = Reader(page.page.context.new_page(), javascript)
        again.page.goto("/checklists/")
        again.sees("Kept for this browser, for 30 days after your last change.")
        again.follows("Box breathing")
        again.sees_ticked("I have a chair")
        again.ticks("I did four rounds")

        again.page.goto("/checklists/")
        again.follows("Make an account")
        again.signs_up("ada@example.com")
        again.sees("Only you can see this page.")
        again.follows("Box breathing")
        again.sees_ticked("I have a chair", "I did four rounds")
        again.sees("In the kitchen")
        checklist = Checklist.objects.get()
        assert (checklist.reader, checklist.guest) == (User.objects.get(), None)
        assert StorageConsent.objects.get().reader == checklist.reader

    def test_of_another_browser_finds_nothing(self, publish, reader):
        publish()
        page = reader()
        start_as_guest(page)
        address = page.page.url
        stranger = reader(path=address)
        expect(stranger.page.get_by_role("heading", level=1)).to_have_text("Sign in")
        stranger.page.goto("/checklists/")
        stranger.sees("No checklists yet")

    def test_whose_browser_refuses_cookies_is_told_and_nothing_is_started(self, publish, reader):
        publish()
        page = reader(path="/checklists/start/box-breathing/")
        page.page.context.clear_cookies()
        page.box("I agree").check()
        page.presses("Start this checklist")
        page.sees("Your browser refuses cookies")
        page.sees("Nothing was changed.")
        assert not Checklist.objects.exists()
        assert not StorageConsent.objects.exists()

    def test_whose_cookies_were_cleared_meanwhile_is_told_and_nothing_is_changed(
        self, publish, reader, javascript
    ):
        publish()
        page = reader(javascript=javascript)
        start_as_guest(page)
        page.page.context.clear_cookies()
        page.box("I have a chair").click()
        if javascript:
            expect(page.row("I have a chair")).to_contain_text("Not saved")
            page.sees_open("I have a chair")
        else:
            page.presses("Save")
            page.sees("Your browser refuses cookies")
        assert not Tick.objects.exists()


class TestAGuestWhoHasTheSameOpenInTheAccount:
    """Mine: the chair is ticked. The guest's: four rounds."""

    @pytest.fixture
    def mine(self, started):
        checklist = started(make_user())
        Tick.objects.create(checklist=checklist, item="chair", state="done", changed_at=checklist.started_at)
        return checklist

    @pytest.mark.parametrize(
        ("choice", "kept"),
        [
            ("Join both", {"chair", "four-rounds"}),
            ("Keep the one in my account", {"chair"}),
            ("Take the one from this browser", {"four-rounds"}),
        ],
    )
    def test_chooses_and_nothing_is_lost(self, mine, reader, choice, kept):
        page = reader(javascript=choice == "Join both")
        start_as_guest(page)
        page.ticks("I did four rounds")
        page.page.goto("/account/login/")
        page.signs_in(mine.reader)
        page.sees("Two checklists of the same")
        page.sees("1 of 4 done · today")

        page.page.goto("/checklists/")  # whoever goes elsewhere first is reminded
        page.sees("A checklist from before you signed in is waiting.")
        page.follows("Choose")
        page.page.get_by_role("radio", name=choice).check()
        page.presses("Go on")
        page.sees("What you did not choose is in your archive.")

        opened = Checklist.objects.get(archived_at=None)
        archived = Checklist.objects.exclude(archived_at=None).get()
        assert opened.reader == archived.reader == mine.reader
        assert done(opened) == kept
        assert done(archived) | done(opened) == {"chair", "four-rounds"}
        page.follows("Box breathing")
        page.sees(f"{len(kept)} of 4 done")
        assert {item for item, ticked in page.boxes.items() if ticked} == kept
        assert "guest" not in {cookie["name"] for cookie in page.page.context.cookies()}
