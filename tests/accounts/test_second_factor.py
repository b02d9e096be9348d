"""The second factor of a person: set up, used at every way in, replaced by recovery codes, removed."""

import re

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.contrib.auth import SESSION_KEY
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client

from accounts.models import Session
from tests.factories import PASSWORD, make_user
from tests.second_factors import App, make_app, make_key

pytestmark = pytest.mark.django_db

HERE = "/account/second-factor/"
APP = f"{HERE}app/add/"
QR = f"{APP}qr.svg"
USE = f"{HERE}use/"
CODES = f"{HERE}recovery-codes/"


@pytest.fixture
def user():
    return make_user()


@pytest.fixture
def confirmed(browser, user):
    """Somebody signed in who has just given the password."""
    browser.force_login(user)
    browser.post("/account/reauthenticate/", {"password": PASSWORD})
    return browser


def sign_in(browser, **more):
    form = {"login": "reader@example.com", "password": PASSWORD, **more}
    return browser.post("/account/login/", form)


def is_signed_in(browser):
    return SESSION_KEY in browser.session


class TestTheAccountsPage:
    def test_says_that_there_is_none(self, browser, user):
        browser.force_login(user)
        page = browser.get("/account/").text
        assert "Off: whoever knows your password can sign in." in page
        assert f'href="{HERE}"' in page

    def test_says_what_there_is_and_how_many_codes_are_left(self, browser, user):
        make_app(user)
        make_key(user)
        browser.force_login(user)
        page = " ".join(browser.get("/account/").text.split())
        assert "On: an app, and 1 key. 10 recovery codes are left." in page
        assert "Few recovery codes" not in page

    def test_warns_when_few_codes_are_left(self, browser, user):
        make_app(user)
        Authenticator.objects.filter(type="recovery_codes").update(data={"used_mask": 0b1111111, "seed": ""})
        browser.force_login(user)
        for address in ("/account/", HERE):
            assert "Few recovery codes are left" in browser.get(address).text

    @pytest.mark.parametrize("address", ["/account/", HERE])
    def test_asks_session_user_and_factors(self, browser, user, address, django_assert_num_queries):
        make_app(user)
        make_key(user)
        browser.force_login(user)
        with django_assert_num_queries(3):
            browser.get(address)


