import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from accounts.models import User
from tests.factories import make_user

pytestmark = pytest.mark.django_db


class TestTheGroups:
    def test_are_there_after_migrate(self):
        names = set(Group.objects.values_list("name", flat=True))
        assert names == {"Editors", "Publishers", "Clinician verifiers"}

    @pytest.mark.parametrize("name", ["Editors", "Publishers"])
    def test_of_editing_may_write_drafts_and_touch_no_revision(self, name):
        user = make_user()
        user.groups.add(Group.objects.get(name=name))
        for permission in (
            "view_framework",
            "change_framework",
            "add_source",
            "change_entry",
            "view_revision",
        ):
            assert user.has_perm(f"frameworks.{permission}"), permission
        assert not user.has_perm("frameworks.change_revision")
        assert not user.has_perm("frameworks.delete_framework")
        assert not user.has_perm("accounts.view_user")

    def test_come_back_as_they_should_be(self):
        editors = Group.objects.get(name="Editors")
        before = set(editors.permissions.all())
        editors.permissions.set(Permission.objects.filter(codename="change_sourceupdate"))
        Group.objects.get(name="Publishers").delete()
        call_command("migrate", verbosity=0)
        assert set(editors.permissions.all()) == before
        assert Group.objects.filter(name="Publishers").exists()


class TestTheAdmin:
    @pytest.fixture
    def administrator(self, browser):
        browser.force_login(make_user("admin@example.com", is_staff=True, is_superuser=True))
        return browser

    def test_knows_people_and_groups_and_nothing_that_a_person_holds(self):
        registered = {model._meta.label for model in admin.site._registry}
        assert {"accounts.User", "auth.Group"} <= registered
        assert not {
            label
            for label in registered
            if label.startswith(("account.", "checklists.", "mfa.", "sessions."))
        }
        assert "accounts.Session" not in registered

    def test_opens_every_page_of_a_person(self, administrator):
        user = make_user(display_name="Ada")
        page = administrator.get("/admin/accounts/user/", {"q": "reader", "is_staff__exact": "0"})
        assert "reader@example.com" in page.text
        for address in ("add/", f"{user.pk}/change/", f"{user.pk}/history/"):
            page = administrator.get(f"/admin/accounts/user/{address}")
            assert page.status_code == 200, address
            assert user.password not in page.text
        assert administrator.get(f"/admin/accounts/user/{user.pk}/delete/").status_code == 403

    def test_makes_a_person_without_a_password(self, administrator):
        form = {"email": "New@Example.com", "display_name": "", "is_active": "on", "groups": []}
        assert administrator.post("/admin/accounts/user/add/", form).status_code == 302
        assert not User.objects.get(email="new@example.com").has_usable_password()

    def test_gives_a_role_and_never_another_address(self, administrator):
        user = make_user()
        editors = Group.objects.get(name="Editors")
        form = {"email": "evil@example.com", "is_active": "on", "is_staff": "on", "groups": [editors.pk]}
        assert administrator.post(f"/admin/accounts/user/{user.pk}/change/", form).status_code == 302
        user.refresh_from_db()
        assert (user.email, user.is_staff, list(user.groups.all())) == ("reader@example.com", True, [editors])

    def test_lets_nobody_but_a_superuser_give_rights(self, browser):
        staff = make_user("staff@example.com", is_staff=True)
        for codename in ("view_user", "change_user"):
            staff.user_permissions.add(Permission.objects.get(codename=codename))
        browser.force_login(staff)
        rights = {"is_staff": "on", "is_superuser": "on", "groups": [Group.objects.get(name="Editors").pk]}
        assert browser.post(f"/admin/accounts/user/{staff.pk}/change/", rights).status_code == 302
        staff.refresh_from_db()
        assert not staff.is_superuser
        assert not staff.groups.exists()

    def test_shows_a_group(self, administrator):
        group = Group.objects.get(name="Editors")
        assert administrator.get(f"/admin/auth/group/{group.pk}/change/").status_code == 200
