"""A comparison as people read it: what was added, removed, reworded and moved, with the words that differ marked."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum

from django.utils.translation import gettext_lazy as _

from .article import SECTION_NAMES, Update, short_name
from .comparison import PARTS, CitationChange, Comparison, EntryChange, SourceChange
from .document import (
    TEXT_SECTIONS,
    Certainty,
    Checked,
    Citation,
    Claim,
    Directness,
    DoneBy,
    Entry,
    FrameworkDocument,
    Level,
    Name,
    Part,
    SafetyWarning,
    StudyLevel,
)
from .labels import label
from .models import Category
from .prose import Prose

#: Behind so many words two texts are shown whole, one after the other: marking word by word takes the square of it.
_MOST_WORDS = 1500

PART_NAMES = {
    "warnings": _("Warnings"),
    "steps": _("Steps"),
    "checklist": _("Checklist"),
    "principles": _("Core principles"),
    "examples": _("Examples"),
    "mistakes": _("Common mistakes"),
    "claims": _("Claims"),
}
FIELD_NAMES = {
    "title": _("Title"),
    "tagline": _("Tagline"),
    "category": _("Category"),
    "time_to_result": _("Time to result"),
    "supervision": _("Supervision"),
    "sensitive": _("Where to find help is shown"),
    "certainty": _("Certainty"),
    "problem": _("Problem it solves"),
    "best_for": _("Best for"),
    "not_ideal_for": _("Not ideal for"),
    "overview": _("Overview"),
    "origin": _("Origin story"),
    "text": "",
    "body": "",
    "tip": _("Pro tip"),
    "outcome": _("Outcome"),
    "what_to_do": _("What to do"),
    "level": _("Level"),
    "done_by": _("Who does it"),
    "about": _("What it is about"),
}
_CITATIONFIELD_NAMES = {
    "stance": _("Stance"),
    "directness": _("Directness"),
    "locator": _("Where in the source"),
    "finding": _("What it found"),
    "checked": _("Checked"),
    "checked_by": _("Checked by"),
    "checked_on": _("Checked on"),
}
_SOURCEFIELD_NAMES = {
    "type": _("Type"),
    "title": _("Title"),
    "author": _("Author"),
    "and_others": _("And others"),
    "issued": _("Issued"),
    "container_title": _("Published in"),
    "volume": _("Volume"),
    "issue": _("Issue"),
    "page": _("Page"),
    "DOI": "DOI",
    "PMID": "PMID",
    "URL": "URL",
    "study_design": _("Kind of study"),
    "sample": _("Who was studied"),
    "study_level": _("Study level"),
    "note": _("Note"),
    "verified_on": _("Verified on"),
    "draws_on": _("Draws on"),
}
_BETWEEN = " · "


class Piece(Enum):
    SAME = "same"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True)
class Words:
    """Some words of a text, and what became of them."""

    piece: Piece
    text: str

    @property
    def shown(self) -> str:
        """The text, as it is drawn: nobody would see a blank or a new paragraph that is marked."""
        if self.piece is Piece.SAME or self.text.strip():
            return self.text
        return "¶ " if "\n\n" in self.text else "␣" * len(self.text)

    @property
    def is_gone(self) -> bool:
        return self.piece is Piece.GONE

    @property
    def is_new(self) -> bool:
        return self.piece is Piece.NEW


@dataclass(frozen=True)
class Rewording:
    """A field whose words differ. The main text of an entry has no name: there is nothing to tell it from."""

    name: str
    words: tuple[Words, ...]


@dataclass(frozen=True)
class ChangedReference:
    """What became of a citation, or of the record of a source, told by the source's short name."""

    name: str
    added: bool
    removed: bool
    moved: bool
    #: All that it says, where it was added or removed.
    text: str
    rewordings: tuple[Rewording, ...]
    #: What became of the source since: a comparison is read for what still holds.
    updates: tuple[Update, ...] = ()


@dataclass(frozen=True)
class ChangedCitations:
    """The citations of one claim that changed; those of the framework as a whole have no claim."""

    claim: str
    citations: tuple[ChangedReference, ...]


@dataclass(frozen=True)
class ChangedEntry:
    """What became of an entry: one of added, removed, or (both are possible) reworded and moved."""

    key: str
    heading: str
    level: Level | None
    added: bool
    removed: bool
    moved: bool
    #: The whole of it, where it was added or removed; of a warning always its text, which tells it from others.
    texts: tuple[tuple[str, str], ...]
    rewordings: tuple[Rewording, ...]
    #: From where to where, if it moved; the step of one that was added or removed.
    place: str = ""
    #: Of a claim that was added or removed.
    citations: tuple[ChangedReference, ...] = ()


@dataclass(frozen=True)
class ChangedPart:
    """The changes of one part of the page, such as its warnings."""

    name: str
    part: str
    entries: tuple[ChangedEntry, ...]