class TestSettingUpAnApp:
    def test_asks_for_the_password_first(self, browser, user):
        browser.force_login(user)
        answer = browser.get(f"{APP}?next=/admin/")
        assert (
            answer.url
            == "/account/reauthenticate/?next=%2Faccount%2Fsecond-factor%2Fapp%2Fadd%2F%3Fnext%3D%2Fadmin%2F"
        )
        assert browser.post(answer.url, {"password": PASSWORD}).url == f"{APP}?next=/admin/"

    def test_takes_the_password_of_the_sign_in_for_as_long_as_one_that_is_asked_for(
        self, browser, user, settings
    ):
        sign_in(browser)
        assert browser.get(APP).status_code == 200
        assert browser.get("/account/email/").status_code == 200
        session = browser.session
        for record in session[AUTHENTICATION_METHODS_SESSION_KEY]:
            record["at"] -= settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
        session.save()
        for address in (APP, "/account/email/"):
            assert browser.get(address).url.startswith("/account/reauthenticate/"), address

    def test_shows_the_secret_to_type_and_a_picture_whose_address_tells_nothing(self, confirmed, user):
        page = confirmed.get(APP).text
        secret = confirmed.session[totp.SECRET_SESSION_KEY]
        assert re.search(r'class="secret">([A-Z2-7 ]+)<', page)[1].replace(" ", "") == secret
        assert f'src="{QR}"' in page
        assert "data:" not in page
        assert f"otpauth://totp/reader%40example.com?secret={secret}&amp;issuer=Tracework" in page
        assert 'autocomplete="one-time-code"' in page
        assert 'inputmode="numeric"' in page

    def test_draws_the_picture_of_this_sessions_secret(self, confirmed, user):
        confirmed.get(APP)
        answer = confirmed.get(QR)
        url = get_adapter().build_totp_url(user, confirmed.session[totp.SECRET_SESSION_KEY])
        assert answer.headers["Content-Type"] == "image/svg+xml"
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.text == get_adapter().build_totp_svg(url)
        assert answer.text != get_adapter().build_totp_svg(url.replace("secret=", "secret=A"))
        assert "style" not in answer.text

    def test_shows_the_picture_to_nobody_else(self, confirmed, user):
        confirmed.get(APP)
        other = Client()
        assert other.get(QR).url == f"/account/login/?next={QR}"
        other.force_login(user)
        assert other.get(QR).status_code == 404

    def test_logs_no_secret(self, confirmed, caplog):
        caplog.set_level("DEBUG")
        confirmed.get(APP)
        secret = confirmed.session[totp.SECRET_SESSION_KEY]
        confirmed.get(QR)
        confirmed.post(APP, {"code": "1"})
        assert caplog.records
        assert not any(secret in str(vars(record)) for record in caplog.records)

    @pytest.mark.parametrize(
        ("code", "told"),
        [
            ("", "Enter the code that the app shows."),
            ("000000", "This code is not right"),
            ("é", "not right"),
        ],
    )
    def test_refuses_a_code_that_is_not_right_and_keeps_the_secret(self, confirmed, user, code, told):
        confirmed.get(APP)
        secret = confirmed.session[totp.SECRET_SESSION_KEY]
        answer = confirmed.post(APP, {"code": code, "next": "/admin/"})
        assert answer.status_code == 422
        assert told in answer.text
        assert 'name="next" value="/admin/"' in answer.text
        assert confirmed.session[totp.SECRET_SESSION_KEY] == secret
        assert not Authenticator.objects.exists()

    @pytest.mark.django_db(transaction=True)  # allauth writes the message when all is committed
    def test_keeps_the_secret_sealed_gives_codes_and_tells_by_e_mail(self, confirmed, user):
        confirmed.get(APP)
        secret = confirmed.session[totp.SECRET_SESSION_KEY]
        answer = confirmed.post(APP, {"code": App(secret).code(), "next": "/admin/"})
        assert answer.url == f"{CODES}?next=%2Fadmin%2F"
        app, codes = Authenticator.objects.order_by("pk")
        assert (app.type, codes.type) == ("totp", "recovery_codes")
        assert secret not in str(app.data)
        assert totp.SECRET_SESSION_KEY not in confirmed.session
        (message,) = mail.outbox
        assert message.to == ["reader@example.com"]
        assert "An authenticator app was set up for your account" in message.body
        assert "Nobody at Tracework ever asks you for a code or a password." in message.body
        page = confirmed.get(answer.url).text
        assert "The app is set up." in page
        assert 'href="/admin/"' in page
        assert len(re.findall(r"<code>\d{4}-\d{4}</code>", page)) == 10
        assert confirmed.get(QR).status_code == 404

    @pytest.mark.parametrize("evil", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
    def test_never_leads_on_to_another_site(self, confirmed, user, evil):
        make_app(user)
        for address in (HERE, CODES, f"{HERE}keys/add/"):
            page = confirmed.get(address, {"next": evil}).text
            assert "evil.example" not in page
            assert "javascript:" not in page


class TestAFormThatComesTooLate:
    """allauth would keep it, with its headers, in the session until the password was given."""

    @pytest.mark.parametrize("who", ["visitor", "reader"])
    @pytest.mark.parametrize(
        "page",
        ["app/add/", "app/remove/", "recovery-codes/new/", "keys/add/", "keys/1/", "keys/1/remove/"],
    )
    def test_changes_nothing_and_is_not_kept(self, browser, user, page, who):
        app = make_app(user)
        if who == "reader":
            browser.force_login(user)
        answer = browser.post(HERE + page, {"code": app.code(), "name": "x"})
        way = "reauthenticate" if who == "reader" else "login"
        assert answer.url.startswith(f"/account/{way}/?next=")
        assert "account_reauthentication_state" not in browser.session
        assert Authenticator.objects.count() == 2


class TestEveryWayIn:
    """The password is right, or was proved by a code from the mailbox: that is not enough."""

    def asks_for_the_factor(self, browser, answer, next=None):
        assert answer.url == USE
        assert not is_signed_in(browser)
        assert browser.get("/account/data/").url.startswith("/account/login/")
        assert browser.get("/admin/").url.startswith("/admin/login/")
        page = browser.get(USE)
        assert "Lost the phone or the key?" in page.text
        assert "Sign out" not in page.text

    def test_by_password(self, browser, user):
        app = make_app(user)
        self.asks_for_the_factor(browser, sign_in(browser, next="/account/data/"))
        assert browser.post(USE, {"code": app.code()}).url == "/account/data/"
        assert is_signed_in(browser)

    def test_by_password_keeps_them_signed_in_where_that_was_wanted(self, browser, user):
        app = make_app(user)
        sign_in(browser, remember="on")
        browser.post(USE, {"code": app.code()})
        assert browser.cookies["sessionid"]["max-age"] == 30 * 24 * 60 * 60

    def test_by_choosing_a_new_password(self, browser, user, code):
        app = make_app(user)
        answer = browser.post("/account/password/reset/", {"email": user.email})
        answer = browser.post(answer.url, {"code": code()})
        answer = browser.post(answer.url, {"password1": "another long password"})
        self.asks_for_the_factor(browser, answer)
        browser.post(USE, {"code": app.code()})
        assert is_signed_in(browser)

    def test_by_a_code_that_proves_the_address(self, browser, code):
        app = make_app(make_user("new@example.com", verified=False))
        answer = sign_in(browser, login="new@example.com")
        self.asks_for_the_factor(browser, browser.post(answer.url, {"code": code()}))
        browser.post(USE, {"code": app.code()})
        assert is_signed_in(browser)

    def test_by_signing_up_has_none_to_ask_for(self, browser, code):
        answer = browser.post("/account/signup/", {"email": "a@example.com", "password1": PASSWORD})
        assert browser.post(answer.url, {"code": code()}).url == "/checklists/"

    def test_is_asked_of_who_has_a_key_alone(self, browser, user):
        make_key(user)
        assert sign_in(browser).url == USE
        assert not is_signed_in(browser)

    def test_is_not_asked_of_who_has_none(self, browser, user):
        assert sign_in(browser).url == "/checklists/"

    def test_belongs_to_a_session_that_is_known_as_the_persons(self, browser, user):
        make_app(user)
        sign_in(browser)
        assert Session.objects.get().user == user

    def test_can_be_left_for_another_account(self, browser, user):
        make_app(user)
        sign_in(browser)
        assert browser.post("/account/logout/", {"next": "/account/login/"}).url == "/account/login/"
        assert browser.get(USE).url == "/account/login/"
        assert browser.get("/account/login/").status_code == 200


class TestACode:
    def test_that_is_wrong_says_so(self, browser, user):
        make_app(user)
        sign_in(browser)
        answer = browser.post(USE, {"code": "000000"})
        assert answer.status_code == 422
        assert "This code is not right" in answer.text
        assert not is_signed_in(browser)

    def test_that_is_missing_says_so(self, browser, user):
        make_app(user)
        sign_in(browser)
        assert (
            "Enter the code that your app shows, or a recovery code." in browser.post(USE, {"code": ""}).text
        )

    def test_is_let_in_once(self, browser, user):
        code = make_app(user).code()
        for times in range(2):
            sign_in(browser)
            browser.post(USE, {"code": code})
            assert is_signed_in(browser) == (times == 0)
            browser.post("/account/logout/")

    def test_is_remembered_as_used_for_as_long_as_it_would_be_let_in(self, browser, user):
        make_app(user)
        cache.clear()
        app = App(totp.decrypt(Authenticator.objects.get(type="totp").data["secret"]))
        sign_in(browser)
        browser.post(USE, {"code": app.code()})
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT max(extract(epoch FROM expires - now())) FROM accounts_cache"
                " WHERE expires < now() + interval '5 minutes'"
            )
            assert 85 < cursor.fetchone()[0] <= 91

    def test_of_the_half_minute_before_is_let_in_and_no_older(self, browser, user, wait):
        app = make_app(user)
        code = app.code()
        wait(30)
        sign_in(browser)
        browser.post(USE, {"code": code})
        assert is_signed_in(browser)
        browser.post("/account/logout/")
        code = App(app.secret).code()
        wait(60)
        sign_in(browser)
        browser.post(USE, {"code": code})
        assert not is_signed_in(browser)

    def test_can_be_guessed_ten_times(self, browser, user):
        app = make_app(user)
        for _ in range(10):
            sign_in(browser)
            assert "not right" in browser.post(USE, {"code": "000000"}).text
        sign_in(browser)
        answer = browser.post(USE, {"code": app.code()})
        assert "That was tried too often" in answer.text
        assert not is_signed_in(browser)

    def test_for_what_could_lock_out_does_instead_of_the_password(self, browser, user):
        app = make_app(user)
        browser.force_login(user)
        answer = browser.get(f"{HERE}app/remove/")
        page = browser.get(answer.url).text
        assert "Use a code" in page
        answer = browser.post(f"{HERE}confirm/", {"code": app.code(), "next": f"{HERE}app/remove/"})
        assert browser.get(answer.url).status_code == 200

    def test_that_is_wrong_there_says_so(self, browser, user):
        make_app(user)
        browser.force_login(user)
        answer = browser.post(f"{HERE}confirm/", {"code": "1", "next": CODES})
        assert answer.status_code == 422
        assert "This code is not right" in answer.text
        assert f'name="next" value="{CODES}"' in answer.text


