import io
import json
import zipfile

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group
from django.contrib.sessions.backends.base import UpdateError
from django.test import Client

from accounts import personal_data
from accounts.models import Session, User
from accounts.personal_data import Holding
from frameworks.models import Revision
from tests.factories import PASSWORD, make_framework, make_user
from tests.second_factors import make_app, make_key

#: Tables that point at a person or at something of theirs and are not erased with them, and why not.
NOT_ERASED = {
    "frameworks.DraftChange": "What a draft said stays and forgets who changed it.",
    "frameworks.Revision": "A published revision stays and forgets who published it.",
}


class TestEveryTable:
    def test_that_belongs_to_a_person_is_covered_by_a_holding_or_named_here(self):
        covered = {label for holding in personal_data.holdings() for label in holding.models}
        personal = {"accounts.User"}
        models = apps.get_models(include_auto_created=True)
        while True:
            more = {
                model._meta.label
                for model in models
                if any(
                    field.is_relation and field.related_model and field.related_model._meta.label in personal
                    for field in [*model._meta.fields, *model._meta.many_to_many]
                )
            } - set(NOT_ERASED)
            if more <= personal:
                break
            personal |= more
        assert personal - covered == set(), (
            "Register these in personal_data, or name them above with the reason."
        )

    def test_that_a_holding_names_exists(self):
        known = {model._meta.label for model in apps.get_models(include_auto_created=True)}
        for holding in personal_data.holdings():
            assert set(holding.models) <= known

    def test_that_is_kept_forgets_the_person(self):
        for label in NOT_ERASED:
            to_user = [f for f in apps.get_model(label)._meta.fields if f.related_model is User]
            assert [field.remote_field.on_delete.__name__ for field in to_user] == ["SET_NULL"]


@pytest.mark.django_db
class TestMyData:
    def test_is_listed_in_plain_words_with_where_to_see_it(self, browser):
        browser.force_login(make_user())
        page = browser.get("/account/data/").text
        for held in personal_data.holdings():
            assert str(held.name) in page
        assert "a digest that cannot be turned back" in page
        assert "/account/data/download/" in page

    def test_comes_as_one_zip(self, browser):
        user = make_user(display_name="Ada", time_zone="Europe/London")
        user.groups.add(Group.objects.get(name="Editors"))
        browser.force_login(user)
        answer = browser.get("/account/data/download/")
        assert answer.headers["Content-Type"] == "application/zip"
        assert answer.headers["Content-Disposition"].startswith('attachment; filename="tracework-20')
        account = json.loads(zipfile.ZipFile(io.BytesIO(answer.content)).read("account.json"))
        assert account["email"] == "reader@example.com"
        assert account["display_name"] == "Ada"
        assert account["time_zone"] == "Europe/London"
        assert account["groups"] == ["Editors"]
        assert account["email_addresses"] == [
            {"email": "reader@example.com", "verified": True, "primary": True}
        ]
        assert len(account["signed_in_until"]) == 1
        assert user.password not in answer.content.decode("latin-1")

    def test_names_second_factors_and_gives_away_no_secret(self, browser):
        user = make_user()
        app = make_app(user)
        make_key(user, "Blue key")
        browser.force_login(user)
        archive = zipfile.ZipFile(io.BytesIO(browser.get("/account/data/download/").content))
        account = archive.read("account.json").decode()
        factors = json.loads(account)["second_factors"]
        assert [(factor["type"], factor["name"]) for factor in factors] == [
            ("totp", None),
            ("recovery_codes", None),
            ("webauthn", "Blue key"),
        ]
        assert all(set(factor) == {"type", "name", "added_at", "last_used_at"} for factor in factors)
        for sealed in (
            app.secret,
            *(str(one.data) for one in Authenticator.objects.all()),
            *app.recovery_codes,
        ):
            assert sealed not in account

    def test_of_all_apps_is_in_it_and_nothing_hides_another_thing(self, monkeypatch):
        def holding(content):
            return Holding("Notes", "", lambda user: [("notes.txt", content)], lambda user: None)

        monkeypatch.setattr(personal_data, "_holdings", [holding("ü"), holding(b"two")])
        with pytest.raises(ValueError, match=r"notes\.txt"):
            personal_data.as_zip(User())
        monkeypatch.setattr(personal_data, "_holdings", [holding("ü")])
        archive = zipfile.ZipFile(io.BytesIO(personal_data.as_zip(User())))
        assert archive.read("notes.txt").decode() == "ü"


