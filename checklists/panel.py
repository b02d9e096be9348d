"""What a page shows of a checklist: its items by step, as they stand, or as the reader wants them and has not saved."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from frameworks.article import Mark, Marked
from frameworks.document import ChecklistItem, Step

from .models import State
from .standing import Kept, Standing
from .ticking import Change


@dataclass(frozen=True)
class Row:
    """An item, as the form shows it."""

    item: ChecklistItem
    kept: Kept
    #: What the reader asked for and is not saved yet.
    wanted: Change | None
    is_professional: bool
    #: Of the claims about it.
    marks: tuple[Mark, ...] = ()
    #: What is wrong with what was asked, in the reader's words.
    error: str = ""

    @property
    def key(self) -> str:
        return self.item.key

    @property
    def is_checked(self) -> bool:
        return self._state is State.DONE

    @property
    def is_not_for_me(self) -> bool:
        return self._state is State.NOT_FOR_ME

    @property
    def _state(self) -> State:
        return self.wanted.state if self.wanted and self.wanted.state else self.kept.state

    @property
    def note(self) -> str:
        return self.kept.note if self.wanted is None or self.wanted.note is None else self.wanted.note

    @property
    def beyond_its_box(self) -> State | None:
        """What the form has to say beside the box, which knows done and open, and says only what has changed."""
        asked = self.wanted.state if self.wanted else None
        if asked is None:
            return None
        if State.NOT_FOR_ME in (asked, self.kept.state):
            return None if asked is self.kept.state else asked if asked is State.NOT_FOR_ME else State.OPEN
        return asked if self.kept.reworded and asked is self.kept.state else None

    @property
    def has_unsaved_note(self) -> bool:
        return self.note != self.kept.note

    @property
    def is_unsaved(self) -> bool:
        return self._state is not self.kept.state or self.has_unsaved_note or self.beyond_its_box is not None


@dataclass(frozen=True)
class Group:
    """The items of a step with its warnings; those of no step have None.

    A step of which nothing is in scope is there as well where it warns of something.
    """

    step: Step | None
    number: int
    rows: tuple[Row, ...]
    warnings: tuple[Marked, ...]


@dataclass(frozen=True)
class Panel:
    standing: Standing
    #: By item: what was asked for and is not saved, and what was wrong with it.
    wanted: dict[str, Change] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, standing: Standing, wanted: Iterable[Change] = (), errors: dict[str, str] | None = None):
        return cls(standing, {change.item: change for change in wanted}, errors or {})

    def row(self, item: ChecklistItem) -> Row:
        return Row(
            item=item,
            kept=self.standing.kept(item.key),
            wanted=self.wanted.get(item.key),
            is_professional=item.key in self.standing.professional_items,
            marks=self.standing.marked(item).marks,
            error=self.errors.get(item.key, ""),
        )

    @cached_property
    def groups(self) -> list[Group]:
        """By step, in the order of the steps; items of no step come first."""
        steps: list[tuple[int, Step | None]] = [(0, None), *enumerate(self.standing.document.steps, 1)]
        groups = [
            Group(
                step,
                number,
                tuple(self.row(item) for item in self.standing.items if item.step == (step and step.key)),
                tuple(self.standing.marked(warning) for warning in (step.warnings if step else ())),
            )
            for number, step in steps
        ]
        return [group for group in groups if group.rows or group.warnings]

    @property
    def rows(self) -> list[Row]:
        return [row for group in self.groups for row in group.rows]

    @property
    def left_out(self) -> list[Marked]:
        """The items of the revision that are not in this checklist: a clinician chose others for this reader."""
        scope = set(self.standing.item_keys)
        items = self.standing.document.checklist
        return [self.standing.marked(item) for item in items if item.key not in scope]

    @property
    def lost(self) -> list[Change]:
        """The notes that were asked for and cannot be shown at their item: it is gone, or nothing can be changed."""
        shown = set() if self.standing.is_archived else {row.key for row in self.rows}
        return [change for change in self.wanted.values() if change.note and change.item not in shown]

    @property
    def was(self) -> str:
        """What the form was made from: the keys of the items that are stored as done."""
        return " ".join(row.key for row in self.rows if row.kept.state is State.DONE)

    @property
    def is_unsaved(self) -> bool:
        return any(row.is_unsaved for row in self.rows)