class TestRecoveryCodes:
    def test_let_in_once_each_and_say_how_many_are_left(self, browser, user):
        first, second, *_others = make_app(user).recovery_codes
        for code in (first, f"{second[:4]}-{second[4:]}", first):
            sign_in(browser)
            answer = browser.post(USE, {"code": code})
            if answer.status_code == 302:
                page = browser.get("/account/").text
                browser.post("/account/logout/")
        assert answer.status_code == 422
        assert "That recovery code is used up: 8 are left." in page
        assert "8 recovery codes are left." in " ".join(page.split())

    def test_that_were_used_are_shown_no_more(self, confirmed, user):
        app = make_app(user)
        used = app.recovery_codes[0]
        Authenticator.objects.get(type="recovery_codes").wrap().validate_code(used)
        page = confirmed.get(CODES).text
        assert f"{used[:4]}-{used[4:]}" not in page
        assert "9 codes of 10 are left." in " ".join(page.split())

    def test_are_shown_to_who_has_just_given_the_password(self, browser, user):
        make_app(user)
        browser.force_login(user)
        for address in (CODES, f"{CODES}download/", f"{CODES}new/"):
            assert browser.get(address).url.startswith("/account/reauthenticate/?next=")

    def test_can_be_downloaded(self, confirmed, user):
        codes = make_app(user).recovery_codes
        answer = confirmed.get(f"{CODES}download/")
        assert answer.headers["Content-Disposition"] == 'attachment; filename="recovery-codes.txt"'
        assert re.findall(r"^(\d{4})-(\d{4})$", answer.text, re.MULTILINE) == [(c[:4], c[4:]) for c in codes]

    @pytest.mark.django_db(transaction=True)
    def test_are_made_anew(self, confirmed, user):
        before = make_app(user)
        old = before.recovery_codes
        assert "the 10 that are left stop working" in " ".join(confirmed.get(f"{CODES}new/").text.split())
        assert before.recovery_codes == old
        assert confirmed.post(f"{CODES}new/").url == CODES
        assert not set(before.recovery_codes) & set(old)
        assert "New recovery codes were made for your account" in mail.outbox[0].body

    def test_stand_in_for_something(self, confirmed):
        answer = confirmed.post(f"{CODES}new/")
        assert answer.status_code == 422
        assert "Set up an app or a key first" in answer.text
        assert confirmed.get(CODES).status_code == 404

    def test_are_sealed(self, user):
        codes = make_app(user).recovery_codes
        with connection.cursor() as cursor:
            cursor.execute("SELECT data::text FROM mfa_authenticator")
            dump = str(cursor.fetchall())
        assert not any(code in dump for code in codes)
        assert re.search(r'"seed": "gAAAAA', dump)
        assert re.search(r'"secret": "gAAAAA', dump)


