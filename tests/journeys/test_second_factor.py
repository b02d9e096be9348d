"""Somebody sets up a second factor and signs in with it, by code, by recovery code and by a key."""

import re

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import expect

from tests.factories import PASSWORD, make_user
from tests.second_factors import App, make_app

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def person():
    return make_user(is_staff=True, is_superuser=True)


@pytest.fixture
def holder_of_a_key(open_page):
    """A page of somebody with a key beside it. Browsers ask keys at https, and at http://localhost as here."""

    def holder_of_a_key():
        page = open_page()
        devices = page.context.new_cdp_session(page)
        devices.send("WebAuthn.enable")
        kind = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasUserVerification": True,
            "isUserVerified": True,
        }
        devices.send("WebAuthn.addVirtualAuthenticator", {"options": kind})
        return page

    return holder_of_a_key


def signs_in(page, user, next=None):
    page.goto("/account/login/" + (f"?next={next}" if next else ""))
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()


def signs_out(page):
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="You are signed out").wait_for()


def gives_the_password(page):
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()


class TestWithoutScript:
    def test_an_editor_is_led_to_an_app_and_on_to_the_admin_and_signs_in_with_codes(
        self, open_page, person, settings
    ):
        settings.REQUIRE_STAFF_MFA = True
        page = open_page("/admin/accounts/user/", javascript=False)
        page.get_by_label("E-mail address").fill(person.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("main").get_by_role("button", name="Sign in").click()
        page.get_by_text("The editors’ desk opens once you have a second factor.").wait_for()
        page.get_by_role("link", name="Set up an app").click()

        picture = page.get_by_role("img", name="QR code for your app")
        expect(picture).to_be_visible()
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth > 100)")
        app = App(page.locator(".secret").inner_text().replace(" ", ""))
        page.get_by_label("Code from the app").fill("000000")
        page.get_by_role("button", name="Turn it on").click()
        page.get_by_role("alert").get_by_text("This code is not right").wait_for()
        assert page.locator(".secret").inner_text().replace(" ", "") == app.secret
        page.get_by_label("Code from the app").fill(app.code())
        page.get_by_role("button", name="Turn it on").click()

        page.get_by_text("10 codes of 10 are left.").wait_for()
        recovery = page.locator(".codes code").all_inner_texts()
        with page.expect_download() as download:
            page.get_by_role("link", name="Download them").click()
        assert recovery == re.findall(r"\d{4}-\d{4}", download.value.path().read_text())
        page.get_by_role("link", name="I have kept them: go on").click()
        page.wait_for_url("**/admin/accounts/user/")
        page.get_by_role("link", name=person.email).wait_for()

        page.goto("/account/")
        page.get_by_text("On: an app. 10 recovery codes are left.").wait_for()
        signs_out(page)
        signs_in(page, person, next="/admin/")
        page.get_by_role("heading", name="Your second factor").wait_for()
        page.get_by_label("Code", exact=True).fill(app.code())
        page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url("**/admin/")
        page.get_by_role("heading", name="Editors' desk").wait_for()

        page.goto("/account/")
        signs_out(page)
        signs_in(page, person, next="/account/")
        page.get_by_label("Code", exact=True).fill(recovery[3])
        page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
        page.get_by_text("That recovery code is used up: 9 are left.").wait_for()

    def test_a_page_that_asks_a_key_says_what_else_to_use(self, signed_in_page, person):
        page = signed_in_page(person, "/account/second-factor/keys/add/", javascript=False)
        gives_the_password(page)
        page.get_by_text("Without them, use an app or a recovery code.").wait_for()
        expect(page.get_by_role("button", name="Add the key")).to_have_count(0)


