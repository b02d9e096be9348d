"""What this app holds of a person: see accounts.personal_data."""

import json

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import personal_data

from . import progress
from .models import Handout, HandoutStart, ProgressConsent


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
            "open_through": handout.last_on.isoformat(),
            "expires_at": handout.expires_at.isoformat(),
            "revoked_at": handout.revoked_at and handout.revoked_at.isoformat(),
            "opened": handout.opens,
        }
        for handout in Handout.objects.of(user).with_revisions()
    ]
    if handouts:
        yield "handouts.json", json.dumps(handouts, ensure_ascii=False, indent=2)


def _erase(user):
    ProgressConsent.objects.filter(clinician=user).forget_clinician()
    Handout.objects.of(user).forget_clinician()


HANDOUTS = personal_data.Holding(
    name=gettext_lazy("Your handouts"),
    describe=_describe,
    export=_export,
    erase=_erase,
    models=("sharing.Handout",),
    address="/handouts/",
)


def _describe_progress(user):
    shown = ProgressConsent.objects.filter(checklist__reader=user).standing().count()
    if not shown:
        return _("Nobody but you sees what you tick.")
    return ngettext(
        "You show %(count)d checklist to a clinician: to whom, since when, under which name, and when they looked.",
        "You show %(count)d checklists to clinicians: to whom, since when, under which name, and when they looked.",
        shown,
    ) % {"count": shown}


def _export_progress(user):
    consents = {}
    for consent in progress.given_by(user):
        consents.setdefault(consent.checklist_id, []).append(consent)
    starts = HandoutStart.objects.filter(checklist__reader=user).select_related("checklist__framework")
    checklists = [
        {
            "framework": start.checklist.framework.slug,
            "started_at": start.checklist.started_at.isoformat(),
            "shown_to": [_as_record(consent) for consent in consents.get(start.checklist_id, ())],
        }
        for start in starts.order_by("checklist__started_at")
    ]
    if checklists:
        yield "checklists-from-handouts.json", json.dumps(checklists, ensure_ascii=False, indent=2)


def _as_record(consent):
    profile = getattr(consent.clinician, "clinician", None)
    return {
        "clinician": profile.name if profile else None,
        "under_the_name": consent.name,
        "wording": consent.version,
        "given_at": consent.granted_at.isoformat(),
        "withdrawn_at": consent.withdrawn_at and consent.withdrawn_at.isoformat(),
        "ended_by_itself_at": consent.lapsed_at and consent.lapsed_at.isoformat(),
        "looked_at": [moment.isoformat() for moment in consent.looks.values_list("looked_at", flat=True)],
    }


PROGRESS = personal_data.Holding(
    name=gettext_lazy("Who can see your progress"),
    describe=_describe_progress,
    export=_export_progress,
    # It hangs on the checklists, and goes with them.
    erase=lambda user: ProgressConsent.objects.filter(checklist__reader=user).delete(),
    models=("sharing.HandoutStart", "sharing.ProgressConsent", "sharing.ProgressLook"),
    address="/checklists/shown/",
)