class TestRemoving:
    def test_the_app_needs_a_form_and_takes_the_codes_along(self, confirmed, user):
        make_app(user)
        address = f"{HERE}app/remove/"
        assert "Remove the app?" in confirmed.get(address).text
        assert Authenticator.objects.count() == 2
        assert confirmed.post(address).url == HERE
        assert not Authenticator.objects.exists()
        assert "The authenticator app was removed" in mail.outbox[0].body

    def test_the_app_keeps_the_codes_while_there_is_a_key(self, confirmed, user):
        make_app(user)
        make_key(user)
        confirmed.post(f"{HERE}app/remove/")
        assert set(Authenticator.objects.values_list("type", flat=True)) == {"webauthn", "recovery_codes"}

    def test_an_app_that_there_is_not_is_not_found(self, confirmed):
        assert confirmed.get(f"{HERE}app/remove/").status_code == 404


class TestAKey:
    def test_is_renamed(self, confirmed, user):
        key = make_key(user, "Blue")
        address = f"{HERE}keys/{key.pk}/"
        assert 'value="Blue"' in confirmed.get(address).text
        confirmed.post(address, {"name": "Red <b>"})
        assert "Red &lt;b&gt;" in confirmed.get(HERE).text

    @pytest.mark.parametrize(
        ("name", "told"), [("", "Give the key a name."), ("x" * 61, "at most 60 characters")]
    )
    def test_keeps_its_name_where_another_will_not_do(self, confirmed, user, name, told):
        key = make_key(user, "Blue")
        answer = confirmed.post(f"{HERE}keys/{key.pk}/", {"name": name})
        assert answer.status_code == 422
        assert told in answer.text
        key.refresh_from_db()
        assert key.data["name"] == "Blue"

    def test_is_removed_by_a_form(self, confirmed, user):
        key = make_key(user)
        address = f"{HERE}keys/{key.pk}/remove/"
        assert "Remove the key?" in confirmed.get(address).text
        assert Authenticator.objects.exists()
        assert confirmed.post(address).url == f"{HERE}keys/"
        assert not Authenticator.objects.exists()
        assert "A key was removed from your account" in mail.outbox[0].body

    @pytest.mark.parametrize("page", ["", "remove/"])
    def test_of_somebody_else_is_not_there(self, confirmed, page):
        key = make_key(make_user("other@example.com"))
        address = f"{HERE}keys/{key.pk}/{page}"
        assert confirmed.get(address).status_code == 404
        assert confirmed.post(address, {"name": "mine"}).status_code == 404
        assert Authenticator.objects.get().data["name"] == "A key"

    @pytest.mark.parametrize("credential", ["", "no json", "{}", "[]", '{"id": 1}'])
    def test_that_answers_nonsense_is_refused(self, confirmed, user, credential):
        address = f"{HERE}keys/add/"
        assert "key_options" in confirmed.get(address).text
        answer = confirmed.post(address, {"name": "Blue", "credential": credential})
        assert answer.status_code == 422
        assert "This key could not be checked." in answer.text
        assert 'value="Blue"' in answer.text
        assert not Authenticator.objects.exists()
