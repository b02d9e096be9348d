"""What this app holds of a person: see accounts.personal_data."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import personal_data

from . import exports
from .models import Checklist, StorageConsent
from .owners import Owner


def _describe(user):
    count = exports.count(Owner(reader=user.pk))
    if not count:
        return _("None yet. Once you start one: what you tick and when, and the notes that you write.")
    return ngettext(
        "%(count)d checklist: what you ticked and when, the notes that you wrote, and what you agreed to when you "
        "started.",
        "%(count)d checklists: what you ticked and when, the notes that you wrote, and what you agreed to when you "
        "started.",
        count,
    ) % {"count": count}


def _erase(user):
    Checklist.objects.filter(reader=user).erase()
    StorageConsent.objects.filter(reader=user).delete()


CHECKLISTS = personal_data.Holding(
    name=gettext_lazy("Your checklists"),
    describe=_describe,
    export=lambda user: exports.everything(Owner(reader=user.pk)),
    erase=_erase,
    models=(
        "checklists.Checklist",
        "checklists.Tick",
        "checklists.TickChange",
        "checklists.RevisionMove",
        "checklists.StorageConsent",
    ),
    address="/checklists/",
)
