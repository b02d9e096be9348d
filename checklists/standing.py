"""How a checklist stands: one statement reads one, or all of an owner's, with every number that a page shows of it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from uuid import UUID

from django.db import connection
from django.urls import reverse

from frameworks.article import Mark, Marked, Notice, marks_of
from frameworks.comparison import later_dangers
from frameworks.document import (
    ChangeKind,
    ChecklistItem,
    DoneBy,
    Entry,
    FrameworkDocument,
    Level,
    SafetyWarning,
)
from frameworks.known_documents import known, unknown

from .models import State
from .owners import OWNED, Owner


@dataclass(frozen=True)
class Kept:
    """What is kept of an item."""

    state: State = State.OPEN
    note: str = ""
    changed_at: datetime | None = None
    noted_at: datetime | None = None
    #: Whether it was reworded since it was ticked, and the reader has not yet said that it still holds.
    reworded: bool = False


NOTHING = Kept()


@dataclass(frozen=True)
class Totals:
    """The numbers of a checklist: done, open and not for me are always all items in scope."""

    done: int
    open: int
    not_for_me: int

    @property
    def items(self) -> int:
        return self.done + self.open + self.not_for_me

    @property
    def counted(self) -> int:
        """The items that count: those that are not for this reader leave the total."""
        return self.done + self.open

    @property
    def percent(self) -> int:
        """How many hundredths are done, rounded down: 100 only when nothing is open."""
        return 100 * self.done // self.counted if self.counted else 100


@dataclass(frozen=True)
class Move:
    """The latest move to another revision that was not undone."""

    id: int
    from_number: int
    to_number: int
    moved_at: datetime
    #: Whether nothing was ticked since: then it can be undone.
    can_be_undone: bool


@dataclass(frozen=True)
class Removed:
    """An item that left the scope with a move, and what is kept of it."""

    key: str
    text: str
    revision: int
    kept: Kept


@dataclass(frozen=True)
class Standing:
    """A checklist with all that is kept of it, on its own revision, and what has become of the framework since."""

    id: UUID
    is_guests: bool
    slug: str
    item_keys: tuple[str, ...]
    supervision_confirmed_at: datetime | None
    notes_on: bool
    started_at: datetime
    archived_at: datetime | None
    number: int
    document: FrameworkDocument = field(repr=False)
    current_number: int
    #: The current revision's document; the same as `document` where the checklist is on it.
    current: FrameworkDocument = field(repr=False)
    current_kind: ChangeKind
    current_note: str
    current_published_at: datetime
    withdrawn_on: date | None
    notices: tuple[Notice, ...]
    ticks: dict[str, Kept]
    moves: tuple[Move, ...]
    #: The texts of items that left the scope, by key, with the number of the revision that left them out.
    removed_texts: dict[str, tuple[str, int]]
    #: Whether a source that its revision cites was retracted or put in doubt: the checklist's page says which.
    has_doubtful_source: bool = False
    #: The keys of those of its sources that were retracted.
    retracted: frozenset[str] = frozenset()

    def __str__(self):
        return self.document.title

    def get_absolute_url(self):
        return reverse("checklists:detail", args=[self.id])

    @property
    def framework_url(self) -> str:
        """The page that has the text and the claims of its revision."""
        if self.is_current:
            return reverse("frameworks:detail", args=[self.slug])
        return reverse("frameworks:revision", args=[self.slug, self.number])

    @cached_property
    def _marks(self) -> dict[str, tuple[Mark, ...]]:
        return marks_of(self.document, self.retracted)

    def marked(self, entry: Entry) -> Marked:
        return Marked(entry, self._marks.get(entry.key, ()))

    @property
    def is_current(self) -> bool:
        return self.number == self.current_number

    @property
    def is_archived(self) -> bool:
        return self.archived_at is not None

    def kept(self, item: str) -> Kept:
        return self.ticks.get(item, NOTHING)

    @cached_property
    def items(self) -> list[ChecklistItem]:
        """The items in scope, in the order of the document."""
        scope = set(self.item_keys)
        return [item for item in self.document.checklist if item.key in scope]

    @cached_property
    def totals(self) -> Totals:
        states = [self.kept(item).state for item in self.item_keys]
        return Totals(states.count(State.DONE), states.count(State.OPEN), states.count(State.NOT_FOR_ME))

    @cached_property
    def open_items(self) -> list[ChecklistItem]:
        return [item for item in self.items if self.kept(item.key).state is State.OPEN]

    @property
    def next_item(self) -> ChecklistItem | None:
        return self.open_items[0] if self.open_items else None

    @property
    def is_finished(self) -> bool:
        return not self.totals.open

    @property
    def finished_at(self) -> datetime | None:
        """When the last item stopped being open; None while one is."""
        if not self.is_finished:
            return None
        return max(
            (moment for item in self.item_keys if (moment := self.kept(item).changed_at)), default=None
        )

    @property
    def days_to_finish(self) -> int:
        return (self.finished_at - self.started_at).days if self.finished_at else 0

    @property
    def last_activity(self) -> datetime | None:
        """When the reader last changed something; None where nothing was touched since the start."""
        moments = [
            moment for kept in self.ticks.values() for moment in (kept.changed_at, kept.noted_at) if moment
        ]
        return max([*moments, *(move.moved_at for move in self.moves)], default=None)

    @property
    def last_move(self) -> Move | None:
        return self.moves[-1] if self.moves else None

    @cached_property
    def removed(self) -> list[Removed]:
        """What is kept of items that a move left out."""
        return [
            Removed(key, *self.removed_texts[key], kept)
            for key, kept in self.ticks.items()
            if key in self.removed_texts and key not in self.item_keys and kept != NOTHING
        ]

    @cached_property
    def later_dangers(self) -> tuple[SafetyWarning, ...]:
        """What the current revision warns of and this one does not: shown in full, whatever the pin."""
        return () if self.is_current else later_dangers(self.document, self.current)

    @property
    def warnings_added(self) -> int:
        """How many warnings the current revision has that this one lacks."""
        known = {warning.key for warning in self.document.all_warnings()}
        return sum(1 for warning in self.current.all_warnings() if warning.key not in known)

    @cached_property
    def professional_items(self) -> frozenset[str]:
        """The items of steps that a professional does: done, they read *Discussed with my clinician*."""
        steps = {step.key for step in self.document.steps if step.done_by is DoneBy.PROFESSIONAL}
        return frozenset(item.key for item in self.items if item.step in steps)


_SELECT = f"""
SELECT checklist.id, checklist.guest IS NOT NULL, framework.slug, checklist.item_keys,
       checklist.supervision_confirmed_at, checklist.notes_on, checklist.started_at, checklist.archived_at,
       revision.number, revision.id, revision.published_at, {unknown("revision")},
       current.number, current.id, current.published_at,
       CASE WHEN current.id <> revision.id THEN {unknown("current")} END,
       current.kind, current.note, (framework.withdrawn_at AT TIME ZONE 'UTC')::date,
       coalesce((SELECT jsonb_agg(jsonb_build_array(level, text, issued_at) ORDER BY issued_at DESC, id DESC)
                 FROM frameworks_safetynotice
                 WHERE framework_id = framework.id AND lifted_at IS NULL), '[]')::text,
       coalesce((SELECT jsonb_object_agg(item, jsonb_build_array(state, note, changed_at, noted_at, reworded))
                 FROM checklists_tick WHERE checklist_id = checklist.id), '{{}}')::text,
       coalesce((SELECT jsonb_agg(jsonb_build_array(
                            move.id, old.number, new.number, move.moved_at, move.removed,
                            NOT EXISTS (SELECT FROM checklists_tickchange change
                                        WHERE change.checklist_id = checklist.id
                                            AND change.changed_at > move.moved_at)) ORDER BY move.id)
                 FROM checklists_revisionmove move
                 JOIN frameworks_revision old ON old.id = move.from_revision_id
                 JOIN frameworks_revision new ON new.id = move.to_revision_id
                 WHERE move.checklist_id = checklist.id AND move.undone_at IS NULL), '[]')::text,
       EXISTS (SELECT FROM frameworks_sourceupdate change JOIN frameworks_source source ON source.id = change.source_id
               WHERE change.type <> 'correction' AND source.key = ANY (revision.source_keys)),
       ARRAY(SELECT source.key
             FROM frameworks_sourceupdate change JOIN frameworks_source source ON source.id = change.source_id
             WHERE change.type = 'retraction' AND source.key = ANY (revision.source_keys))