@dataclass(frozen=True)
class Changes:
    """What differs between two documents, warnings first."""

    parts: tuple[ChangedPart, ...]
    texts: tuple[Rewording, ...]
    #: Those of claims that are in both documents, and of the whole.
    citations: tuple[ChangedCitations, ...]
    sources: tuple[ChangedReference, ...]

    def __bool__(self):
        return bool(self.parts or self.texts or self.citations or self.sources)

    def of(self, part: str) -> tuple[ChangedEntry, ...]:
        return next((changed.entries for changed in self.parts if changed.part == part), ())

    @property
    def warnings_added(self) -> int:
        return sum(1 for entry in self.of("warnings") if entry.added)


def readable(
    comparison: Comparison,
    old: FrameworkDocument,
    new: FrameworkDocument,
    updates: Mapping[str, tuple[Update, ...]] | None = None,
) -> Changes:
    """The comparison of `old` and `new`, in words; `updates` is what became of sources of either, by key.

    The names of categories are asked for where one was changed.
    """
    slugs = {
        slug for change in comparison.fields if change.name == "category" for slug in (change.old, change.new)
    }
    names = dict(Category.objects.filter(slug__in=slugs).values_list("slug", "name")) if slugs else {}
    return _Reader(old, new, updates or {}, names).changes(comparison)


class _Reader:
    """Puts into words what differs between two documents; it knows what both call their entries and sources."""

    def __init__(
        self, old: FrameworkDocument, new: FrameworkDocument, updates: Mapping, categories: dict[str, str]
    ):
        both = (old, new)
        self.updates = updates
        self.categories = categories
        self.numbers = [dict(_numbers(document)) for document in both]
        self.names = {name: str(SECTION_NAMES[name]) for name in TEXT_SECTIONS}
        self.names |= {entry.key: name_of(entry) for document in both for _path, entry in document.entries()}
        self.sources = {source.key: short_name(source) for document in both for source in document.sources}

    def changes(self, comparison: Comparison) -> Changes:
        parts = []
        for part in PARTS:
            entries = tuple(self._entry(change) for change in comparison.entries if change.part == part)
            if entries:
                parts.append(ChangedPart(PART_NAMES[part], part, entries))
        cited: dict[str | None, list[ChangedReference]] = {}
        for change in comparison.citations:
            cited.setdefault(change.claim, []).append(self._citation(change))
        return Changes(
            parts=tuple(parts),
            texts=tuple(
                self._rewording(change.name, FIELD_NAMES, change.old, change.new)
                for change in comparison.fields
            ),
            citations=tuple(
                ChangedCitations(self.names[claim] if claim else "", tuple(changed))
                for claim, changed in cited.items()
            ),
            sources=tuple(self._source(change) for change in comparison.sources),
        )

    def _entry(self, change: EntryChange) -> ChangedEntry:
        entry = change.new or change.old
        is_whole = change.added or change.removed
        if is_whole:
            texts = tuple(self._texts(entry))
        else:
            told = _is_warning(entry) and "text" not in change.fields
            texts = (("", self._said(entry.text)),) if told else ()
        return ChangedEntry(
            key=change.key,
            # A text that is its own heading stands there once, with its words marked.
            heading="" if "text" in change.fields and not _is_warning(entry) else self._heading(entry),
            level=entry.level if _is_warning(entry) else None,
            added=change.added,
            removed=change.removed,
            moved=change.moved,
            texts=texts,
            rewordings=self._rewordings(change, FIELD_NAMES),
            place=self._place(change),
            citations=tuple(
                self._citation(CitationChange(change.key, change.old and one, change.new and one))
                for one in entry.citations
            )
            if is_whole and isinstance(entry, Claim)
            else (),
        )

    def _heading(self, entry: Entry) -> str:
        if _is_warning(entry):
            return label(entry.level)
        return name_of(entry) or self._said(entry.text)

    def _place(self, change: EntryChange) -> str:
        if change.changed_step:
            nowhere = _("the whole framework") if change.part == "warnings" else _("no step")
            steps = (change.from_step, change.to_step)
            old, new = (f"“{self.names[step]}”" if step else nowhere for step in steps)
            return _("from %(old)s to %(new)s") % {"old": old, "new": new}
        if change.moved:
            old, new = (numbers[change.key] for numbers in self.numbers)
            return _("from number %(old)s to %(new)s") % {"old": old, "new": new} if old != new else ""
        step = (change.to_step or change.from_step) if change.added or change.removed else None
        return f"“{self.names[step]}”" if step else ""

    def _texts(self, entry: Entry):
        for name in ("text", "body", "tip", "outcome", "what_to_do", "done_by", "about"):
            is_heading = name == "text" and not _is_warning(entry)
            value = getattr(entry, name, "")
            text = self._told(name, value)
            if text and not is_heading and value is not DoneBy.READER:
                yield FIELD_NAMES[name], text

    def _citation(self, change: CitationChange) -> ChangedReference:
        is_whole = change.old is None or change.new is None
        return self._reference(
            change, self._cited(change.new or change.old) if is_whole else "", _CITATIONFIELD_NAMES
        )

    def _source(self, change: SourceChange) -> ChangedReference:
        is_whole = change.old is None or change.new is None
        title = (change.new or change.old).title
        return self._reference(change, title if is_whole else "", _SOURCEFIELD_NAMES)

    def _reference(self, change, text, field_names):
        key = change.source if isinstance(change, CitationChange) else change.key
        return ChangedReference(
            name=self.sources.get(key, key),
            added=change.old is None,
            removed=change.new is None,
            moved=getattr(change, "moved", False),
            text=text,
            rewordings=self._rewordings(change, field_names),
            updates=self.updates.get(key, ()),
        )

    def _cited(self, citation: Citation) -> str:
        """All that a citation says, in one line."""
        told = [self._said(citation.stance)]
        if citation.directness is Directness.INDIRECT:
            told.append(self._said(citation.directness))
        told += [citation.locator, citation.finding]
        if citation.checked is not Checked.NOT_CHECKED:
            told.append(f"{label(citation.checked)} ({citation.checked_by}, {citation.checked_on})")
        return _BETWEEN.join(filter(None, told))

    def _rewordings(self, change, field_names) -> tuple[Rewording, ...]:
        return tuple(
            self._rewording(name, field_names, getattr(change.old, name), getattr(change.new, name))
            for name in change.fields
        )

    def _rewording(self, name, field_names, old, new) -> Rewording:
        before, after = self._told(name, old), self._told(name, new)
        if before == after:
            # What reads the same was typed otherwise, or names another step of the same title.
            before, after = _as_typed(old), _as_typed(new)
        return Rewording(field_names[name], marked(before, after))

    def _told(self, name, value) -> str:
        if name in ("about", "draws_on"):
            names = self.names if name == "about" else self.sources
            return _BETWEEN.join(names.get(key, key) for key in value)
        if name == "category":
            return self.categories.get(value, value)
        return self._said(value)

    def _said(self, value) -> str:
        match value:
            case Prose():
                return value.spelled_out or str(value)
            case None:
                return ""
            case bool():
                return str(_("Yes") if value else _("No"))
            case tuple():
                return _BETWEEN.join(self._said(part) for part in value)
            case Enum():
                return str(label(value))
            case Certainty():
                judged = (
                    _("Judged by a panel that used GRADE: %(who)s") if value.grade else _("Judged by %(who)s")
                )
                told = (
                    label(value.level),
                    value.outcome,
                    self._said(value.reason),
                    judged % {"who": value.judged_by},
                )
                return _BETWEEN.join(map(str, told))
            case Name():
                return value.literal or ", ".join(filter(None, (value.family, value.given)))
            case StudyLevel():
                return f"{value.level} ({value.read_by}, {value.read_on})"
        return str(value)


