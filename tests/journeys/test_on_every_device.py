"""What is ticked on one device is there on another, and stays."""

import pytest
from playwright.sync_api import expect

from accounts.models import User
from checklists.models import Checklist, StorageConsent
from tests.factories import make_user

from .reader import done, stored

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class TestANewReader:
    def test_signs_up_agrees_starts_ticks_and_finds_it_on_another_device(self, publish, reader, javascript):
        publish(supervision="professional-required")
        ada = reader(path="/account/signup/?next=/frameworks/box-breathing/", javascript=javascript)
        ada.signs_up("ada@example.com")
        ada.follows("Start this checklist")
        ada.sees("You may faint.")

        ada.presses("Start this checklist")
        ada.sees("Without a professional, please do not start this")
        ada.sees("Without it nothing can be kept")
        assert not Checklist.objects.exists()
        assert not StorageConsent.objects.exists()

        ada.box("A qualified professional has agreed").check()
        ada.box("I agree that Tracework keeps this for me").check()
        ada.presses("Start this checklist")
        ada.sees("supervision confirmed")
        ada.ticks("I have a chair")

        checklist = Checklist.objects.get()
        assert checklist.supervision_confirmed_at
        assert stored(checklist) == {"chair": "done"}

        phone = reader(
            path=f"/account/login/?next=/checklists/{checklist.pk}/", javascript=javascript, width=390
        )
        phone.signs_in(User.objects.get())
        phone.sees_ticked("I have a chair")
        phone.sees_open("My feet are on the floor")
        phone.sees("1 of 4 done")

    def test_is_asked_only_once(self, publish, reader, started):
        user = make_user()
        started(user)
        publish(slug="another", title="Another")
        page = reader(user, "/checklists/start/another/")
        expect(page.page.get_by_role("checkbox")).to_have_count(0)
        page.presses("Start this checklist")
        page.sees("Checklist started.")


class TestTwoDevices:
    def test_undo_nothing_of_each_other_although_one_of_them_is_stale(self, reader, started, javascript):
        user = make_user()
        checklist = started(user)
        desk, phone = (
            reader(user, checklist.get_absolute_url(), javascript=javascript, width=width)
            for width in (1280, 390)
        )
        phone.ticks("I have a chair")
        desk.sees_open("I have a chair")  # it has not been loaded again
        desk.ticks("I did four rounds")
        assert done(checklist) == {"chair", "four-rounds"}
        desk.sees("2 of 4 done")
        phone.page.reload()
        phone.sees_ticked("I have a chair", "I did four rounds")

    def test_ask_for_the_same_and_it_is_one_change(self, reader, started):
        user = make_user()
        checklist = started(user)
        desk, phone = (reader(user, checklist.get_absolute_url(), javascript=False) for _ in range(2))
        desk.ticks("I have a chair")
        phone.ticks("I have a chair")
        assert done(checklist) == {"chair"}
        assert checklist.changes.count() == 1


class TestGoingBack:
    def test_shows_what_is_stored_and_not_what_stood_there(self, reader, started, javascript):
        user = make_user()
        checklist = started(user)
        page = reader(user, checklist.get_absolute_url(), javascript=javascript)
        page.ticks("I have a chair")
        page.follows("Every change, with undo")
        page.sees("All changes")
        reader(user, checklist.get_absolute_url()).unticks("I have a chair")
        page.page.go_back()
        page.sees("0 of 4 done")
        assert page.boxes == {"chair": False, "feet": False, "four-rounds": False, "got-up": False}
        page.page.go_forward()
        page.page.go_back()
        page.sees_open("I have a chair")

    def test_and_loading_again_drops_a_tick_that_was_not_saved(self, reader, started):
        user = make_user()
        page = reader(user, started(user).get_absolute_url(), javascript=False)
        page.box("I have a chair").check()
        page.sees("Not saved until you press Save.")
        # Some browsers would fill it in again after loading. Chromium does not, so ask for what forbids it.
        expect(page.box("I have a chair")).to_have_attribute("autocomplete", "off")
        page.page.reload()
        page.sees_open("I have a chair")


class TestTheAddressOfAChecklist:
    def test_is_of_no_use_to_anybody_else(self, reader, started):
        checklist = started(make_user())
        other = reader(make_user("other@example.com"), checklist.get_absolute_url())
        other.sees("404")
        assert "chair" not in other.page.content()