@pytest.mark.django_db
class TestLeaving:
    def leave(self, user, password=PASSWORD):
        browser = Client()
        browser.force_login(user)
        return browser, browser.post("/account/leave/", {"password": password})

    def test_says_what_is_erased_and_what_stays(self, browser):
        browser.force_login(make_user())
        page = browser.get("/account/leave/").text
        assert "What is erased" in page
        assert "What stays" in page
        assert all(str(held.name) in page for held in personal_data.holdings())

    def test_erases_all_and_ends_every_session(self):
        user = make_user(is_staff=True)
        make_user("other@example.com")
        user.groups.add(Group.objects.get(name="Editors"))
        LogEntry.objects.log_actions(user.pk, [user], CHANGE, "changed", single_object=True)
        make_app(user)
        elsewhere = Client()
        elsewhere.force_login(user)
        browser, answer = self.leave(user)
        assert (answer.status_code, answer.url) == (303, "/account/goodbye/")
        assert "Your account is erased" in browser.get(answer.url).text
        assert elsewhere.get("/account/").status_code == 302
        assert list(User.objects.values_list("email", flat=True)) == ["other@example.com"]
        assert EmailAddress.objects.get().email == "other@example.com"
        assert not Session.objects.exists()
        assert not LogEntry.objects.exists()
        assert not Authenticator.objects.exists()
        assert not User.groups.through.objects.exists()

    def test_leaves_no_name_in_what_others_did(self):
        user = make_user(display_name="Ada")
        administrator = make_user("other@example.com", is_staff=True)
        LogEntry.objects.log_actions(administrator.pk, [user], CHANGE, "changed", single_object=True)
        self.leave(user)
        assert not LogEntry.objects.exists()

    def test_keeps_what_they_published_without_them(self):
        user = make_user()
        make_framework(published=True, by=user)
        self.leave(user)
        assert Revision.objects.get().published_by is None

    @pytest.mark.parametrize("password", ["", "wrong"])
    def test_needs_the_password(self, password):
        browser, answer = self.leave(make_user(), password)
        assert answer.status_code == 422
        assert User.objects.exists()
        assert browser.get("/account/").status_code == 200

    def test_needs_more_than_opening_a_page(self, browser):
        browser.force_login(make_user())
        browser.get("/account/leave/", {"password": PASSWORD})
        assert User.objects.exists()

    def test_erases_nothing_where_something_fails(self, monkeypatch):
        def fail(user):
            raise RuntimeError("disk full")

        user = make_user()
        last = Holding("Broken", "", lambda user: [], fail)
        monkeypatch.setattr(personal_data, "_holdings", [*personal_data.holdings(), last])
        with pytest.raises(RuntimeError):
            personal_data.erase(user)
        assert EmailAddress.objects.get().user == user

    def test_allows_a_new_account_with_the_same_address(self, browser, code):
        self.leave(make_user())
        browser.post("/account/signup/", {"email": "reader@example.com", "password1": PASSWORD})
        assert browser.post("/account/confirm-email/", {"code": code()}).url == "/checklists/"

    def test_makes_a_request_that_is_under_way_meanwhile_fail_instead_of_keeping_something(self):
        user = make_user()
        browser = Client()
        browser.force_login(user)
        session = browser.session
        assert session["_auth_user_id"] == str(user.pk)  # loaded, as in the middle of a request
        personal_data.erase(user)
        session["late"] = True
        with pytest.raises(UpdateError):
            session.save()
        assert not Session.objects.exists()