def _numbers(document: FrameworkDocument) -> Iterator[tuple[str, int]]:
    """Each entry's number among its neighbours: for a warning those of the same step."""
    parts = [getattr(document, part) for part in PARTS] + [step.warnings for step in document.steps]
    for part in parts:
        yield from ((entry.key, number) for number, entry in enumerate(part, 1))


def _is_warning(entry: Entry) -> bool:
    return isinstance(entry, SafetyWarning)


def name_of(entry: Entry) -> str:
    """What an entry is told by: its title, or its text where it has none."""
    name = getattr(entry, "title", None) or entry.text
    return name.plain if isinstance(name, Prose) else name


def _as_typed(value) -> str:
    if isinstance(value, tuple):
        return _BETWEEN.join(_as_typed(part) for part in value)
    return value.model_dump_json() if isinstance(value, Part) else str(value)


def marked(old: str, new: str) -> tuple[Words, ...]:
    """The words of both texts in reading order: those that stayed once, those that went before those that came.

    Words that stayed between changes at least as long as they are stand in both: of a sentence that was written anew
    the whole old one is read, and then the whole new one.
    """
    before, after = _words(old), _words(new)
    if max(len(before), len(after)) > _MOST_WORDS:
        return tuple(Words(piece, text) for piece, text in ((Piece.GONE, old), (Piece.NEW, new)) if text)
    # Pairs of what went and what came, and between them what stayed, which is both.
    runs: list[tuple[list[str], list[str], bool]] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, first, last, new_first, new_last in matcher.get_opcodes():
        runs.append((before[first:last], after[new_first:new_last], tag == "equal"))
        while len(runs) > 2 and runs[-2][2] and _is_lost(*runs[-3:]):
            gone, came = ([word for run in runs[-3:] for word in run[side]] for side in (0, 1))
            runs[-3:] = [(gone, came, False)]
    found = []
    for gone, came, stayed in runs:
        pieces = ((Piece.SAME, gone),) if stayed else ((Piece.GONE, gone), (Piece.NEW, came))
        found += [Words(piece, "".join(words)) for piece, words in pieces if words]
    return tuple(found)


def _is_lost(before, between, after) -> bool:
    """Whether what stayed is too little to be read between two changes."""
    return _length(between) <= min(_length(before), _length(after))


def _length(run) -> int:
    """How many words changed or stayed; blanks are none."""
    return max(sum(1 for word in words if not word.isspace()) for words in run[:2])


def _words(text: str) -> list[str]:
    return re.findall(r"\s+|[^\s]+", text)
