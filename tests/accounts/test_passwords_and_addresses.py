import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from accounts.models import Session, User
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db

NEW = "another long password"


class TestForgettingAPassword:
    def test_is_mended_by_a_code_and_signs_out_everywhere_else(self, browser, code):
        user = make_user()
        elsewhere = Client()
        elsewhere.force_login(user)
        answer = browser.post("/account/password/reset/", {"email": "Reader@example.com"})
        assert answer.url == "/account/password/reset/confirm/"
        assert "reader@example.com" in browser.get(answer.url).text
        answer = browser.post(answer.url, {"code": code()})
        assert "Choose a new password" in browser.get(answer.url).text
        assert browser.post(answer.url, {"password1": NEW}).url == "/checklists/"
        assert browser.get("/account/").status_code == 200
        assert elsewhere.get("/account/").status_code == 302
        assert mail.outbox[-1].subject == "Your password for Tracework was changed"
        assert Client().login(username="reader@example.com", password=NEW)

    def test_tells_an_address_without_an_account_how_to_make_one(self, browser):
        browser.post("/account/password/reset/", {"email": "nobody@example.com"})
        assert "There is no account with it" in mail.outbox[0].body
        assert "http://testserver/account/signup/" in mail.outbox[0].body

    def test_confirms_the_address_as_well(self, browser, code):
        user = make_user(verified=False)
        browser.post("/account/password/reset/", {"email": user.email})
        browser.post("/account/password/reset/confirm/", {"code": code()})
        browser.post("/account/password/reset/complete/", {"password1": NEW})
        assert EmailAddress.objects.get(user=user).verified

    def test_allows_three_guesses(self, browser):
        make_user()
        browser.post("/account/password/reset/", {"email": "reader@example.com"})
        for _ in range(2):
            assert browser.post("/account/password/reset/confirm/", {"code": "1"}).status_code == 200
        assert browser.post("/account/password/reset/confirm/", {"code": "1"}).url == "/account/login/"

    def test_cannot_be_finished_without_the_code(self, browser):
        make_user()
        browser.post("/account/password/reset/", {"email": "reader@example.com"})
        answer = browser.post("/account/password/reset/complete/", {"password1": NEW})
        assert answer.url == "/account/password/reset/confirm/"
        assert User.objects.get().check_password(PASSWORD)

    def test_goes_on_to_where_the_person_was_going(self, browser, code):
        make_user()
        going = {"next": "/about/"}
        page = browser.get("/account/login/", going).text
        assert 'href="/account/password/reset/?next=%2Fabout%2F"' in page
        answer = browser.post("/account/password/reset/", {"email": "reader@example.com", **going})
        answer = browser.post(answer.url, {"code": code(), **going})
        assert browser.post(answer.url, {"password1": NEW, **going}).url == "/about/"

    def test_is_how_a_first_password_is_chosen_too(self, browser):
        user = make_user(password=None)
        browser.force_login(user)
        answer = browser.get("/account/password/change/", follow=True)
        assert answer.redirect_chain[-1][0] == "/account/password/reset/"


class TestChangingAPassword:
    def test_asks_for_the_present_one_and_keeps_this_browser_signed_in(self, browser):
        user = make_user()
        elsewhere = Client()
        elsewhere.force_login(user)
        browser.force_login(user)
        answer = browser.post("/account/password/change/", {"oldpassword": PASSWORD, "password1": NEW})
        assert answer.url == "/account/"
        assert "Your new password is saved" in browser.get(answer.url).text
        assert elsewhere.get("/account/").status_code == 302
        assert mail.outbox[-1].to == ["reader@example.com"]
        assert "192." not in mail.outbox[-1].body
        assert "127.0.0.1" not in mail.outbox[-1].body

    def test_is_refused_without_the_present_one(self, browser):
        browser.force_login(make_user())
        page = browser.post("/account/password/change/", {"oldpassword": "wrong", "password1": NEW}).text
        assert "This is not your current password" in page
        assert NEW not in page


