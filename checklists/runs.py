"""The life of a run: start, start again, archive, take up again, delete for good."""

import uuid
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from frameworks.document import Supervision
from frameworks.models import Framework

from . import consents
from .models import Checklist, Tick, TickChange
from .owners import Owner


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
    so that starting again twice, by a second click, starts once. Raises CannotStart.
    """
    revision = framework.current_revision
    if not framework.is_published or not revision.item_keys:
        raise CannotStart
    consents.give(owner)
    now = timezone.now()
    if instead_of is not None:
        Checklist.objects.filter(**owner.fields, framework=framework, pk=instead_of, archived_at=None).update(
            archived_at=now
        )
    confirmed = supervision_confirmed and revision.document.supervision is Supervision.PROFESSIONAL_REQUIRED
    fresh = Checklist(
        **owner.fields,
        framework=framework,
        revision=revision,
        item_keys=revision.item_keys,
        supervision_confirmed_at=now if confirmed else None,
        notes_on=not revision.document.sensitive,
        started_at=now,
    )
    # The database keeps one open run a framework: whoever comes second finds the first one's.
    Checklist.objects.bulk_create([fresh], ignore_conflicts=True)
    return Checklist.objects.get(**owner.fields, framework=framework, archived_at=None)


def archive(checklist: uuid.UUID, owner: Owner) -> bool:
    """Close the run. It can be read, taken along and taken up again. False where there is no such open run."""
    return bool(
        Checklist.objects.filter(**owner.fields, pk=checklist, archived_at=None).update(
            archived_at=timezone.now()
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
