"""What changed between two documents, entry by entry: an entry is the same as long as it keeps its key.

Knows nothing of Django or the database.
"""

import textwrap
from bisect import bisect_left
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from .document import Citation, Entry, FrameworkDocument, Level, Part, SafetyWarning, Source

#: The parts that hold entries, in the order in which changes are told: warnings first. `warnings` takes in those of
#: steps.
PARTS = ("warnings", "steps", "checklist", "principles", "examples", "mistakes", "claims")
# What is compared on its own, and so is no wording of the document or of an entry.
_APART = {*PARTS, "citations", "sources", "key", "step"}


@dataclass(frozen=True)
class FieldChange:
    """A field of the document itself: `title`, `overview`, `certainty`."""

    name: str
    old: object
    new: object


@dataclass(frozen=True)
class EntryChange:
    """What became of one entry. A reworded entry can have moved as well."""

    part: str
    key: str
    old: Entry | None
    new: Entry | None
    #: The fields that say something else now.
    fields: tuple[str, ...] = ()
    #: Whether it stands elsewhere among its neighbours, or at another step.
    moved: bool = False
    #: The keys of the steps that it belonged and belongs to.
    from_step: str | None = None
    to_step: str | None = None

    @property
    def added(self) -> bool:
        return self.old is None

    @property
    def removed(self) -> bool:
        return self.new is None

    @property
    def reworded(self) -> bool:
        return bool(self.fields)

    @property
    def changed_step(self) -> bool:
        return not self.added and not self.removed and self.from_step != self.to_step


@dataclass(frozen=True)
class CitationChange:
    """What became of one citation. `claim` is the claim's key, or None for the framework as a whole.

    The citations of a claim that was itself added or removed are told with the claim.
    """

    claim: str | None
    old: Citation | None
    new: Citation | None
    fields: tuple[str, ...] = ()
    moved: bool = False

    @property
    def source(self) -> str:
        return (self.new or self.old).source


@dataclass(frozen=True)
class SourceChange:
    """What became of the record of one source."""

    key: str
    old: Source | None
    new: Source | None
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """All that differs. It is false where nothing does."""

    fields: tuple[FieldChange, ...] = ()
    #: Warnings first, then in the order of `PARTS`.
    entries: tuple[EntryChange, ...] = ()
    citations: tuple[CitationChange, ...] = ()
    sources: tuple[SourceChange, ...] = ()

    def __bool__(self):
        return bool(self.fields or self.entries or self.citations or self.sources)


def compare(old: FrameworkDocument, new: FrameworkDocument) -> Comparison:
    """What changed from `old` to `new`."""
    return Comparison(
        fields=tuple(
            FieldChange(name, getattr(old, name), getattr(new, name)) for name in _reworded(old, new)
        ),
        entries=tuple(change for part in PARTS for change in _entry_changes(part, old, new)),
        citations=tuple(_citation_changes(old, new)),
        sources=tuple(_source_changes(old, new)),
    )


def later_dangers(pinned: FrameworkDocument, current: FrameworkDocument) -> tuple[SafetyWarning, ...]:
    """Each contraindication and danger of `current` that `pinned` lacks or words otherwise, contraindications first.

    Whatever shows the pinned document shows these in full before anything else.
    """
    known = {warning.key: warning for warning in pinned.all_warnings()}
    return tuple(
        warning
        for level in (Level.CONTRAINDICATION, Level.DANGER)
        for warning in current.all_warnings()
        if warning.level is level and known.get(warning.key) != warning
    )


def _reworded(old: Part, new: Part) -> tuple[str, ...]:
    names = (name for name in type(old).model_fields if name not in _APART)
    return tuple(name for name in names if getattr(old, name) != getattr(new, name))


def _entry_changes(part: str, old: FrameworkDocument, new: FrameworkDocument) -> Iterator[EntryChange]:
    """The changes of one part: those that are or were there in the order of `new`, then what was removed."""
    before, after = dict(_placed(part, old)), dict(_placed(part, new))
    stayed = {key: entry for key, entry in after.items() if key in before and before[key][1] == entry[1]}
    moved = (after.keys() & before.keys()) - _in_place([key for key in before if key in stayed], stayed)
    for key, (entry, step) in after.items():
        if key not in before:
            yield EntryChange(part, key, None, entry, to_step=step)
        elif (fields := _reworded(before[key][0], entry)) or key in moved:
            yield EntryChange(part, key, before[key][0], entry, fields, key in moved, before[key][1], step)
    for key, (entry, step) in before.items():
        if key not in after:
            yield EntryChange(part, key, entry, None, from_step=step)


def _placed(part: str, document: FrameworkDocument) -> Iterator[tuple[str, tuple[Entry, str | None]]]:
    """The entries of a part by key, each with the key of its step."""
    if part == "warnings":
        for warning in document.warnings:
            yield warning.key, (warning, None)
        for step in document.steps:
            for warning in step.warnings:
                yield warning.key, (warning, step.key)
    else:
        for entry in getattr(document, part):
            yield entry.key, (entry, getattr(entry, "step", None))


def _in_place(before: Sequence[str], after: dict[str, tuple[Entry, str | None]]) -> set[str]:
    """The keys that kept their order: among a step's warnings, or among all entries of any other part."""
    rows: dict[Hashable, list[str]] = {}
    for key, (entry, step) in after.items():
        rows.setdefault(step if isinstance(entry, SafetyWarning) else None, []).append(key)
    place = {key: n for n, key in enumerate(before)}
    return {key for row in rows.values() for key in _longest_rise(row, place)}


