import pytest
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import User

pytestmark = pytest.mark.django_db


class TestAnEmailAddress:
    def test_is_stored_in_lower_case(self):
        user = User.objects.create_user("  Ada@Example.ORG ", "a long password")
        user.refresh_from_db()
        assert user.email == "ada@example.org"

    def test_signs_in_however_it_is_written(self):
        user = User.objects.create_user("ada@example.org", "a long password")
        assert authenticate(username="ADA@example.org ", password="a long password") == user

    def test_belongs_to_one_user(self):
        User.objects.create_user("ada@example.org")
        with (
            pytest.raises(IntegrityError, match="an_email_address_belongs_to_one_user"),
            transaction.atomic(),
        ):
            User.objects.create_user("ADA@example.org")

    def test_in_capitals_is_refused_by_the_database(self):
        user = User.objects.create_user("ada@example.org")
        with pytest.raises(IntegrityError, match="an_email_address_is_in_lower_case"), transaction.atomic():
            User.objects.filter(pk=user.pk).update(email="Ada@example.org")

    @pytest.mark.parametrize("missing", ["", "  ", None])
    def test_is_needed(self, missing):
        with pytest.raises(ValueError, match="needs an e-mail address"):
            User.objects.create_user(missing)

    def test_is_put_into_lower_case_by_forms(self):
        user = User(email="Ada@Example.org", password="!")
        user.full_clean()
        assert user.email == "ada@example.org"

    def test_never_stands_for_the_person(self):
        user = User.objects.create_user("ada@example.org")
        assert str(user) == f"user {user.pk}"
        user.display_name = "Ada"
        assert str(user) == "Ada"


class TestATimeZone:
    def test_is_utc_unless_chosen(self):
        assert User.objects.create_user("ada@example.org").time_zone == "UTC"

    @pytest.mark.parametrize("name", ["Europe/London", "America/Argentina/Buenos_Aires", "UTC"])
    def test_is_one_of_the_iana_names(self, name):
        User(email="ada@example.org", password="!", time_zone=name).full_clean()

    @pytest.mark.parametrize("name", ["Mars/Olympus", "../../etc/passwd", "London", ""])
    def test_of_another_name_is_refused(self, name):
        with pytest.raises(ValidationError) as refused:
            User(email="ada@example.org", password="!", time_zone=name).full_clean()
        assert list(refused.value.message_dict) == ["time_zone"]


class TestAUser:
    def test_without_a_password_cannot_sign_in_by_password(self):
        assert not User.objects.create_user("ada@example.org").has_usable_password()

    def test_has_no_rights_at_first(self):
        user = User.objects.create_user("ada@example.org", "a long password")
        assert (user.is_staff, user.is_superuser, user.is_active) == (False, False, True)

    def test_made_as_superuser_has_all(self):
        user = User.objects.create_superuser("ada@example.org", "a long password")
        assert user.is_staff
        assert user.has_perm("accounts.delete_user")
