"""The life of a run: start, start again, archive, take up again, delete for good."""

import uuid
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from frameworks.document import Supervision
from frameworks.models import Framework, Revision
from frameworks.models.promises import ended_now

from . import consents
from .models import Checklist, RevisionMove, Tick, TickChange
from .moves import scope_in
from .owners import Owner
from .signals import carried_over


class CannotStart(Exception):
    """There is nothing to start: no items, or the framework was withdrawn."""


@dataclass
class AlreadyOpen(Exception):
    """The owner has another checklist of this framework open."""

    checklist: Checklist


@transaction.atomic
def start(framework: Framework, owner: Owner, *, supervision_confirmed: bool, instead_of=None) -> Checklist:
    """The owner's open checklist of the framework: a new one on its current revision, or the one that is there.

    Two that start at once get the same one. `instead_of` is the id of a run that is archived in the same transaction,
    so that starting again twice, by a second click, starts once; the new run has what that one had in scope. Raises
    CannotStart.
    """
    revision = framework.current_revision
    if revision is None:
        raise CannotStart
    before = None
    if instead_of is not None:
        before = Checklist.objects.filter(**owner.fields, framework=framework, pk=instead_of).first()
    items = scope_in(before, revision) if before else revision.item_keys
    new = begin(
        framework,
        owner,
        revision=revision,
        items=items or revision.item_keys,
        supervision_confirmed=supervision_confirmed,
        instead_of=instead_of,
    )
    if new is None:
        return Checklist.objects.get(**owner.fields, framework=framework, archived_at=None)
    if before is not None:
        carried_over.send(Checklist, old=before, new=new)
    return new


@transaction.atomic
def begin(
    framework: Framework, owner: Owner, *, revision, items, supervision_confirmed: bool, instead_of=None
) -> Checklist | None:
    """A new checklist of these items of a revision; None where the owner has another one of the framework open.

    `instead_of` is the id of the open one that is archived for it. Raises CannotStart.
    """
    if not framework.is_published or not items:
        raise CannotStart
    consents.give(owner)
    now = timezone.now()
    if instead_of is not None:
        Checklist.objects.filter(**owner.fields, framework=framework, pk=instead_of, archived_at=None).update(
            archived_at=ended_now(since="started_at", now=now)
        )
    # What is needed now is needed for an older revision as well.
    judged = {revision.document.supervision, framework.current_revision.document.supervision}
    confirmed = supervision_confirmed and Supervision.PROFESSIONAL_REQUIRED in judged
    new = Checklist(
        **owner.fields,
        framework=framework,
        revision=revision,
        item_keys=items,
        supervision_confirmed_at=now if confirmed else None,
        notes_on=not revision.document.sensitive,
        started_at=now,
    )
    # The database keeps one open run a framework: whoever comes second starts none.
    Checklist.objects.bulk_create([new], ignore_conflicts=True)
    return Checklist.objects.filter(pk=new.pk).first()


def items_again(checklist: uuid.UUID, number: int) -> int:
    """How many items there are when this run is started again on revision `number` of its framework."""
    before = Checklist.objects.select_related("revision").get(pk=checklist)
    revision = Revision.objects.get(framework=before.framework_id, number=number)
    return len(scope_in(before, revision) or revision.item_keys)


def widen(checklist: Checklist, items) -> int:
    """Take more items of its revision into scope, as if they had been there from the start. Answers how many are new.

    The caller holds a lock on the checklist.
    """
    new = set(items) & set(checklist.revision.item_keys) - set(checklist.item_keys)
    if not new:
        return 0
    checklist.item_keys = _in_order(checklist.revision, {*checklist.item_keys, *new})
    checklist.save(update_fields=["item_keys"])
    # What was in scope before a move is what the next move, and taking one back, start from.
    for move in checklist.moves.filter(undone_at=None).select_related("from_revision"):
        keys = _in_order(move.from_revision, {*move.from_item_keys, *new})
        RevisionMove.objects.filter(pk=move.pk).update(from_item_keys=keys)
    return len(new)


def _in_order(revision, keys) -> list[str]:
    return [key for key in revision.item_keys if key in keys]


def archive(checklist: uuid.UUID, owner: Owner) -> bool:
    """Close the run. It can be read, taken along and taken up again. False where there is no such open run."""
    return bool(
        Checklist.objects.filter(**owner.fields, pk=checklist, archived_at=None).update(
            archived_at=ended_now(since="started_at")
        )
    )


def take_up_again(checklist: uuid.UUID, owner: Owner) -> bool:
    """Open an archived run again. False where there is none; raises AlreadyOpen where another run is open."""
    try:
        with transaction.atomic():
            return bool(Checklist.objects.filter(**owner.fields, pk=checklist).update(archived_at=None))
    except IntegrityError:
        archived = Checklist.objects.get(**owner.fields, pk=checklist)
        raise AlreadyOpen(
            Checklist.objects.get(**owner.fields, framework=archived.framework_id, archived_at=None)
        ) from None


def delete(checklist: uuid.UUID, owner: Owner) -> bool:
    """Delete it for good, with its ticks, notes and history. False where there is no such checklist."""
    return bool(Checklist.objects.filter(**owner.fields, pk=checklist).erase())


def turn_notes(checklist: uuid.UUID, owner: Owner, *, on: bool) -> bool:
    """Show the notes of a checklist, or put them away: what was written stays until it is emptied or deleted."""
    return bool(Checklist.objects.filter(**owner.fields, pk=checklist).update(notes_on=on))


def forget_earlier_notes(checklist: uuid.UUID, owner: Owner) -> int:
    """Empty the notes in the history; the present ones stay. Answers how many were forgotten."""
    present = Tick.objects.filter(
        checklist=OuterRef("checklist"), item=OuterRef("item"), note=OuterRef("note")
    )
    return (
        TickChange.objects.filter(checklist__in=Checklist.objects.filter(**owner.fields, pk=checklist))
        .exclude(note=None)
        .exclude(note="")
        .filter(~Exists(present))
        .update(note="")
    )
