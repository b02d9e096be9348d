"""The second factor: what a person has of it, and who does not enter without."""

from dataclasses import dataclass

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from django.conf import settings

TYPES = Authenticator.Type
#: What somebody can have set up. Recovery codes come with these, and go with the last of them.
FACTORS = (TYPES.TOTP, TYPES.WEBAUTHN)
#: So few recovery codes are left that it is time for new ones.
FEW = 3


@dataclass(frozen=True)
class Standing:
    """What a person has set up. `codes_left` is None where there are no recovery codes at all."""

    app: Authenticator | None
    keys: tuple[Authenticator, ...]
    codes_left: int | None

    @property
    def is_on(self):
        return bool(self.app or self.keys)

    @property
    def has_few_codes(self):
        return self.is_on and (self.codes_left or 0) <= FEW


def standing(user) -> Standing:
    """One statement; it opens no secret."""
    owned = list(Authenticator.objects.filter(user=user).order_by("created_at", "pk"))
    of = {kind: [one for one in owned if one.type == kind] for kind in TYPES}
    codes = next(iter(of[TYPES.RECOVERY_CODES]), None)
    return Standing(
        app=next(iter(of[TYPES.TOTP]), None),
        keys=tuple(of[TYPES.WEBAUTHN]),
        codes_left=None if codes is None else codes_left(codes),
    )


def codes_left(recovery_codes: Authenticator) -> int:
    return app_settings.RECOVERY_CODE_COUNT - recovery_codes.data["used_mask"].bit_count()


def is_required_of(user) -> bool:
    return settings.REQUIRE_STAFF_MFA and user.is_staff


def still_to_do(request) -> str | None:
    """The name of the page where an editor has to go before the admin opens; None where it may open.

    Having a factor is not enough: it must have been used in this very session, and still be there. Otherwise a session
    from before it was set up, or one that began with a key that was since reported stolen, would stay open.
    """
    if not is_required_of(request.user):
        return None
    if not hasattr(request, "_second_factor_to_do"):
        request._second_factor_to_do = _still_to_do(request)
    return request._second_factor_to_do


def _still_to_do(request):
    owned = dict(Authenticator.objects.filter(user=request.user).values_list("pk", "type"))
    if not any(kind in FACTORS for kind in owned.values()):
        return "mfa_index"
    records = get_authentication_records(request, request.user)
    used = {record.get("id") for record in records if record.get("method") == "mfa"}
    if used & owned.keys():
        return None
    return "mfa_reauthenticate" if TYPES.TOTP in owned.values() else "mfa_reauthenticate_webauthn"


def count_as_used(sender, request, user, authenticator, **kwargs):
    """A factor that was just set up has been used: a code of it, or the key, was asked for."""
    if authenticator.type in FACTORS:
        record_authentication(request, user, method="mfa", id=authenticator.pk, type=authenticator.type)
