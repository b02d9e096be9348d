"""Somebody leaves: the password is asked once more, then nothing of them is there, on no device."""

import pytest
from django.apps import apps

from accounts.models import User
from tests.factories import PASSWORD, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class TestLeaving:
    def test_erases_everything_and_ends_the_session_on_the_other_device(self, started, reader, javascript):
        user = make_user()
        checklist = started(user)
        page, phone = (
            reader(user, checklist.get_absolute_url(), javascript=javascript, width=width)
            for width in (1280, 390)
        )
        page.ticks("I have a chair")
        page.writes("I have a chair", "In the kitchen")
        page.asks("I have a chair", "Save note")
        page.page.goto("/account/leave/")
        page.sees("1 checklist: what you ticked and when")
        page.page.get_by_label("Password").fill("not the password")
        page.presses("Erase everything and leave")
        page.sees("This is not your password.")
        assert User.objects.exists()
        page.page.get_by_label("Password").fill(PASSWORD)
        page.presses("Erase everything and leave")
        page.sees("Your account is erased")

        left = [model for model in apps.get_app_config("checklists").get_models() if model.objects.exists()]
        assert not left
        assert not User.objects.exists()
        phone.box("I did four rounds").click()
        if javascript:
            phone.sees("Not saved: you have been signed out.")
            phone.sees_open("I did four rounds")
        else:
            phone.presses("Save")
            phone.sees("Reading needs no account.")
        phone.page.goto("/checklists/")
        phone.sees("No checklists yet")
        page.page.goto(checklist.get_absolute_url())
        page.sees("Reading needs no account.")