class TestChangingAnAddress:
    @pytest.fixture
    def browser(self, browser):
        browser.force_login(make_user())
        browser.post("/account/reauthenticate/", {"password": PASSWORD})
        return browser

    def ask(self, browser, email="new@example.com"):
        return browser.post("/account/email/", {"action_add": "", "email": email})

    def test_asks_for_the_password_first(self):
        browser = Client()
        browser.force_login(make_user("other@example.com"))
        answer = browser.get("/account/email/")
        assert answer.url == "/account/reauthenticate/?next=%2Faccount%2Femail%2F"
        assert self.ask(browser).url == answer.url
        assert "This is not your password" in browser.post(answer.url, {"password": "wrong"}).text
        assert browser.post(answer.url, {"password": PASSWORD}).url == "/account/email/"
        assert not mail.outbox

    def test_happens_when_the_code_is_typed_and_not_before(self, browser, code):
        answer = self.ask(browser, "New@Example.com")
        assert answer.url == "/account/confirm-email/"
        assert mail.outbox[0].to == ["new@example.com"]
        assert User.objects.get().email == "reader@example.com"
        assert browser.post(answer.url, {"code": code()}).url == "/account/"
        assert User.objects.get().email == "new@example.com"
        assert list(EmailAddress.objects.values_list("email", "verified", "primary")) == [
            ("new@example.com", True, True)
        ]
        told = mail.outbox[-1]
        assert told.to == ["reader@example.com"]
        assert "new@example.com" not in told.body

    def test_to_that_of_another_account_never_happens(self, browser, code):
        make_user("new@example.com")
        self.ask(browser)
        page = browser.post("/account/confirm-email/", {"code": code()}).text
        assert "This address belongs to another account" in page
        assert User.objects.filter(email="reader@example.com").exists()

    def test_takes_it_from_a_sign_up_that_was_never_confirmed(self, browser, code):
        make_user("new@example.com", verified=False)
        self.ask(browser)
        browser.post("/account/confirm-email/", {"code": code()})
        assert list(User.objects.values_list("email", flat=True)) == ["new@example.com"]

    def test_ends_after_three_wrong_codes_where_it_began(self, browser):
        self.ask(browser)
        for _ in range(2):
            browser.post("/account/confirm-email/", {"code": "1"})
        assert browser.post("/account/confirm-email/", {"code": "1"}).url == "/account/email/"
        assert User.objects.get().email == "reader@example.com"

    def test_to_the_same_is_refused(self, browser):
        assert "the address that you use already" in self.ask(browser, "reader@example.com").text


class TestTheSettings:
    def test_keep_a_name_and_a_time_zone(self, browser):
        browser.force_login(make_user())
        form = {"display_name": "Ada", "time_zone": "America/Argentina/Buenos_Aires"}
        answer = browser.post("/account/", form)
        assert (answer.status_code, answer.url) == (303, "/account/")
        user = User.objects.get()
        assert (user.display_name, user.time_zone) == ("Ada", "America/Argentina/Buenos_Aires")
        assert "Saved." in browser.get("/account/").text

    def test_refuse_what_is_no_time_zone_and_keep_the_name_in_the_masthead(self, browser):
        browser.force_login(make_user(display_name="Ada"))
        answer = browser.post("/account/", {"display_name": "Eve", "time_zone": "Mars/Olympus"})
        assert answer.status_code == 422
        assert '<a href="/account/">Ada</a>' in answer.text
        assert 'value="Eve"' in answer.text

    def test_offer_the_time_zone_that_one_has_under_its_old_name(self, browser):
        browser.force_login(make_user(time_zone="GB"))
        assert '<option value="GB" selected>' in browser.get("/account/").text

    def test_offer_time_zones_by_region(self, browser):
        browser.force_login(make_user())
        page = browser.get("/account/").text
        assert '<optgroup label="Europe">' in page
        assert '<option value="America/Argentina/Buenos_Aires">Buenos Aires, Argentina</option>' in page


class TestASessionThatWaitsForACode:
    def test_is_known_to_be_its_persons(self, browser):
        user = make_user(verified=False)
        browser.post("/account/login/", {"login": user.email, "password": PASSWORD})
        assert Session.objects.get().user == user