def _longest_rise[T: Hashable](row: Sequence[T], place: dict[T, int]) -> list[T]:
    """The longest selection from the row whose places rise: what is not in it is the least that has moved."""
    ends: list[
        int
    ] = []  # the lowest place at which a rise of each length ends, and in `holders` what stands there
    holders: list[T] = []
    previous: dict[T, T | None] = {}
    for item in row:
        length = bisect_left(ends, place[item])
        previous[item] = holders[length - 1] if length else None
        ends[length : length + 1] = [place[item]]
        holders[length : length + 1] = [item]
    found, item = [], holders[-1] if holders else None
    while item is not None:
        found.append(item)
        item = previous[item]
    return found[::-1]


def _citation_changes(old: FrameworkDocument, new: FrameworkDocument) -> Iterator[CitationChange]:
    before = {claim.key: claim for claim in old.claims}
    for claim in new.claims:
        if claim.key in before:
            yield from _citations_of(claim.key, before[claim.key].citations, claim.citations)
    yield from _citations_of(None, old.citations, new.citations)


def same_citations(old: Sequence[Citation], new: Sequence[Citation]) -> dict[int, int]:
    """Which of `new` (by number) is which of `old`, as citations have no key: the very same ones, then by source and
    stance, then by source.
    """
    pairs: dict[int, int] = {}
    for likeness in (lambda c: c, lambda c: (c.source, c.stance), lambda c: c.source):
        free = [n for n in range(len(old)) if n not in pairs.values()]
        for m, citation in enumerate(new):
            if m not in pairs:
                match = next((n for n in free if likeness(old[n]) == likeness(citation)), None)
                if match is not None:
                    pairs[m] = match
                    free.remove(match)
    return pairs


def _citations_of(
    claim: str | None, old: Sequence[Citation], new: Sequence[Citation]
) -> Iterator[CitationChange]:
    pairs = same_citations(old, new)
    in_place = set(_longest_rise(sorted(pairs), pairs))
    for m, citation in enumerate(new):
        if m not in pairs:
            yield CitationChange(claim, None, citation)
        elif (fields := _reworded(old[pairs[m]], citation)) or m not in in_place:
            yield CitationChange(claim, old[pairs[m]], citation, fields, m not in in_place)
    for n, citation in enumerate(old):
        if n not in pairs.values():
            yield CitationChange(claim, citation, None)


def _source_changes(old: FrameworkDocument, new: FrameworkDocument) -> Iterator[SourceChange]:
    before = {source.key: source for source in old.sources}
    after = {source.key: source for source in new.sources}
    for key in sorted(before.keys() | after.keys()):
        if key not in before or key not in after:
            yield SourceChange(key, before.get(key), after.get(key))
        elif fields := _reworded(before[key], after[key]):
            yield SourceChange(key, before[key], after[key], fields)


def as_text(comparison: Comparison) -> str:
    """The comparison for the command line: one paragraph for each change, warnings first."""
    return "\n".join(
        [
            *(line for change in comparison.entries for line in _entry_lines(change)),
            *(
                line
                for change in comparison.fields
                for line in [f"{change.name}: reworded", *_wordings(change.old, change.new)]
            ),
            *(line for change in comparison.citations for line in _citation_lines(change)),
            *(line for change in comparison.sources for line in _source_lines(change)),
        ]
    )


def wordings(old: Part, new: Part) -> str:
    """The fields of two parts of a kind that differ, for the command line."""
    fields = (name for name in type(old).model_fields if getattr(old, name) != getattr(new, name))
    return "\n".join(_field_lines(old, new, fields))


def _field_lines(old: Part, new: Part, fields: Iterable[str]) -> Iterator[str]:
    for field in fields:
        yield f"  {field}"
        yield from _wordings(getattr(old, field), getattr(new, field))


def _entry_lines(change: EntryChange) -> Iterator[str]:
    name = f"{change.part} “{change.key}”"
    if change.added or change.removed:
        entry, sign = (change.new, "+") if change.added else (change.old, "-")
        yield f"{name}: {'added' if change.added else 'removed'}"
        yield from _lines(sign, getattr(entry, "text", None) or entry.title)
        return
    what = ["reworded"] if change.reworded else []
    if change.changed_step:
        what.append(f"moved from {_step_name(change.from_step)} to {_step_name(change.to_step)}")
    elif change.moved:
        what.append("moved")
    yield f"{name}: {', '.join(what)}"
    yield from _field_lines(change.old, change.new, change.fields)


def _step_name(key: str | None) -> str:
    return f"step “{key}”" if key else "no step"


def _citation_lines(change: CitationChange) -> Iterator[str]:
    name = f"citation of “{change.source}” " + (
        f"by claim “{change.claim}”" if change.claim else "by the framework"
    )
    yield f"{name}: {_what_became(change.old, change.new, change.fields)}"
    yield from _field_lines(change.old, change.new, change.fields)


def _source_lines(change: SourceChange) -> Iterator[str]:
    yield f"source “{change.key}”: {_what_became(change.old, change.new, change.fields)}"
    yield from _field_lines(change.old, change.new, change.fields)


def _what_became(old, new, fields) -> str:
    if old is None:
        return "added"
    if new is None:
        return "removed"
    return "changed" if fields else "moved"


def _wordings(old: object, new: object) -> Iterator[str]:
    yield from _lines("-", old)
    yield from _lines("+", new)


def _lines(sign: str, value: object) -> Iterator[str]:
    if said := _said(value):
        yield from textwrap.wrap(said, 100, initial_indent=f"  {sign} ", subsequent_indent="    ")


def _said(value: object) -> str:
    if isinstance(value, Part):
        named = value.model_dump(mode="json", exclude_defaults=True)
        return "; ".join(f"{name}: {_said(part)}" for name, part in named.items())
    if isinstance(value, tuple):
        return ", ".join(_said(part) for part in value)
    return "" if value is None else str(value)
