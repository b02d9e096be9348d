import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from accounts.models import User
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db

FORM = {"email": "Ada@Example.com", "password1": PASSWORD, "display_name": "Ada"}


def sign_up(browser, **changes):
    return browser.post("/account/signup/", {**FORM, **changes})


class TestSigningUp:
    def test_leads_by_a_code_to_a_signed_in_reader(self, browser, code):
        answer = sign_up(browser)
        assert answer.url == "/account/confirm-email/"
        assert "ada@example.com" in browser.get(answer.url).text
        answer = browser.post("/account/confirm-email/", {"action": "verify", "code": code()})
        assert answer.url == "/checklists/"
        user = User.objects.get()
        assert (user.email, user.display_name, user.time_zone) == ("ada@example.com", "Ada", "UTC")
        assert browser.session["_auth_user_id"] == str(user.pk)
        assert EmailAddress.objects.get(user=user).verified

    def test_needs_no_name(self, browser, code):
        sign_up(browser, display_name="")
        browser.post("/account/confirm-email/", {"code": code().replace("-", "")})
        assert "Your account" in browser.get("/account/").text

    def test_lasts_only_until_the_browser_is_closed(self, browser, code):
        sign_up(browser)
        browser.post("/account/confirm-email/", {"code": code()})
        assert browser.cookies["sessionid"]["max-age"] == ""

    def test_sends_one_message_with_the_code_and_how_long_it_holds_and_nothing_to_click(self, browser, code):
        sign_up(browser)
        (message,) = mail.outbox
        assert message.to == ["ada@example.com"]
        assert message.subject == "Your code for Tracework"
        assert "It holds for 59 minutes" in message.body or "It holds for 60 minutes" in message.body
        assert "Nobody at Tracework ever asks you" in message.body
        assert "http" not in message.body
        assert not message.alternatives

    def test_goes_on_to_where_the_person_was_going(self, browser, code):
        going = {"next": "/checklists/start/box-breathing/?a=1"}
        page = browser.get("/account/login/", going).text
        assert "/account/signup/?next=%2Fchecklists%2Fstart%2Fbox-breathing%2F%3Fa%3D1" in page
        assert 'value="/checklists/start/box-breathing/?a=1"' in browser.get("/account/signup/", going).text
        sign_up(browser, **going)
        answer = browser.post("/account/confirm-email/", {"code": code()})
        assert answer.url == going["next"]

    def test_never_goes_on_to_another_site(self, browser, code):
        sign_up(browser, next="https://evil.example/")
        assert browser.post("/account/confirm-email/", {"code": code()}).url == "/checklists/"

    @pytest.mark.parametrize(
        ("field", "value", "told"),
        [
            ("email", "", "Enter your e-mail address."),
            ("email", "ada", "Enter an e-mail address such as name@example.com."),
            ("password1", "", "Choose a password."),
            ("password1", "short", "at least 10 characters"),
            ("password1", "1234567890", "too common"),
            ("password1", "ada@example.com", "too similar"),
        ],
    )
    def test_says_what_is_wrong_beside_the_field_and_above_the_form(self, browser, field, value, told):
        page = sign_up(browser, **{field: value}).text
        assert f'<a href="#id_{field}">' in page
        assert page.count(told) >= 2
        assert f'aria-describedby="id_{field}_helptext id_{field}_error"' in page
        assert 'aria-invalid="true"' in page
        assert "<title>Error: Make an account" in page
        assert PASSWORD not in page
        assert not User.objects.exists()


class TestTheCode:
    def test_that_is_wrong_is_refused_and_the_third_time_ends_it(self, browser, code):
        sign_up(browser)
        right = code()
        for _ in range(2):
            page = browser.post("/account/confirm-email/", {"code": "000-000-000"})
            assert "This is not the code that we sent last" in page.text
        assert browser.post("/account/confirm-email/", {"code": "000"}).url == "/account/login/"
        assert browser.post("/account/confirm-email/", {"code": right}).url == "/account/login/"
        assert "That was tried too often" in browser.get("/account/login/").text

    def test_works_in_the_browser_that_asked_for_it_alone(self, browser, code):
        sign_up(browser)
        assert Client().post("/account/confirm-email/", {"code": code()}).url == "/account/login/"

    def test_can_be_sent_again_and_the_newest_counts(self, browser, code, wait):
        sign_up(browser)
        first = code()
        wait(11)
        answer = browser.post("/account/confirm-email/", {"action": "resend"})
        assert (answer.status_code, answer.url) == (303, "/account/confirm-email/")
        assert "We have sent a new code" in browser.get(answer.url).text
        assert len(mail.outbox) == 2
        assert "not the code" in browser.post("/account/confirm-email/", {"code": first}).text
        assert browser.post("/account/confirm-email/", {"code": code()}).url == "/checklists/"

    def test_is_not_sent_again_at_once_and_stays_good(self, browser, code):
        sign_up(browser)
        browser.post("/account/confirm-email/", {"action": "resend"})
        assert "only just sent" in browser.get("/account/confirm-email/").text
        assert len(mail.outbox) == 1
        assert browser.post("/account/confirm-email/", {"code": code()}).url == "/checklists/"

    def test_is_too_old_after_an_hour_and_the_page_says_what_to_do(self, browser, code, wait):
        sign_up(browser)
        wait(60 * 60 + 1)
        answer = browser.post("/account/confirm-email/", {"code": code()})
        assert answer.url == "/account/login/"
        assert "The code is too old. Sign in with your password" in browser.get(answer.url).text

    def test_is_sent_anew_to_who_signs_in_without_having_typed_it(self, browser, code):
        make_user(verified=False)
        answer = browser.post("/account/login/", {"login": "reader@example.com", "password": PASSWORD})
        assert answer.url == "/account/confirm-email/"
        assert browser.post(answer.url, {"code": code()}).url == "/checklists/"
