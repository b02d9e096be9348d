from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.clinicians import verified_profile
from accounts.demonstration import PASSWORD
from accounts.models import User


def make_accounts():
    out = StringIO()
    call_command("make_demonstration_accounts", stdout=out)
    return out.getvalue()


def sign_in(email):
    return Client().post("/account/login/", {"login": email, "password": PASSWORD})


@pytest.mark.django_db
class TestWithDebugOn:
    @pytest.fixture(autouse=True)
    def debug(self, settings):
        settings.DEBUG = True

    def test_there_is_an_account_for_every_role_and_it_can_sign_in(self):
        told = make_accounts()
        roles = ("reader", "reader2", "editor", "publisher", "verifier", "clinician", "administrator")
        for role in roles:
            email = f"{role}@demo.example"
            assert email in told
            assert sign_in(email).url == "/checklists/"
        assert PASSWORD in told
        assert "7 made, 0 kept" in told

    def test_each_role_may_what_it_should(self):
        make_accounts()
        people = {user.email.partition("@")[0]: user for user in User.objects.all()}
        enters = {role for role, user in people.items() if user.is_staff}
        assert enters == {"editor", "publisher", "verifier", "administrator"}
        assert people["editor"].has_perm("frameworks.change_framework")
        assert people["administrator"].is_superuser
        assert people["verifier"].has_perm("accounts.change_clinicianprofile")
        assert not people["verifier"].has_perm("frameworks.view_framework")
        profile = verified_profile(people["clinician"])
        assert (profile.name, profile.verified_by) == ("Dr Demo Clinician", people["verifier"])

    def test_a_second_time_changes_nothing(self):
        make_accounts()
        reader = User.objects.get(email="reader@demo.example")
        reader.display_name = "Me"
        reader.set_password("my own long password")
        reader.save()
        assert "0 made, 7 kept" in make_accounts()
        reader.refresh_from_db()
        assert reader.display_name == "Me"
        assert reader.check_password("my own long password")


@pytest.mark.django_db
class TestWithDebugOff:
    def test_none_is_made(self):
        with pytest.raises(CommandError, match="only where DEBUG is on"):
            make_accounts()
        assert not User.objects.exists()

    def test_none_that_came_with_a_database_can_sign_in(self, settings):
        settings.DEBUG = True
        make_accounts()
        before = Client()
        before.force_login(User.objects.get(email="administrator@demo.example"))
        settings.DEBUG = False
        assert "do not belong together" in sign_in("administrator@demo.example").text
        assert "do not belong together" in sign_in(" Administrator@DEMO.example").text
        assert before.get("/admin/").url == "/admin/login/?next=/admin/"
        assert before.get("/account/").status_code == 302

    def test_none_gets_a_session_by_a_new_password(self, settings, code):
        settings.DEBUG = True
        make_accounts()
        settings.DEBUG = False
        browser = Client()
        browser.post("/account/password/reset/", {"email": "reader@demo.example"})
        browser.post("/account/password/reset/confirm/", {"code": code()})
        browser.post("/account/password/reset/complete/", {"password1": "another long password"})
        assert browser.get("/account/").status_code == 302
