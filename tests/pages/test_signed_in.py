"""The account's pages as a browser shows them, signed in and on the way there, with and without mistakes."""

import re

import pytest
from django.core import mail

from tests.factories import PASSWORD, make_user

from .checks import DESKTOP, breaks_no_rule, never_scrolls_sideways, serves_everybody

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: Pages of who is signed in. Those that belong to other apps are added by them.
ADDRESSES = {
    "settings": "/account/",
    "password for a change": "/account/reauthenticate/?next=/account/email/",
    "password": "/account/password/change/",
    "no clinician": "/account/clinician/",
    "applying as a clinician": "/account/clinician/apply/",
    "data": "/account/data/",
    "leave": "/account/leave/",
    "sign out": "/account/logout/",
    "no checklists": "/checklists/",
    "nothing agreed to": "/checklists/agreement/",
}
LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff" * 4


def code():
    return re.search(r"\d{3}-\d{3}-\d{3}", mail.outbox[-1].body)[0]


def mistaken(page):
    """Send the form of the page empty, so that it comes back with what is wrong."""
    for box in page.locator("main input:not([type=hidden], [type=checkbox])").all():
        box.fill("")
    page.locator("main form button").first.click()
    page.get_by_role("alert").wait_for()


class TestEveryPageOfWhoIsSignedIn:
    def test_breaks_no_rule_of_axe_and_never_scrolls_sideways(self, signed_in_page):
        page = signed_in_page(make_user(display_name=LONG_NAME), reduced_motion="reduce")
        for name, address in ADDRESSES.items():
            page.set_viewport_size(DESKTOP)
            page.goto(address)
            serves_everybody(page, name)


class TestAPageWithAMistake:
    def test_breaks_no_rule_of_axe(self, open_page, signed_in_page):
        page = open_page(reduced_motion="reduce")
        for address in ("/account/login/", "/account/signup/", "/account/password/reset/"):
            page.goto(address)
            mistaken(page)
            serves_everybody(page, address)
        page = signed_in_page(make_user(), reduced_motion="reduce")
        for address in ("/account/password/change/", "/account/leave/"):
            page.goto(address)
            mistaken(page)
            breaks_no_rule(page, address)

    def test_leads_from_the_mistake_to_its_field(self, open_page):
        page = open_page("/account/login/", javascript=False)
        mistaken(page)
        page.get_by_role("link", name="Enter your password.").click()
        assert page.url.endswith("#id_password")


class TestWithoutScripts:
    def test_a_person_makes_an_account_changes_its_address_and_leaves(self, open_page):
        page = open_page("/account/signup/", javascript=False, width=390)
        page.get_by_label("E-mail address").fill("ada@example.com")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Make an account").click()
        page.get_by_role("heading", name="Enter the code").wait_for()
        never_scrolls_sideways(page, "enter the code")
        page.get_by_label("Code").fill(code())
        page.get_by_role("button", name="Go on").click()
        page.wait_for_url("**/checklists/")

        page.goto("/account/email/")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Go on").click()
        page.get_by_label("New e-mail address").fill("lovelace@example.com")
        page.get_by_role("button", name="Send a code there").click()
        page.get_by_label("Code").fill(code())
        page.get_by_role("button", name="Go on").click()
        page.get_by_role("status").get_by_text("Your e-mail address is confirmed.").wait_for()
        assert "lovelace@example.com" in page.locator("main").inner_text()

        page.goto("/account/leave/")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Erase everything and leave").click()
        page.get_by_role("heading", name="Your account is erased").wait_for()

    def test_a_person_who_forgot_the_password_gets_in_again(self, open_page):
        make_user()
        page = open_page("/account/login/", reduced_motion="reduce")
        page.get_by_role("link", name="Forgotten your password?").click()
        page.get_by_label("E-mail address").fill("reader@example.com")
        page.get_by_role("button", name="Send the code").click()
        breaks_no_rule(page, "the code")
        page.get_by_label("Code").fill(code())
        page.get_by_role("button", name="Go on").click()
        breaks_no_rule(page, "the new password")
        page.get_by_label("New password").fill("another long password")
        page.get_by_role("button", name="Save the password").click()
        page.wait_for_url("**/checklists/")
