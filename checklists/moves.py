"""Taking a checklist to the framework's current revision, when the reader chooses, and back."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from frameworks.document import ChangeKind, FrameworkDocument
from frameworks.models import Revision

from .models import Checklist, RevisionMove, State, Tick, TickChange
from .owners import Owner


@dataclass
class CannotMove(Exception):
    """The move is refused; `code` says why: gone, changed, nothing, ticked."""

    code: str


@transaction.atomic
def move(checklist: UUID, owner: Owner, *, to: int) -> Checklist:
    """Take the checklist to revision `to`, which must be the current one: what the reader has seen the changes of.

    Ticks and notes follow their keys. Items that are gone leave the total and are kept; new ones come in where all
    items were in scope. Where the wording of a done item changed by more than an editorial revision, the reader is
    asked whether it still holds. Raises CannotMove: `gone`, `changed` (another revision is current), `nothing` (none
    of the items is left).
    """
    mine = _locked(checklist, owner)
    current = mine.framework.current_revision
    if current.number != to:
        raise CannotMove("changed")
    if mine.revision_id == current.pk:
        return mine  # twice is once
    moves = mine.moves.filter(undone_at=None).order_by("id")
    earlier = list(moves.select_related("from_revision").defer("from_revision__document"))
    # What was in scope at the start counts: some of the items can be all that a later revision has of them.
    chosen, of = (
        (earlier[0].from_item_keys, earlier[0].from_revision) if earlier else (mine.item_keys, mine.revision)
    )
    everything = set(chosen) >= set(of.item_keys)
    keys = current.item_keys if everything else [key for key in current.item_keys if key in chosen]
    if not keys:
        raise CannotMove("nothing")
    reworded = _really_reworded(mine, earlier, current) & set(keys)
    asked = Tick.objects.filter(checklist=mine, item__in=reworded, state=State.DONE.value, reworded=False)
    asked_keys = sorted(asked.values_list("item", flat=True))
    asked.update(reworded=True)
    texts = _texts(mine.revision.document)
    RevisionMove.objects.create(
        checklist=mine,
        from_revision=mine.revision,
        to_revision=current,
        from_item_keys=mine.item_keys,
        removed={key: texts[key] for key in mine.item_keys if key not in keys and key in texts},
        reworded=asked_keys,
        moved_at=timezone.now(),
    )
    mine.revision, mine.item_keys = current, keys
    mine.save(update_fields=["revision", "item_keys"])
    return mine


@transaction.atomic
def undo(checklist: UUID, owner: Owner) -> Checklist:
    """Take back the latest move. Raises CannotMove: `gone`, `nothing` (no move), `ticked` (something changed since)."""
    mine = _locked(checklist, owner)
    last = mine.moves.filter(undone_at=None).order_by("-id").first()
    if last is None:
        raise CannotMove("nothing")
    if TickChange.objects.filter(checklist=mine, changed_at__gt=last.moved_at).exists():
        raise CannotMove("ticked")
    Tick.objects.filter(checklist=mine, item__in=last.reworded).update(reworded=False)
    mine.revision, mine.item_keys = last.from_revision, last.from_item_keys
    mine.save(update_fields=["revision", "item_keys"])
    RevisionMove.objects.filter(pk=last.pk).update(undone_at=timezone.now())
    return mine


def _locked(checklist: UUID, owner: Owner) -> Checklist:
    # Such a lock lets ticks through, which take a weaker one, and makes two moves wait for each other.
    Checklist.objects.select_for_update(no_key=True).filter(pk=checklist).first()
    # Read by a statement of its own: a join would answer what was there before the wait.
    mine = (
        Checklist.objects.select_related("framework__current_revision", "revision")
        .filter(**owner.fields, pk=checklist, archived_at=None)
        .first()
    )
    if mine is None:
        raise CannotMove("gone")
    return mine


def _really_reworded(mine: Checklist, earlier: list[RevisionMove], current: Revision) -> set[str]:
    """The items whose text a clinical or safety revision changed on the way."""
    between = Revision.objects.filter(
        framework=mine.framework_id, number__gt=mine.revision.number, number__lte=current.number
    ).order_by("number")
    # What an earlier move left out can come back, in other words.
    left_out = {key: text for move in earlier for key, text in move.removed.items()}
    before, reworded = {**left_out, **_texts(mine.revision.document)}, set()
    for revision in between:
        after = _texts(revision.document)
        if revision.kind != ChangeKind.EDITORIAL:
            reworded |= {key for key in before.keys() & after.keys() if before[key] != after[key]}
        before = {**before, **after}
    return reworded


def _texts(document: FrameworkDocument) -> dict[str, str]:
    return {item.key: item.text for item in document.checklist}
