"""Starting a checklist from a handout: on its revision, with what the clinician chose in scope."""

from django.db import transaction
from django.utils import timezone

from checklists import consents, runs
from checklists.joining import Choice
from checklists.models import Checklist
from checklists.owners import Owner

from .models import Handout, HandoutStart, ProgressConsent


class AlreadyOpen(Exception):
    """The owner has another checklist of the framework open, and has not said what is to become of it."""


class NotOpen(Exception):
    """The link has been closed, or the handout renewed, since its reader read it."""


@transaction.atomic
def start(handout: Handout, owner: Owner, *, supervision_confirmed: bool, choice=None) -> Checklist:
    """A checklist that holds on to the handout. `choice` says what to do where another one is open.

    With `take-this` the other one is archived. With `join-both` it goes on, and what was chosen of its revision comes
    into its scope. Raises NotOpen, AlreadyOpen, and checklists.runs.CannotStart.
    """
    handout = _held_open(handout)
    mine = (
        Checklist.objects.select_for_update(of=("self",))
        .select_related("revision")
        .filter(**owner.fields, framework=handout.framework_id, archived_at=None)
        .first()
    )
    if mine is not None and choice is Choice.JOIN_BOTH:
        consents.give(owner)
        runs.widen(mine, handout.item_keys)
        if supervision_confirmed and mine.supervision_confirmed_at is None:
            Checklist.objects.filter(pk=mine.pk).update(supervision_confirmed_at=timezone.now())
        _hold_on(mine, handout)
        return mine
    new = runs.begin(
        handout.framework,
        owner,
        revision=handout.revision,
        items=handout.item_keys,
        supervision_confirmed=supervision_confirmed,
        instead_of=mine.pk if mine is not None and choice is Choice.TAKE_THIS else None,
    )
    if new is None:
        raise AlreadyOpen
    _hold_on(new, handout)
    return new


def _held_open(handout: Handout) -> Handout:
    """The handout as its reader read it, which nobody revokes or renews before the end of the transaction."""
    same = Handout.objects.open().filter(
        pk=handout.pk, generation=handout.generation, revision=handout.revision_id
    )
    held = (
        same.select_for_update(of=("self",), no_key=True)
        .select_related("framework__current_revision", "revision")
        .first()
    )
    if held is None:
        raise NotOpen
    return held


def _hold_on(checklist: Checklist, handout: Handout) -> None:
    HandoutStart.objects.update_or_create(checklist=checklist, defaults={"handout": handout})
    ProgressConsent.objects.ended_by_joining(checklist, handout.clinician_id).lapse()


def comes_from(checklist, handout: Handout) -> bool:
    """Whether the checklist of this id came from the handout."""
    return HandoutStart.objects.filter(checklist=checklist, handout=handout).exists()


def clinician_of(checklist) -> int | None:
    """From whose handout the checklist of this id came; None where from none, or from one of who has left."""
    start = HandoutStart.objects.filter(checklist=checklist)
    return start.values_list("handout__clinician", flat=True).first()


def carry_over(sender, old: Checklist, new: Checklist, **kwargs) -> None:
    """A checklist that goes on where another one ends comes from the same handout, unless it has one of its own."""
    ProgressConsent.objects.ended_by_joining(new.pk, clinician_of(old.pk)).lapse()
    start = HandoutStart.objects.filter(checklist=old).first()
    if start is not None:
        HandoutStart.objects.get_or_create(checklist=new, defaults={"handout": start.handout})
