"""Who is a verified clinician: applying, and what is decided about it. Each verb locks the row, and tells the person.

An application is decided as it was read: `verify` and `refuse` are given the profile that was looked at, and decide
nothing if the person has changed a word since. Nobody is told by a signal: what was decided is found by asking
`ClinicianProfile.objects.verified()`, which also knows who has left or was locked out.
"""

import logging

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from .models import ClinicianProfile, ClinicianState, User

logger = logging.getLogger(__name__)


class NotPossible(Exception):
    """What was asked for does not fit how things stand. Its text says why, to whoever asked."""


class StillVerified(NotPossible):
    """Applying anew would end a verification, and that was not said."""


class WithdrawnForGood(NotPossible):
    """The verification was withdrawn: there is no applying anew."""


class NothingToDecide(NotPossible):
    """It was decided already, or there is no verification that could be withdrawn."""


class ChangedMeanwhile(NotPossible):
    """The person has said something else of themselves since it was read."""


class OwnApplication(NotPossible):
    """Nobody decides about themselves."""


def verified_profile(user) -> ClinicianProfile | None:
    """What was verified of this person, for who may act as a clinician; None for everybody else. One statement."""
    if user.pk is None:
        return None
    return ClinicianProfile.objects.verified().select_related("user").filter(user=user).first()


@transaction.atomic
def apply(user, *, name, credential, organisation, registration, ends_verification=False) -> ClinicianProfile:
    """Apply, or apply anew: a refusal is cleared, and what waits is replaced. The same words twice are one application.

    For who is verified, other details end the verification until they are verified in their turn: raises StillVerified
    unless `ends_verification` says that this is meant. Raises WithdrawnForGood after a withdrawal.
    """
    # The person's row stands for the profile that is perhaps not there yet: two requests at once make one.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    profile = ClinicianProfile.objects.select_for_update().filter(user=user).first()
    details = {
        "name": name,
        "credential": credential,
        "organisation": organisation,
        "registration": registration,
    }
    if profile is None:
        profile = ClinicianProfile.objects.create(user=user, **details)
        transaction.on_commit(_tell_verifiers)
        return profile
    if profile.state == ClinicianState.WITHDRAWN:
        raise WithdrawnForGood(_("Your verification was withdrawn, so you cannot apply again."))
    same = all(getattr(profile, field) == value for field, value in details.items())
    if same and profile.state in {ClinicianState.APPLIED, ClinicianState.VERIFIED}:
        return profile
    if profile.state == ClinicianState.VERIFIED and not ends_verification:
        raise StillVerified(
            _("You are verified. Other details end that until they are verified in their turn.")
        )
    if profile.state != ClinicianState.APPLIED:
        transaction.on_commit(_tell_verifiers)
    decided = {
        "verified_at": None,
        "verified_by": None,
        "refused_at": None,
        "refused_by": None,
        "refused_reason": "",
    }
    return _save(profile, **details, **decided, applied_at=timezone.now())


@transaction.atomic
def verify(profile, *, by) -> ClinicianProfile:
    """Say that the details are true. Raises NothingToDecide, ChangedMeanwhile or OwnApplication."""
    profile = _lock(profile, by, ClinicianState.APPLIED)
    return _decide(profile, "verified", verified_at=timezone.now(), verified_by=by)


@transaction.atomic
def refuse(profile, *, by, reason) -> ClinicianProfile:
    """Refuse, with a reason that the person reads. Raises NothingToDecide, ChangedMeanwhile or OwnApplication."""
    profile = _lock(profile, by, ClinicianState.APPLIED)
    return _decide(profile, "refused", refused_at=timezone.now(), refused_by=by, refused_reason=reason)


@transaction.atomic
def revoke(profile, *, by, reason) -> ClinicianProfile:
    """Withdraw a verification, for good, with a reason that the person reads.

    Raises NothingToDecide, ChangedMeanwhile or OwnApplication.
    """
    profile = _lock(profile, by, ClinicianState.VERIFIED)
    return _decide(profile, "withdrawn", revoked_at=timezone.now(), revoked_by=by, revoked_reason=reason)


def _lock(profile, by, state) -> ClinicianProfile:
    """The row as it stands now, which nobody else changes until the end of the transaction."""
    now = ClinicianProfile.objects.select_for_update(of=("self",)).select_related("user").get(pk=profile.pk)
    if by == now.user:
        raise OwnApplication(_("This is you. Ask somebody else to decide."))
    # Every application has a moment of its own.
    if now.applied_at != profile.applied_at:
        raise ChangedMeanwhile(
            _("The person has changed their application since you read it. Read it again.")
        )
    if now.state != state:
        raise NothingToDecide(_("Somebody has decided this already. It is as the page says now."))
    return now


def _decide(profile, what, **fields) -> ClinicianProfile:
    _save(profile, **fields)
    transaction.on_commit(lambda: _tell(profile, what))
    return profile


def _save(profile, **fields) -> ClinicianProfile:
    for field, value in fields.items():
        setattr(profile, field, value)
    profile.save(update_fields=list(fields))
    return profile


def _tell(profile, what):
    """By e-mail. Where it cannot be sent, nothing is lost: the page at the address in it says the same."""
    context = {"profile": profile, "address": settings.BASE_URL + reverse("account_clinician")}
    _send(what, profile.user.email, context)


def _tell_verifiers():
    """That somebody waits, and not who: that stands where verifiers sign in, who waits longest first."""
    context = {"address": settings.BASE_URL + reverse("admin:accounts_clinicianprofile_changelist")}
    verifiers = User.objects.filter(
        is_active=True,
        is_staff=True,
        groups__permissions__content_type__app_label="accounts",
        groups__permissions__codename="change_clinicianprofile",
    )
    for address in verifiers.order_by("pk").values_list("email", flat=True).distinct():
        _send("waiting", address, context)


def _send(what, address, context):
    message = get_adapter().render_mail(f"account/email/clinician_{what}", address, context)
    try:
        message.send()
    except OSError:  # what smtplib and sockets raise; the log shows only its type
        logger.exception("A message could not be sent")
