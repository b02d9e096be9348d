import zoneinfo

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


def validate_time_zone(name):
    """Accept the names of the IANA time zone database, such as Europe/London."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(
            _("%(name)s is not a time zone. Give a name such as Europe/London or UTC."),
            code="unknown_time_zone",
            params={"name": name},
        )


class UserManager(BaseUserManager):
    @classmethod
    def normalize_email(cls, email):
        """The one way an address is written here: no space around it, all in lower case."""
        return (email or "").strip().lower()

    def get_by_natural_key(self, email):
        return self.get(email=self.normalize_email(email))

    def create_user(self, email, password=None, **fields):
        """Save a new user. Without a password, nobody can sign in by password until one is set."""
        if not self.normalize_email(email):
            raise ValueError("A user needs an e-mail address: it is what they sign in with.")
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def never_confirmed(self, email):
        """Accounts that were made with this address by somebody who has not shown that it is theirs, nor signed in."""
        unused = self.filter(email=self.normalize_email(email), last_login=None, is_staff=False)
        return unused.exclude(emailaddress__verified=True)

    def create_superuser(self, email, password=None, **fields):
        return self.create_user(email, password, **{**fields, "is_staff": True, "is_superuser": True})


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account. The e-mail address is what they sign in with; it is never shown to others."""

    email = models.EmailField(_("e-mail address"))
    display_name = models.CharField(_("display name"), max_length=150, blank=True)
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="UTC", validators=[validate_time_zone]
    )
    is_staff = models.BooleanField(_("may enter the admin"), default=False)
    is_active = models.BooleanField(_("may sign in"), default=True)
    joined_at = models.DateTimeField(_("joined"), default=timezone.now, editable=False)

    objects = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.UniqueConstraint(
                fields=["email"],
                name="an_email_address_belongs_to_one_user",
                violation_error_message=_("There is already an account with this e-mail address."),
            ),
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")),
                name="an_email_address_is_in_lower_case",
                violation_error_message=_("Write the e-mail address in lower case."),
            ),
        ]

    def __str__(self):
        # Never the address: names end up in pages, tables and log lines.
        return self.display_name or f"user {self.pk}"

    def clean(self):
        self.email = type(self).objects.normalize_email(self.email)


class Session(AbstractBaseSession):
    """A browser's session, with whose it is: of who is signed in, or of who is about to type a code."""

    # No constraint: a worker that still holds the session of someone who has just left is to fail as Django means it.
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, db_constraint=False)

    @classmethod
    def get_session_store_class(cls):
        from .sessions import SessionStore

        return SessionStore
