"""A comparison as people read it: what was added, removed, reworded and moved, with the words that differ marked."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum

from django.utils.translation import gettext_lazy as _

from .comparison import PARTS, Comparison, EntryChange
from .document import Entry, FrameworkDocument, Level, SafetyWarning
from .labels import label
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
_FIELD_NAMES = {
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
class ChangedEntry:
    """What became of an entry: one of added, removed, or (both are possible) reworded and moved."""

    key: str
    heading: str
    level: Level | None
    added: bool
    removed: bool
    moved: bool
    #: The whole of it, where it was added or removed.
    texts: tuple[tuple[str, str], ...]
    rewordings: tuple[Rewording, ...]
    #: The titles of the steps that it left and joined, where it changed its step.
    from_step: str = ""
    to_step: str = ""


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
    #: How many citations and records of sources differ: they change what a claim rests on, nothing that a reader does.
    citations: int
    sources: int

    def __bool__(self):
        return bool(self.parts or self.texts or self.citations or self.sources)

    def of(self, part: str) -> tuple[ChangedEntry, ...]:
        return next((changed.entries for changed in self.parts if changed.part == part), ())

    @property
    def warnings_added(self) -> int:
        return sum(1 for entry in self.of("warnings") if entry.added)


def readable(comparison: Comparison, old: FrameworkDocument, new: FrameworkDocument) -> Changes:
    """The comparison of `old` and `new`, in words."""
    titles = {step.key: step.title for document in (old, new) for step in document.steps}
    parts = []
    for part in PARTS:
        entries = tuple(_entry(change, titles) for change in comparison.entries if change.part == part)
        if entries:
            parts.append(ChangedPart(PART_NAMES[part], part, entries))
    return Changes(
        parts=tuple(parts),
        texts=tuple(
            Rewording(_FIELD_NAMES[change.name], marked(_said(change.old), _said(change.new)))
            for change in comparison.fields
        ),
        citations=len(comparison.citations),
        sources=len(comparison.sources),
    )


def _entry(change: EntryChange, titles: dict[str, str]) -> ChangedEntry:
    entry = change.new or change.old
    whole = change.added or change.removed
    return ChangedEntry(
        key=change.key,
        # A text that is its own heading stands there once, with its words marked.
        heading="" if "text" in change.fields and not _is_warning(entry) else _heading(entry),
        level=entry.level if _is_warning(entry) else None,
        added=change.added,
        removed=change.removed,
        moved=change.moved,
        texts=tuple(_texts(entry)) if whole else (),
        rewordings=tuple(
            Rewording(
                _FIELD_NAMES[name], marked(_said(getattr(change.old, name)), _said(getattr(change.new, name)))
            )
            for name in change.fields
        ),
        from_step=titles.get(change.from_step, "") if change.changed_step else "",
        to_step=titles.get(change.to_step, "") if change.changed_step else "",
    )


def _is_warning(entry: Entry) -> bool:
    return isinstance(entry, SafetyWarning)


def _heading(entry: Entry) -> str:
    return label(entry.level) if _is_warning(entry) else name_of(entry)


def name_of(entry: Entry) -> str:
    """What an entry is told by: its title, or its text where it has none."""
    return getattr(entry, "title", None) or _said(entry.text)


def _texts(entry: Entry):
    for name in ("text", "body", "tip", "outcome", "what_to_do"):
        is_heading = name == "text" and not _is_warning(entry)
        text = _said(getattr(entry, name, ""))
        if text and not is_heading:
            yield _FIELD_NAMES[name], text


def _said(value) -> str:
    if isinstance(value, Prose):
        return value.plain
    if value is None or value == ():
        return ""
    if isinstance(value, bool):
        return str(_("Yes") if value else _("No"))
    if isinstance(value, tuple):
        return ", ".join(str(part) for part in value)
    if hasattr(value, "outcome"):  # a certainty
        return f"{label(value.level)}: {value.outcome}. {value.reason.plain} ({value.judged_by})"
    try:
        return str(label(value))
    except KeyError:
        return str(value)


def marked(old: str, new: str) -> tuple[Words, ...]:
    """The words of both texts in reading order: those that stayed once, those that went before those that came."""
    before, after = _words(old), _words(new)
    if max(len(before), len(after)) > _MOST_WORDS:
        return tuple(Words(piece, text) for piece, text in ((Piece.GONE, old), (Piece.NEW, new)) if text)
    found = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, first, last, new_first, new_last in matcher.get_opcodes():
        if tag == "equal":
            found.append(Words(Piece.SAME, "".join(before[first:last])))
            continue
        if first < last:
            found.append(Words(Piece.GONE, "".join(before[first:last])))
        if new_first < new_last:
            found.append(Words(Piece.NEW, "".join(after[new_first:new_last])))
    return tuple(found)


def _words(text: str) -> list[str]:
    return re.findall(r"\s+|[^\s]+", text)
