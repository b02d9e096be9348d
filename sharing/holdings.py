"""What this app holds of a person: see accounts.personal_data."""

import json

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import personal_data

from .models import Handout


def _describe(user):
    count = Handout.objects.of(user).count()
    if not count:
        return _("None. A verified clinician can make some.")
    return ngettext(
        "%(count)d handout: its framework, what you chose of it, your message, how long it is open and how often "
        "it was opened. When you leave, its link says that it is closed, and nothing of you.",
        "%(count)d handouts: of each its framework, what you chose of it, your message, how long it is open and how "
        "often it was opened. When you leave, their links say that they are closed, and nothing of you.",
        count,
    ) % {"count": count}


def _export(user):
    handouts = [
        {
            "framework": handout.slug,
            "revision": handout.number,
            "message": handout.message,
            "steps": handout.step_keys,
            "items": handout.item_keys,
            "made_at": handout.created_at.isoformat(),
            "expires_at": handout.expires_at.isoformat(),
            "revoked_at": handout.revoked_at and handout.revoked_at.isoformat(),
            "opened": handout.opens,
        }
        for handout in Handout.objects.of(user).with_revisions()
    ]
    if handouts:
        yield "handouts.json", json.dumps(handouts, ensure_ascii=False, indent=2)


HANDOUTS = personal_data.Holding(
    name=gettext_lazy("Your handouts"),
    describe=_describe,
    export=_export,
    erase=lambda user: Handout.objects.of(user).forget_clinician(),
    models=("sharing.Handout",),
    address="/handouts/",
)
