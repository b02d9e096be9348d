"""Where REQUIRE_STAFF_MFA is on, nothing of the admin opens to a password alone."""

import json

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import URLPattern

from accounts import second_factor
from accounts.models import Session
from tests.factories import PASSWORD, make_framework, make_user
from tests.second_factors import App, make_app, make_key

pytestmark = pytest.mark.django_db

HERE = "/account/second-factor/"
#: These two let nobody in: one leads to the site's own sign-in, the other signs out.
OPEN = {"admin:login", "admin:logout"}


def all_patterns(patterns, prefix="/admin/"):
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield prefix, pattern
        else:
            yield from all_patterns(pattern.url_patterns, prefix + str(pattern.pattern))


def addresses():
    """An address for each pattern of the admin, and what no pattern knows."""
    for prefix, pattern in all_patterns(admin.site.urls[0]):
        if f"admin:{pattern.name}" in OPEN:
            continue
        route = prefix + (str(pattern.pattern) if hasattr(pattern.pattern, "_route") else "")
        for converter in ("<path:object_id>", "<int:content_type_id>", "<path:content_type_id>"):
            route = route.replace(converter, "1")
        while "<" in route:
            start, end = route.index("<"), route.index(">")
            route = route[:start] + "1" + route[end + 1 :]
        yield route
    yield "/admin/nothing/at/all/"
    yield "/admin"


ADDRESSES = sorted(set(addresses()))


@pytest.fixture(autouse=True)
def required(settings):
    settings.REQUIRE_STAFF_MFA = True


def make_editor(role):
    user = make_user("editor@example.com", is_staff=True, is_superuser=role == "administrator")
    if role != "administrator":
        user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def editor():
    return make_editor("administrator")


def signed_in(user, code=None):
    browser = Client()
    answer = browser.post("/account/login/", {"login": user.email, "password": PASSWORD})
    if code:
        answer = browser.post(answer.url, {"code": code})
    assert answer.url == "/checklists/"
    return browser


class TestAnEditorWithoutASecondFactor:
    @pytest.mark.parametrize("role", ["administrator", "Editors", "Publishers"])
    def test_opens_no_address_of_the_admin(self, role):
        browser = signed_in(make_editor(role))
        framework = make_framework(published=True)
        assert len(ADDRESSES) > 50
        for address in [*ADDRESSES, f"/admin/frameworks/framework/{framework.pk}/change/"]:
            answer = browser.get(address)
            if address == "/admin":  # Django adds the slash
                assert answer.url == "/admin/"
                continue
            if address == "/admin/password_change/":  # a page of the account
                assert answer.url == "/account/password/change/"
                continue
            assert answer.status_code == 302, address
            assert answer.url.startswith(f"{HERE}?next=%2Fadmin%2F"), (address, answer.url)
            assert "no-store" in answer.headers["Cache-Control"]

    @pytest.mark.parametrize("role", ["administrator", "Editors", "Publishers"])
    def test_sends_no_form_to_the_admin_and_is_told_so(self, role):
        browser = signed_in(make_editor(role))
        for address in ADDRESSES:
            if address in ("/admin", "/admin/password_change/"):
                continue
            answer = browser.post(address, {"title": "My edit"})
            assert answer.status_code == 403, address
            assert "Nothing was saved" in answer.text
            assert f'href="{HERE}?next=%2Fadmin%2F" target="_blank"' in answer.text

    def test_is_told_why_and_goes_on_afterwards(self, editor):
        browser = signed_in(editor)
        answer = browser.get("/admin/accounts/user/?q=ada&is_staff__exact=1")
        page = browser.get(answer.url).text
        assert "The editors’ desk opens once you have a second factor." in page
        assert f"{HERE}app/add/?next=%2Fadmin%2Faccounts%2Fuser%2F%3Fq%3Dada%26is_staff__exact%3D1" in page

    @pytest.mark.django_db(transaction=True)
    def test_comes_in_once_an_app_is_set_up(self, editor):
        browser = signed_in(editor)
        browser.post("/account/reauthenticate/", {"password": PASSWORD})
        form = f"{HERE}app/add/"
        browser.get(form, {"next": "/admin/accounts/user/"})
        code = App(browser.session["mfa.totp.secret"]).code()
        answer = browser.post(form, {"code": code, "next": "/admin/accounts/user/"})
        assert 'href="/admin/accounts/user/"' in browser.get(answer.url).text
        assert browser.get("/admin/accounts/user/").status_code == 200

    def test_gets_nothing_of_a_draft_shown_whose_form_is_too_old(self, editor):
        framework = make_framework(overview="A secret draft.")
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(editor)
        answer = browser.post(
            f"/admin/frameworks/framework/{framework.pk}/change/",
            {"title": "x"},
            headers={"origin": "http://testserver"},
        )
        assert answer.status_code == 403
        assert "A secret draft." not in answer.text

    def test_has_recovery_codes_and_nothing_that_they_stand_in_for(self, editor):
        make_app(editor)
        Authenticator.objects.filter(type="totp").delete()
        browser = signed_in(editor)
        assert browser.get("/admin/").url == f"{HERE}?next=%2Fadmin%2F"