FROM checklists_checklist checklist
JOIN frameworks_framework framework ON framework.id = checklist.framework_id
JOIN frameworks_revision revision ON revision.id = checklist.revision_id
JOIN frameworks_revision current ON current.id = framework.current_revision_id
WHERE {OWNED}
"""


def standing(checklist: UUID, owner: Owner) -> Standing | None:
    """The owner's checklist of this id; None where there is none, or it is somebody else's."""
    return next(iter(_read(f"{_SELECT} AND checklist.id = %(id)s", owner, id=checklist)), None)


def open_standing(slug: str, owner: Owner) -> Standing | None:
    """The owner's checklist of this framework that is not archived, if there is one."""
    statement = f"{_SELECT} AND framework.slug = %(slug)s AND checklist.archived_at IS NULL"
    return next(iter(_read(statement, owner, slug=slug)), None)


def standings(owner: Owner) -> list[Standing]:
    """All checklists of the owner, those that were touched last first."""
    found = _read(_SELECT, owner)
    return sorted(found, key=lambda one: (one.last_activity or one.started_at, one.id), reverse=True)


def _read(statement: str, owner: Owner, **parameters) -> Iterable[Standing]:
    if not owner:
        return []
    documents = known()
    with connection.cursor() as cursor:
        cursor.execute(statement, {**owner.parameters, **documents.parameters, **parameters})
        return [_standing(row, documents) for row in cursor.fetchall()]


