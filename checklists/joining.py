"""What becomes of a guest's checklists when the guest signs in: they are taken over, and nothing of them is lost."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from frameworks.models.promises import ended_now

from . import runs
from .models import Checklist, State, StorageConsent, Tick, TickChange
from .moves import reworded_between
from .owners import Owner
from .signals import carried_over
from .standing import Standing, standings


class Choice(StrEnum):
    """What to do where the account has a checklist of the same framework open. The other one is archived, not lost."""

    KEEP_MINE = "keep-mine"
    TAKE_THIS = "take-this"
    JOIN_BOTH = "join-both"


@dataclass(frozen=True)
class Conflict:
    """A guest's open checklist, and the account's of the same framework."""

    guests: Standing
    mine: Standing


@transaction.atomic
def adopt(reader, guest: UUID) -> int:
    """Give the account all of the guest's checklists that it has no open one of; the others wait for a choice.

    Answers how many came along. None does where neither side agrees to be kept, or does so any longer.
    """
    if not StorageConsent.objects.filter(Q(reader=reader) | Q(guest=guest), withdrawn_at=None).exists():
        return 0
    mine = Owner(reader=reader.pk)
    open_too = Checklist.objects.filter(**mine.fields, framework=OuterRef("framework"), archived_at=None)
    theirs = Checklist.objects.select_for_update(no_key=True).filter(guest=guest)
    free = [one.pk for one in theirs.annotate(taken=Exists(open_too)) if one.archived_at or not one.taken]
    adopted = sum(_give(one, reader) for one in free)
    _adopt_consents(reader, guest)
    return adopted


def _give(checklist: UUID, reader) -> int:
    """How many were given: none where the reader has just started the same one elsewhere; it waits for a choice."""
    try:
        with transaction.atomic():
            return Checklist.objects.filter(pk=checklist).update(reader=reader, guest=None)
    except IntegrityError:
        return 0


def conflicts(reader, guest: UUID | None) -> list[Conflict]:
    """What waits for the reader's choice. Two statements."""
    theirs = [one for one in standings(Owner(guest=guest)) if not one.is_archived] if guest else []
    if not theirs:
        return []
    mine = {one.slug: one for one in standings(Owner(reader=reader.pk)) if not one.is_archived}
    return [Conflict(one, mine[one.slug]) for one in theirs if one.slug in mine]


@transaction.atomic
def settle(reader, guest: UUID, checklist: UUID, choice: Choice) -> Checklist | None:
    """Do what the reader chose with this checklist of the guest; the one that is now open. None where it is gone."""
    # Ticks that are under way come first, and later ones wait: none of them is missed or overwritten.
    locked = Checklist.objects.select_for_update().order_by("pk")
    theirs = locked.filter(guest=guest, pk=checklist, archived_at=None).first()
    if theirs is None:
        return None
    mine = locked.filter(reader=reader, framework=theirs.framework_id, archived_at=None).first()
    closed = None
    if mine is not None:
        if choice is Choice.JOIN_BOTH:
            _join(theirs, mine)
        closed = mine if choice is Choice.TAKE_THIS else theirs
        Checklist.objects.filter(pk=closed.pk).update(archived_at=ended_now(since="started_at"))
    Checklist.objects.filter(pk=theirs.pk).update(reader=reader, guest=None)
    return mine if closed is theirs else theirs


def _join(theirs: Checklist, mine: Checklist) -> None:
    """All that was in scope stays so, and per item the later change wins.

    Where both have a note the later one stays, and the other in the history.
    """
    now = timezone.now()
    runs.widen(mine, theirs.item_keys)
    reworded = reworded_between(theirs.revision, mine.revision)
    kept = {
        tick.item: tick for tick in Tick.objects.select_for_update().filter(checklist=mine).order_by("item")
    }
    rows, lines = [], []
    for other in Tick.objects.filter(checklist=theirs).order_by("item"):
        old = kept.get(other.item) or Tick(checklist=mine, item=other.item)
        new = Tick(
            checklist=mine,
            item=other.item,
            state=old.state,
            changed_at=old.changed_at,
            reworded=old.reworded,
            note=old.note,
            noted_at=old.noted_at,
        )
        if _later(other.changed_at, old.changed_at):
            new.state, new.changed_at = other.state, other.changed_at
            # Ticked under other words: the reader is asked, as after a move.
            new.reworded = other.state == State.DONE and (other.reworded or other.item in reworded)
        if other.note and (not old.note or _later(other.noted_at, old.noted_at)):
            new.note, new.noted_at = other.note, other.noted_at
        elif other.note and other.note != old.note:
            # Into the history and out again, so that the note which did not win is found there.
            lines.append(TickChange(checklist=mine, item=other.item, note=other.note, changed_at=now))
            lines.append(TickChange(checklist=mine, item=other.item, note=old.note, changed_at=now))
        state = new.state if new.state != old.state else None
        note = new.note if new.note != old.note else None
        if state is not None or note is not None:
            lines.append(TickChange(checklist=mine, item=other.item, state=state, note=note, changed_at=now))
        rows.append(new)
    Tick.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["checklist", "item"],
        update_fields=["state", "changed_at", "reworded", "note", "noted_at"],
    )
    TickChange.objects.bulk_create(lines)
    carried_over.send(Checklist, old=theirs, new=mine)


def _later(one, other) -> bool:
    return one is not None and (other is None or one > other)


def _adopt_consents(reader, guest: UUID) -> None:
    for consent in StorageConsent.objects.filter(guest=guest):
        has = StorageConsent.objects.filter(reader=reader, version=consent.version, withdrawn_at=None)
        if has.exists():
            consent.delete()
        else:
            StorageConsent.objects.filter(pk=consent.pk).update(reader=reader, guest=None)