class TestAnEditorWithASecondFactor:
    def test_comes_in_by_its_code(self, editor):
        browser = signed_in(editor, make_app(editor).code())
        assert browser.get("/admin/").status_code == 200
        assert browser.get("/admin/jsi18n/").status_code == 200

    def test_comes_in_by_a_recovery_code(self, editor):
        browser = signed_in(editor, make_app(editor).recovery_codes[0])
        assert browser.get("/admin/").status_code == 200

    def test_is_asked_where_the_session_is_older_than_the_factor(self, editor):
        browser = signed_in(editor)
        app = make_app(editor)  # in another browser
        answer = browser.get("/admin/accounts/user/")
        assert answer.url == f"{HERE}confirm/?next=%2Fadmin%2Faccounts%2Fuser%2F"
        page = browser.get(answer.url).text
        assert "the editors’ desk asks for it" in page
        assert "Use your password" not in page
        answer = browser.post(answer.url, {"code": app.code()})
        assert answer.url == "/admin/accounts/user/"
        assert browser.get(answer.url).status_code == 200

    def test_is_asked_for_a_key_where_that_is_all_there_is(self, editor):
        browser = signed_in(editor)
        make_key(editor)
        assert browser.get("/admin/").url == f"{HERE}confirm/key/?next=%2Fadmin%2F"

    def test_does_not_come_in_by_the_password_once_more(self, editor):
        browser = signed_in(editor)
        make_app(editor)
        browser.post("/account/reauthenticate/", {"password": PASSWORD})
        assert browser.get("/admin/").status_code == 302

    def test_is_asked_again_where_what_was_used_is_gone(self, editor):
        browser = signed_in(editor, make_app(editor).code())
        Authenticator.objects.filter(type="totp").delete()
        make_key(editor)
        assert browser.get("/admin/").status_code == 302

    def test_does_not_come_in_by_somebody_elses_sign_in(self, editor):
        browser = signed_in(editor, make_app(editor).code())
        other = make_user("other@example.com", is_staff=True)
        make_app(other)
        browser.force_login(other)
        assert browser.get("/admin/").url == f"{HERE}confirm/?next=%2Fadmin%2F"

    def test_costs_the_admin_one_statement(self, editor, settings, django_assert_num_queries):
        browser = signed_in(editor, make_app(editor).code())
        settings.REQUIRE_STAFF_MFA = False
        browser.get("/admin/jsi18n/")
        with django_assert_num_queries(2):
            browser.get("/admin/jsi18n/")
        settings.REQUIRE_STAFF_MFA = True
        with django_assert_num_queries(3):
            browser.get("/admin/jsi18n/")


class TestWhoIsNotAsked:
    def test_a_reader_who_may_not_enter_anyway(self):
        browser = signed_in(make_user())
        assert browser.get("/admin/", follow=True).status_code == 403
        assert "The editors’ desk opens once" not in browser.get(HERE).text

    def test_a_visitor_who_is_led_to_sign_in(self):
        assert Client().get("/admin/").url == "/admin/login/?next=/admin/"

    def test_an_editor_where_it_is_not_required(self, settings, editor):
        settings.REQUIRE_STAFF_MFA = False
        assert signed_in(editor).get("/admin/").status_code == 200


class TestEveryBrowser:
    def test_is_asked_each_time_and_no_key_is_enough_alone(self):
        assert not settings.MFA_TRUST_ENABLED
        assert not settings.MFA_PASSKEY_LOGIN_ENABLED