def _standing(row, documents) -> Standing:
    (
        id,
        is_guests,
        slug,
        item_keys,
        supervision_confirmed_at,
        notes_on,
        started_at,
        archived_at,
        number,
        revision_id,
        published_at,
        text,
        current_number,
        current_id,
        current_published_at,
        current_text,
        kind,
        note,
        withdrawn_on,
        notices,
        ticks,
        moves,
        has_doubtful_source,
        retracted,
    ) = row
    document = documents.document(revision_id, published_at, text)
    moves = json.loads(moves)
    return Standing(
        id=id,
        is_guests=is_guests,
        slug=slug,
        item_keys=tuple(item_keys),
        supervision_confirmed_at=supervision_confirmed_at,
        notes_on=notes_on,
        started_at=started_at,
        archived_at=archived_at,
        number=number,
        document=document,
        current_number=current_number,
        current=document
        if current_id == revision_id
        else documents.document(current_id, current_published_at, current_text),
        current_kind=ChangeKind(kind),
        current_note=note,
        current_published_at=current_published_at,
        withdrawn_on=withdrawn_on,
        notices=tuple(
            Notice(Level(level), text, datetime.fromisoformat(issued_at))
            for level, text, issued_at in json.loads(notices)
        ),
        ticks={
            item: Kept(State(state), note, _moment(changed_at), _moment(noted_at), reworded)
            for item, (state, note, changed_at, noted_at, reworded) in json.loads(ticks).items()
        },
        moves=tuple(
            Move(id, old, new, _moment(moved_at), can_be_undone)
            for id, old, new, moved_at, _removed, can_be_undone in moves
        ),
        removed_texts={
            key: (text, new) for _id, _old, new, _at, removed, _can in moves for key, text in removed.items()
        },
        has_doubtful_source=has_doubtful_source,
        retracted=frozenset(retracted),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
