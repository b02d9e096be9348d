"""What this app itself holds of a person: see personal_data."""

import json

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import personal_data
from .models import ClinicianProfile, Session


def _describe(user):
    return _(
        "Your e-mail address, the name and the time zone that you chose, the days you joined and last signed in, "
        "and your password as a digest that cannot be turned back. Of your second factor, if you have set one up: the "
        "secret of your app and of your recovery codes, encrypted, the public half of each key with the name that you "
        "gave it, and when each was set up and last used. For each browser in which you are signed in, until "
        "when. No address of your devices. If you have applied as a clinician: what you said of yourself, and what was "
        "decided, when and why."
    )


def _export(user):
    addresses = EmailAddress.objects.filter(user=user).order_by("pk")
    sessions = Session.objects.filter(user=user).order_by("expire_date")
    factors = Authenticator.objects.filter(user=user).order_by("created_at", "pk")
    acts = LogEntry.objects.filter(user=user).order_by("action_time")
    account = {
        "email": user.email,
        "display_name": user.display_name,
        "time_zone": user.time_zone,
        "joined_at": user.joined_at.isoformat(),
        "last_sign_in_at": user.last_login.isoformat() if user.last_login else None,
        "groups": sorted(user.groups.values_list("name", flat=True)),
        "email_addresses": list(addresses.values("email", "verified", "primary")),
        "second_factors": [
            {
                "type": factor.type,
                "name": factor.data.get("name"),
                "added_at": factor.created_at.isoformat(),
                "last_used_at": factor.last_used_at.isoformat() if factor.last_used_at else None,
            }
            for factor in factors
        ],
        "signed_in_until": [end.isoformat() for end in sessions.values_list("expire_date", flat=True)],
        "acts_in_the_admin": [
            {"at": act.action_time.isoformat(), "what": str(act), "change": act.get_change_message()}
            for act in acts
        ],
    }
    if profile := ClinicianProfile.objects.filter(user=user).first():
        moments = ("applied_at", "verified_at", "refused_at", "revoked_at")
        account["clinician"] = {
            **{
                name: getattr(profile, name)
                for name in ("name", "credential", "organisation", "registration")
            },
            **{name: (at := getattr(profile, name)) and at.isoformat() for name in moments},
            "refused_reason": profile.refused_reason,
            "revoked_reason": profile.revoked_reason,
            "decisions": [
                {"at": act.action_time.isoformat(), "what": act.get_change_message()}
                for act in LogEntry.objects.filter(_about(profile)).order_by("action_time")
            ],
        }
    yield "account.json", json.dumps(account, ensure_ascii=False, indent=2)


def _about(row):
    """What the admin's log says of a person, or of their profile."""
    return Q(content_type=ContentType.objects.get_for_model(row), object_id=str(row.pk))


def _erase(user):
    Session.objects.filter(user=user).delete()
    for profile in ClinicianProfile.objects.filter(user=user):
        LogEntry.objects.filter(_about(profile)).delete()
        profile.delete()
    EmailAddress.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()
    LogEntry.objects.filter(Q(user=user) | _about(user)).delete()
    user.groups.clear()
    user.user_permissions.clear()


ACCOUNT = personal_data.Holding(
    name=gettext_lazy("Your account"),
    describe=_describe,
    export=_export,
    erase=_erase,
    models=(
        "accounts.User",
        "accounts.User_groups",
        "accounts.User_user_permissions",
        "accounts.Session",
        "accounts.ClinicianProfile",
        "account.EmailAddress",
        "account.EmailConfirmation",  # unused, since codes live in the session; goes with its address
        "mfa.Authenticator",
        "admin.LogEntry",
    ),
    address="/account/",
)