class TestRemovingWhatWasLost:
    COMMAND = "remove_second_factors"

    def run(self, capsys, *arguments):
        call_command(self.COMMAND, *arguments)
        return capsys.readouterr()

    def test_takes_it_all_ends_sessions_and_tells_the_person(self, editor, capsys):
        browser = signed_in(editor, make_app(editor).code())
        other = make_user("other@example.com")
        make_app(other)
        out = self.run(capsys, "Editor@Example.com").out
        assert out == "2 second factors and sets of recovery codes removed, 1 sessions ended.\n"
        assert not second_factor.standing(editor).is_on
        assert second_factor.standing(other).is_on
        assert browser.get("/account/").status_code == 302
        (message,) = mail.outbox
        assert message.to == ["editor@example.com"]
        assert "An administrator of Tracework has removed the second factor" in message.body
        assert signed_in(editor).get("/admin/").url.startswith(HERE)

    def test_twice_does_nothing_more(self, editor, capsys):
        make_app(editor)
        self.run(capsys, editor.email)
        signed_in(editor)
        assert self.run(capsys, editor.email).out.startswith("0 second factors")
        assert Session.objects.exists()
        assert len(mail.outbox) == 1

    def test_can_be_tried_dry(self, editor, capsys):
        make_app(editor)
        assert self.run(capsys, editor.email, "--dry-run").out.startswith(
            "2 second factors and sets of recovery"
        )
        assert second_factor.standing(editor).is_on
        assert not mail.outbox

    def test_says_so_where_nobody_has_the_address(self):
        with pytest.raises(CommandError, match="Nobody has this address"):
            call_command(self.COMMAND, "nobody@example.com")

    def test_happens_though_the_mail_server_is_down(self, editor, capsys, mail_is_down):
        make_app(editor)
        told = self.run(capsys, editor.email)
        assert (
            told.err
            == "The message to them could not be sent (ConnectionRefusedError). Tell them yourself.\n"
        )
        assert not second_factor.standing(editor).is_on


class TestAnotherSecretKey:
    @pytest.fixture
    def app(self, editor):
        return make_app(editor)

    def sealed(self):
        return json.dumps(list(Authenticator.objects.order_by("pk").values_list("data", flat=True)))

    def test_opens_what_a_fallback_has_sealed(self, app, editor, settings):
        settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another key"
        signed_in(editor, app.code())

    def test_without_the_earlier_one_says_what_to_do(self, app, editor, settings):
        settings.SECRET_KEY = "another key"
        browser = Client()
        browser.post("/account/login/", {"login": editor.email, "password": PASSWORD})
        answer = browser.post(f"{HERE}use/", {"code": app.code()})
        assert answer.status_code == 422
        assert "can no longer be read" in answer.text

    def test_without_the_earlier_one_offers_new_recovery_codes(self, app, editor, settings):
        settings.SECRET_KEY = "another key"
        browser = Client()
        browser.force_login(editor)
        browser.post("/account/reauthenticate/", {"password": PASSWORD})
        for page in ("", "download/"):
            answer = browser.get(f"{HERE}recovery-codes/{page}")
            assert answer.url == f"{HERE}recovery-codes/new/"
            assert "can no longer be read. Make new ones." in browser.get(answer.url).text

    def test_seals_anew_on_command(self, app, editor, settings, capsys):
        before = self.sealed()
        settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another key"
        call_command("reseal_second_factors", "--dry-run")
        assert self.sealed() == before
        for _ in range(2):
            call_command("reseal_second_factors")
        assert capsys.readouterr().out.splitlines() == [
            "2 resealed, 0 as they should be, 0 unreadable. Nothing was changed.",
            "2 resealed, 0 as they should be, 0 unreadable.",
            "0 resealed, 2 as they should be, 0 unreadable.",
        ]
        settings.SECRET_KEY_FALLBACKS = []
        signed_in(editor, app.code())

    def test_leaves_alone_what_it_cannot_read(self, app, settings, capsys):
        before = self.sealed()
        settings.SECRET_KEY = "another key"
        call_command("reseal_second_factors")
        told = capsys.readouterr()
        assert told.out == "0 resealed, 0 as they should be, 2 unreadable.\n"
        assert "SECRET_KEY_FALLBACKS" in told.err
        assert self.sealed() == before
