"""People who have applied as clinicians, and what became of it."""

from accounts import clinicians
from accounts.models import ClinicianProfile, User
from tests.factories import make_user

DETAILS = {
    "name": "Dr Ada Example",
    "credential": "Clinical psychologist",
    "organisation": "Elm Street Clinic, Leeds",
    "registration": "HCPC, PYL00001",
}


def apply(user=None, **changes) -> ClinicianProfile:
    """An application of this person, or of a new one."""
    return clinicians.apply(user or make_user("ada@example.com"), **{**DETAILS, **changes})


def make_verifier() -> User:
    """Somebody who decides; the same one however often."""
    email = "decides@example.com"
    return User.objects.filter(email=email).first() or make_user(email, display_name="Vera", is_staff=True)


def make_verified(user=None, **changes) -> ClinicianProfile:
    return clinicians.verify(apply(user, **changes), by=make_verifier())


def make_refused(user=None, reason="Not in the register.") -> ClinicianProfile:
    return clinicians.refuse(apply(user), by=make_verifier(), reason=reason)


def make_withdrawn(user=None, reason="The registration has ended.") -> ClinicianProfile:
    return clinicians.revoke(make_verified(user), by=make_verifier(), reason=reason)
