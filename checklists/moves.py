"""Taking a checklist to the framework's current revision, when the reader chooses, and back."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from frameworks.document import ChangeKind, FrameworkDocument, Supervision
from frameworks.models import Revision

from .models import Checklist, RevisionMove, State, Tick, TickChange
from .owners import Owner


@dataclass
class CannotMove(Exception):
    """The move is refused; `code` says why: archived, changed, nothing, supervision, ticked, unknown."""

    code: str


@transaction.atomic
def move(checklist: UUID, owner: Owner, *, to: int, supervision_confirmed: bool = False) -> Checklist:
    """Take the checklist to revision `to`, which must be the current one: what the reader has seen the changes of.

    Ticks and notes follow their keys. Items that are gone leave the total and are kept; new ones come in where all
    items were in scope. Where the wording of a done item changed by more than an editorial revision, the reader is
    asked whether it still holds. Raises CannotMove: `archived`, `changed` (another revision is current), `nothing`
    (none of the items is left), `supervision` (it requires a professional, and nobody has confirmed that there is one).
    """
    mine = _locked(checklist, owner)
    current = mine.framework.current_revision
    if current.number != to:
        raise CannotMove("changed")
    if mine.revision_id == current.pk:
        return mine  # twice is once
    earlier = _moves(mine)
    keys = scope_in(mine, current)
    if not keys:
        raise CannotMove("nothing")
    if (
        current.document.supervision is Supervision.PROFESSIONAL_REQUIRED
        and not mine.supervision_confirmed_at
    ):
        if not supervision_confirmed:
            raise CannotMove("supervision")
        mine.supervision_confirmed_at = timezone.now()
    # What an earlier move left out can come back, in other words.
    left_out = {key: text for one in earlier for key, text in one.removed.items()}
    reworded = reworded_between(mine.revision, current, left_out) & set(keys)
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
        moved_at=Now(),  # of the clock by which ticks are later or earlier
    )
    mine.revision, mine.item_keys = current, keys
    mine.save(update_fields=["revision", "item_keys", "supervision_confirmed_at"])
    return mine


def scope_in(checklist: Checklist, revision: Revision) -> list[str]:
    """The items that the checklist would have in scope on this later revision; new ones where all were in scope."""
    earlier = _moves(checklist)
    # What was in scope at the start counts: some of the items can be all that a later revision has of them.
    if earlier:
        chosen, of = set(earlier[0].from_item_keys), earlier[0].from_revision
    else:
        chosen, of = set(checklist.item_keys), checklist.revision
    everything = chosen >= set(of.item_keys)
    return revision.item_keys if everything else [key for key in revision.item_keys if key in chosen]


def _moves(checklist: Checklist) -> list[RevisionMove]:
    """Those that were not taken back, earliest first."""
    moves = checklist.moves.filter(undone_at=None).order_by("id")
    return list(moves.select_related("from_revision").defer("from_revision__document"))


@transaction.atomic
def undo(checklist: UUID, owner: Owner, *, move: int) -> Checklist:
    """Take back the move of this id, if it is the latest; one that was taken back already stays so.

    Raises CannotMove: `archived`, `unknown` (there is no such move), `ticked` (something was changed since).
    """
    mine = _locked(checklist, owner)
    last = mine.moves.filter(pk=move).first()
    if last is None:
        raise CannotMove("unknown")
    if last.undone_at:
        return mine  # twice is once
    if mine.moves.filter(pk__gt=move, undone_at=None).exists():
        raise CannotMove("ticked")
    if TickChange.objects.filter(checklist=mine, changed_at__gt=last.moved_at).exists():
        raise CannotMove("ticked")
    Tick.objects.filter(checklist=mine, item__in=last.reworded).update(reworded=False)
    mine.revision, mine.item_keys = last.from_revision, last.from_item_keys
    mine.save(update_fields=["revision", "item_keys"])
    RevisionMove.objects.filter(pk=last.pk).update(undone_at=Now())
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
        raise CannotMove("archived")
    return mine


def reworded_between(one: Revision, other: Revision, left_out: dict[str, str] | None = None) -> set[str]:
    """The items whose text a clinical or safety revision changed on the way from one to the other.

    `left_out` holds the texts of items that `one` lacks and that were seen earlier.
    """
    first, last = sorted((one, other), key=lambda revision: revision.number)
    between = Revision.objects.filter(
        framework=first.framework_id, number__gt=first.number, number__lte=last.number
    ).order_by("number")
    before, reworded = {**(left_out or {}), **_texts(first.document)}, set()
    for revision in between:
        after = _texts(revision.document)
        if revision.kind != ChangeKind.EDITORIAL:
            reworded |= {key for key in before.keys() & after.keys() if before[key] != after[key]}
        before = {**before, **after}
    return reworded


def _texts(document: FrameworkDocument) -> dict[str, str]:
    return {item.key: item.text for item in document.checklist}
