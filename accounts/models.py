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


class ClinicianState(models.TextChoices):
    APPLIED = "applied", _("waiting")
    VERIFIED = "verified", _("verified")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("verification withdrawn")


class ClinicianQuerySet(models.QuerySet):
    def verified(self):
        """Whom patients may be told to be verified. An account that is closed is not, whatever was decided."""
        return self.in_state(ClinicianState.VERIFIED).filter(user__is_active=True)

    def in_state(self, state):
        """What was decided, as `ClinicianProfile.state` says it."""
        return self.filter(
            {
                ClinicianState.APPLIED: models.Q(verified_at=None, refused_at=None),
                ClinicianState.VERIFIED: models.Q(verified_at__isnull=False, revoked_at=None),
                ClinicianState.REFUSED: models.Q(refused_at__isnull=False),
                ClinicianState.WITHDRAWN: models.Q(revoked_at__isnull=False),
            }[state]
        )


class ClinicianProfile(models.Model):
    """What a clinician says of themselves, and what became of it: the only truth about who is a verified clinician.

    Applied for, then verified or refused; a verification can be revoked, for good. After a refusal one applies anew.
    Whoever is verified and changes a detail applies anew, too: what patients read is always what was checked. The verbs
    stand in clinicians.py; nothing else changes a row.
    """

    #: What the person says of themselves.
    DETAILS = ("name", "credential", "organisation", "registration")

    user = models.OneToOneField(User, models.CASCADE, related_name="clinician")
    name = models.CharField(_("name"), max_length=150)
    credential = models.CharField(_("credential"), max_length=150)
    organisation = models.CharField(_("organisation"), max_length=150)
    registration = models.CharField(_("registration"), max_length=150)
    applied_at = models.DateTimeField(_("applied"), default=timezone.now)
    verified_at = models.DateTimeField(_("verified"), null=True, blank=True)
    verified_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("verified by")
    )
    refused_at = models.DateTimeField(_("refused"), null=True, blank=True)
    refused_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("refused by")
    )
    refused_reason = models.TextField(_("why refused"), blank=True)
    revoked_at = models.DateTimeField(_("verification withdrawn"), null=True, blank=True)
    revoked_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("withdrawn by")
    )
    revoked_reason = models.TextField(_("why withdrawn"), blank=True)

    objects = ClinicianQuerySet.as_manager()

    class Meta:
        verbose_name = _("clinician")
        verbose_name_plural = _("clinicians")
        ordering = ["-applied_at"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(name="")
                & ~models.Q(credential="")
                & ~models.Q(organisation="")
                & ~models.Q(registration=""),
                name="a_clinician_says_name_credential_organisation_and_registration",
            ),
            models.CheckConstraint(
                condition=models.Q(verified_at=None) | models.Q(refused_at=None),
                name="a_clinician_is_verified_or_refused_and_not_both",
            ),
            models.CheckConstraint(
                condition=models.Q(refused_at=None) | ~models.Q(refused_reason=""),
                name="a_refusal_of_a_clinician_has_a_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(revoked_at=None)
                | (models.Q(verified_at__isnull=False) & ~models.Q(revoked_reason="")),
                name="only_a_verification_is_withdrawn_and_with_a_reason",
            ),
            models.CheckConstraint(
                condition=~models.Q(verified_by=models.F("user"))
                & ~models.Q(refused_by=models.F("user"))
                & ~models.Q(revoked_by=models.F("user")),
                name="nobody_decides_about_themselves_as_a_clinician",
            ),
        ]

    def __str__(self):
        return f"{self.name}, {self.credential}"

    @property
    def state(self) -> ClinicianState:
        """As `in_state()` in SQL says it."""
        if self.revoked_at is not None:
            return ClinicianState.WITHDRAWN
        if self.verified_at is not None:
            return ClinicianState.VERIFIED
        return ClinicianState.APPLIED if self.refused_at is None else ClinicianState.REFUSED

    @property
    def is_verified(self) -> bool:
        """As `verified()` in SQL says it."""
        return self.state == ClinicianState.VERIFIED and self.user.is_active


class Session(AbstractBaseSession):
    """A browser's session, with whose it is: of who is signed in, or of who is about to type a code."""

    # No constraint: a worker that still holds the session of someone who has just left is to fail as Django means it.
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, db_constraint=False)

    @classmethod
    def get_session_store_class(cls):
        from .sessions import SessionStore

        return SessionStore
