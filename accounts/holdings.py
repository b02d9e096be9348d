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
from .models import Session, User


def _describe(user):
    return _(
        "Your e-mail address, the name and the time zone that you chose, the days you joined and last signed in, "
        "and your password as a digest that cannot be turned back. Of your second factor, if you have set one up: the "
        "secret of your app and of your recovery codes, encrypted, the public half of each key with the name that you "
        "gave it, and when each was set up and last used. For each browser in which you are signed in, until "
        "when. No address of your devices."
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
    yield "account.json", json.dumps(account, ensure_ascii=False, indent=2)


def _erase(user):
    Session.objects.filter(user=user).delete()
    EmailAddress.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()
    about_them = Q(content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk))
    LogEntry.objects.filter(Q(user=user) | about_them).delete()
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
        "account.EmailAddress",
        "account.EmailConfirmation",  # unused, since codes live in the session; goes with its address
        "mfa.Authenticator",
        "admin.LogEntry",
    ),
    address="/account/",
)