class TestAKey:
    def test_is_added_signs_in_confirms_and_is_removed(self, holder_of_a_key, person, settings, sign_in):
        settings.REQUIRE_STAFF_MFA = True
        page = holder_of_a_key()
        signs_in(page, person, next="/admin/")
        page.get_by_role("link", name="Add a key").click()
        page.get_by_label("Name of the key").fill("Blue key")
        page.get_by_role("button", name="Add the key").click()
        page.get_by_text("10 codes of 10 are left.").wait_for()
        page.get_by_role("link", name="I have kept them: go on").click()
        page.get_by_role("heading", name="Editors' desk").wait_for()
        assert Authenticator.objects.get(type="webauthn").data["name"] == "Blue key"

        page.goto("/account/")
        page.get_by_text("On: 1 key. 10 recovery codes are left.").wait_for()
        signs_out(page)
        signs_in(page, person, next="/admin/")
        page.get_by_role("button", name="Use the key").click()
        page.get_by_role("heading", name="Editors' desk").wait_for()

        page.context.clear_cookies()
        signs_in(page, person)
        page.get_by_role("button", name="Use the key").click()
        page.wait_for_url("**/checklists/")
        sign_in(page, person)  # as if the password had been given long ago
        page.goto("/account/second-factor/")
        page.get_by_role("link", name=re.compile("Remove.*Blue key")).click()
        page.get_by_role("link", name="Use a key").click()
        page.get_by_role("button", name="Use the key").click()
        page.get_by_role("button", name="Remove the key").click()
        page.get_by_text("The key is removed.").wait_for()
        assert not Authenticator.objects.exists()

    def test_that_does_not_answer_says_so_and_leaves_the_code(self, holder_of_a_key, person):
        page = holder_of_a_key()
        signs_in(page, person)
        page.goto("/account/second-factor/keys/add/")
        page.get_by_role("button", name="Add the key").click()
        page.get_by_text("10 codes of 10 are left.").wait_for()
        signs_out(page)
        signs_in(page, person)
        page.evaluate(
            "() => { navigator.credentials.get = () => Promise.reject(new DOMException('', 'NotAllowedError')); }"
        )
        page.get_by_role("button", name="Use the key").click()
        page.get_by_role("status").get_by_text("That did not work").wait_for()
        codes = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()
        page.get_by_label("Code", exact=True).fill(codes[0])
        page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url("**/checklists/")

    def test_of_somebody_else_is_refused(self, holder_of_a_key, person):
        other = make_user("other@example.com")
        page = holder_of_a_key()
        signs_in(page, other)
        page.goto("/account/second-factor/keys/add/")
        page.get_by_role("button", name="Add the key").click()
        page.get_by_text("10 codes of 10 are left.").wait_for()
        stolen = Authenticator.objects.get(type="webauthn")
        signs_out(page)
        make_app(person)
        Authenticator.objects.filter(pk=stolen.pk).update(user=person)  # the page will ask for it
        signs_in(page, person)
        page.get_by_role("button", name="Use the key").wait_for()
        Authenticator.objects.filter(pk=stolen.pk).update(user=other)
        page.get_by_role("button", name="Use the key").click()
        page.get_by_role("alert").get_by_text("This key could not be checked.").wait_for()
        page.goto("/account/data/")
        page.get_by_role("heading", name="Your second factor").wait_for()


class TestAFormOfTheAdmin:
    def test_that_was_refused_is_sent_again_once_the_factor_is_used(self, open_page, person, settings):
        page = open_page()
        signs_in(page, person, next="/admin/accounts/user/add/")
        page.locator("#id_email").fill("new@example.com")
        settings.REQUIRE_STAFF_MFA = True
        app = make_app(person)
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_role("heading", name="Nothing was saved").wait_for()
        with page.context.expect_page() as opened:
            page.get_by_role("link", name="Second factor, in a new tab").click()
        tab = opened.value
        tab.get_by_label("Code", exact=True).fill(app.code())
        tab.get_by_role("button", name="Go on").click()
        tab.get_by_role("heading", name="Editors' desk").wait_for()
        page.reload()
        page.get_by_text("was added successfully").wait_for()
        page.get_by_role("link", name="new@example.com").first.wait_for()
