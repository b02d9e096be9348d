"""The pages of the second factor as a browser shows them and as a checker reads them: on, off, and with mistakes."""

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from tests.factories import PASSWORD, make_user
from tests.second_factors import make_app, make_key

from .checks import breaks_no_rule, is_valid_html, serves_everybody

HERE = "/account/second-factor/"
OFF = {
    "second factor, off": f"{HERE}?next=/admin/",
    "the account, off": "/account/",
    "setting up an app": f"{HERE}app/add/",
    "adding a key": f"{HERE}keys/add/",
}
ON = {
    "second factor, on": HERE,
    "the account, on": "/account/",
    "the password, or another way": "/account/reauthenticate/?next=/account/",
    "a code instead of the password": f"{HERE}confirm/?next=/account/",
    "a key instead of the password": f"{HERE}confirm/key/?next=/account/",
    "removing the app": f"{HERE}app/remove/",
    "the recovery codes": f"{HERE}recovery-codes/?next=/admin/",
    "new recovery codes": f"{HERE}recovery-codes/new/",
    "renaming a key": f"{HERE}keys/7000/",
    "removing a key": f"{HERE}keys/7000/remove/",
}
NAME = "Wolfeschlegelsteinhausenbergerdorff" * 2


@pytest.fixture
def has_everything():
    """Somebody with an app, a key of a long name, and one recovery code."""

    def has_everything():
        user = make_user("on@example.com", is_staff=True)
        make_app(user)
        key = make_key(user, NAME)
        Authenticator.objects.filter(pk=key.pk).update(id=7000)
        codes = Authenticator.objects.get(type="recovery_codes")
        codes.data["used_mask"] = 0b111111111
        codes.save()
        return user

    return has_everything


def asked_for_the_factor(page, user):
    """The page that asks for it, after the password."""
    page.goto("/account/login/")
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Your second factor").wait_for()


def confirmed(page):
    page.goto("/account/reauthenticate/?next=/account/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/account/")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
class TestEveryPage:
    def test_breaks_no_rule_of_axe_and_never_scrolls_sideways(
        self, signed_in_page, open_page, has_everything, settings
    ):
        settings.REQUIRE_STAFF_MFA = True
        people = ((make_user(is_staff=True), OFF), (has_everything(), ON))
        for user, addresses in people:
            page = signed_in_page(user, reduced_motion="reduce")
            confirmed(page)
            for name, address in addresses.items():
                page.goto(address)
                serves_everybody(page, name)
        page = open_page(reduced_motion="reduce")
        asked_for_the_factor(page, people[1][0])
        serves_everybody(page, "asked for the factor")

    def test_with_a_mistake_breaks_no_rule_either(self, signed_in_page, open_page, has_everything):
        page = signed_in_page(make_user(), reduced_motion="reduce")
        confirmed(page)
        page.goto(f"{HERE}app/add/")
        page.get_by_role("button", name="Turn it on").click()
        page.get_by_role("alert").wait_for()
        serves_everybody(page, "an app without its code")
        page = open_page(reduced_motion="reduce")
        asked_for_the_factor(page, has_everything())
        page.get_by_label("Code", exact=True).fill("000000")
        page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
        page.get_by_role("alert").wait_for()
        assert page.title().startswith("Error:")
        breaks_no_rule(page, "a wrong code")


@pytest.mark.html
@pytest.mark.django_db
def test_every_page_is_valid_html(tmp_path, has_everything, settings):
    settings.REQUIRE_STAFF_MFA = True
    answers = {}
    for user, addresses in ((make_user(is_staff=True), OFF), (has_everything(), ON)):
        browser = Client()
        browser.force_login(user)
        browser.post("/account/reauthenticate/", {"password": PASSWORD})
        answers |= {name: browser.get(address) for name, address in addresses.items()}
    browser = Client()
    browser.post("/account/login/", {"login": "on@example.com", "password": PASSWORD})
    answers["asked for the factor"] = browser.get(f"{HERE}use/")
    browser.force_login(make_user("refused@example.com", is_staff=True))
    answers["refused"] = browser.post("/admin/accounts/user/add/")
    is_valid_html(tmp_path, answers)
