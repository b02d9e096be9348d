"""What was read from a page, as a document: with the keys of the draft that it was read for, or with new ones.

Who wins, in one rule: what the page says replaces what the draft says, and what the page leaves empty the draft keeps.
A page knows nothing of levels, of who does a step, of supervision, certainty, claims and what checking found, and an
empty checklist on it says nothing, so all of these stay. The bibliography's record of a source stays as it is, too.
A warning is never removed: where the page has lost it, it stays with its step; where the step is gone, with the whole.

Knows nothing of Django or the database.
"""

import re
import unicodedata
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from .document import RESERVED_KEYS, FrameworkDocument, Source, Stance
from .page_text import PageRead

_HEAD = ("title", "tagline", "time_to_result", "problem", "best_for", "not_ideal_for", "overview", "origin")
_ENTRIES = ("principles", "steps", "checklist", "examples", "mistakes")
#: What an entry is called where none of its words can stand in an address.
_NAMES = {
    "principles": "principle",
    "steps": "step",
    "warnings": "warning",
    "checklist": "item",
    "examples": "example",
    "mistakes": "mistake",
}
_FIRST_WORDS = 6


class How(StrEnum):
    """By what something on the page was found in the draft or the bibliography, surest first."""

    SAME_TEXT = "same text"
    SAME_HEADING = "same heading"
    SAME_FIRST_WORDS = "same first words"
    SAME_NUMBER = "same DOI, PMID or link"
    SAME_TITLE = "same title"
    NEW = "new"
    KEPT = "kept, although the page does not have it"


@dataclass(frozen=True)
class Match:
    """What became of one entry or source: `part` is that of the document, `key` the one that it has now."""

    part: str
    key: str
    how: How

    def __str__(self):
        return f"{self.part} “{self.key}”: {self.how}"


def matched(
    page: PageRead,
    draft: FrameworkDocument | None = None,
    *,
    category: str = "",
    bibliography: Mapping[str, Source] | None = None,
) -> tuple[FrameworkDocument, tuple[Match, ...]]:
    """The document that storing the page would leave, and how each of its entries was found.

    An entry of the same kind is found by the same text, then by its heading, or by its first words where it has none.
    Found, it keeps its key and its place in addresses. `category` is a slug; left out, that of the draft, or the
    printed name as one. Raises pydantic's ValidationError where page and draft together are more than a document holds.
    """
    return _Matching(page, draft, bibliography or {}).document(category)


class _Matching:
    def __init__(self, page: PageRead, draft: FrameworkDocument | None, bibliography: Mapping[str, Source]):
        self.parts, self.page, self.draft = page.parts, page, draft
        self.records = {**bibliography, **{source.key: source for source in (draft.sources if draft else ())}}
        # Also of entries that go: a key that comes again would be taken for the same entry.
        self.taken = {entry.key for _, entry in draft.entries()} if draft else set()
        self.matches: list[Match] = []

    def document(self, category: str) -> tuple[FrameworkDocument, tuple[Match, ...]]:
        fields = self.draft.model_dump() if self.draft else {}
        fields["category"] = category or fields.get("category") or slug(self.page.category) or "none"
        for name in _HEAD:
            fields[name] = self.parts.get(name) or fields.get(name, "")
        gone: list[dict] = []
        for part in _ENTRIES:
            if self.parts.get(part):
                fields[part], removed = self._entries(part, self.parts[part], fields.get(part, []))
                if part == "steps":
                    gone = removed
        if self.parts.get("steps"):
            self._warnings(fields, gone)
        self._mend_references(fields)
        self._sources(fields)
        return FrameworkDocument.model_validate(fields), tuple(self.matches)

    # Entries

    def _entries(self, part: str, found: list[dict], stored: Iterable[dict]) -> tuple[list[dict], list[dict]]:
        """The page's entries with what the draft knows of them, and the draft's entries that are none of them."""
        stored = list(stored)
        ways = [
            (How.SAME_TEXT, _text),
            (How.SAME_TEXT, _body),
            (How.SAME_HEADING, _heading),
            (How.SAME_FIRST_WORDS, _opening),
        ]
        pairs = self._pairs(found, stored, ways)
        entries = []
        for n, entry in enumerate(found):
            entry = {**entry}
            warnings = entry.pop("warnings", None)
            if n in pairs:
                m, how = pairs[n]
                old = stored[m]
                entry = {**old, **{name: value for name, value in entry.items() if value}}
            else:
                how = How.NEW
                entry["key"] = self._new_key(entry.get("title") or entry["text"], _NAMES[part])
            if warnings is not None:
                entry["of_page"] = warnings
            self.matches.append(Match(part, entry["key"], how))
            entries.append(entry)
        used = {m for m, _ in pairs.values()}
        return entries, [entry for m, entry in enumerate(stored) if m not in used]

    @staticmethod
    def _pairs(
        found: list[dict], stored: list[dict], ways: Iterable[tuple[How, Callable[[dict], object]]]
    ) -> dict[int, tuple[int, How]]:
        """Which of the stored each of the found is, each taken once, the surest way first."""
        pairs: dict[int, tuple[int, How]] = {}
        free = set(range(len(stored)))
        for how, likeness in ways:
            waiting: dict[object, list[int]] = {}
            for m in sorted(free, reverse=True):
                if like := likeness(stored[m]):
                    waiting.setdefault(like, []).append(m)
            for n, entry in enumerate(found):
                if n not in pairs and (like := likeness(entry)) and waiting.get(like):
                    m = waiting[like].pop()
                    pairs[n] = (m, how)
                    free.remove(m)
        return pairs

    def _warnings(self, fields: dict, gone: list[dict]) -> None:
        """Match the warnings of all steps together, so that one follows its text to another step."""
        of_whole = list(fields.get("warnings", ()))
        stored = [
            {**warning, "at": step["key"]} for step in fields["steps"] for warning in step.get("warnings", ())
        ]
        stored += [{**warning, "at": None} for warning in of_whole]
        stored += [{**warning, "at": ""} for step in gone for warning in step["warnings"]]
        found = [{**warning, "at": step["key"]} for step in fields["steps"] for warning in step["of_page"]]
        ways = [
            # Two steps can warn of the same in the same words.
            (How.SAME_TEXT, lambda warning: (_text(warning), warning["at"])),
            (How.SAME_FIRST_WORDS, lambda warning: (_opening(warning), warning["at"])),
        ]
        pairs = self._pairs(found, stored, ways)
        pairs |= self._elsewhere(found, stored, pairs)
        placed: dict[str | None, list[dict]] = {step["key"]: [] for step in fields["steps"]}
        placed[None] = []
        for n, warning in enumerate(found):
            m, how = pairs.get(n, (None, How.NEW))
            if m is None:
                key, at = self._new_key(warning["text"], "warning"), warning["at"]
                merged = {**warning, "key": key}
            else:
                # What an editor has made a warning about the whole stays one: no page can say so.
                at = None if stored[m]["at"] is None else warning["at"]
                merged = {**stored[m], "text": warning["text"]}
            self.matches.append(Match("warnings", merged["key"], how))
            if at is not None:
                placed[at].append(merged)
            else:
                stored[m] = merged
        used = {m for m, _ in pairs.values()}
        for m, warning in enumerate(stored):
            if warning["at"] is None or m not in used:
                placed[warning["at"] or None].append(warning)
            if m not in used and warning["at"] is not None:
                self.matches.append(Match("warnings", warning["key"], How.KEPT))
        for step in fields["steps"]:
            step.pop("of_page")
            step["warnings"] = [_without_place(warning) for warning in placed[step["key"]]]
        fields["warnings"] = [_without_place(warning) for warning in placed[None]]

    def _elsewhere(self, found, stored, pairs) -> dict[int, tuple[int, How]]:
        used = {m for m, _ in pairs.values()}
        left = [n for n in range(len(found)) if n not in pairs]
        free = [m for m in range(len(stored)) if m not in used]
        ways = [(How.SAME_TEXT, _text)]
        more = self._pairs([found[n] for n in left], [stored[m] for m in free], ways)
        return {left[n]: (free[m], how) for n, (m, how) in more.items()}

    def _new_key(self, text: str, otherwise: str) -> str:
        words = first_words(text) or otherwise
        key, number = words, 2
        while key in self.taken or key in RESERVED_KEYS:
            key, number = f"{words}-{number}", number + 1
        self.taken.add(key)
        return key

    @staticmethod
    def _mend_references(fields: dict) -> None:
        """Let go of entries that are gone, as a draft does whose editor has deleted them."""
        steps = {step["key"] for step in fields.get("steps", ())}
        for item in fields.get("checklist", ()):
            if item.get("step") not in steps:
                item["step"] = None
        if not fields.get("claims"):
            return
        kept = {entry["key"] for part in (*_ENTRIES, "warnings", "claims") for entry in fields.get(part, ())}
        kept |= {warning["key"] for step in fields["steps"] for warning in step["warnings"]}
        kept |= {"problem", "best-for", "not-ideal-for", "overview", "origin"}
        for claim in fields["claims"]:
            claim["about"] = [key for key in claim["about"] if key in kept]

    # Sources

    def _sources(self, fields: dict) -> None:
        """Cite each source of the page as where the framework came from, by the record that there is or a new one."""
        records = {source.key: source for source in (self.draft.sources if self.draft else ())}
        citations = list(fields.get("citations", ()))
        for found in self.parts.get("sources", ()):
            said = {name: value for name, value in found.items() if name != "locator"}
            key, how = self._known(said)
            if key is None:
                key = source_key(said, self.records)
                self.records[key] = records[key] = Source.model_validate({**said, "key": key})
            self.matches.append(Match("sources", key, how))
            _reach(key, self.records, records)
            cited = next(
                (each for each in citations if each["source"] == key and each["stance"] == Stance.ORIGIN),
                None,
            )
            if cited is None:
                citations.append(cited := {"source": key, "stance": Stance.ORIGIN, "locator": ""})
            cited["locator"] = cited["locator"] or found.get("locator", "")
        fields["citations"] = citations
        fields["sources"] = list(records.values())

    def _known(self, said: dict) -> tuple[str | None, How]:
        for name in ("DOI", "PMID", "URL"):
            for source in self.records.values():
                if said.get(name) and said[name].casefold() == (getattr(source, name) or "").casefold():
                    return source.key, How.SAME_NUMBER
        # Pages add the name of a show to a title: “Title | Show”.
        titles = {_plain(said["title"]), _plain(said["title"].rpartition(" | ")[0])} - {""}
        year = (said.get("issued") or "")[:4]
        for source in self.records.values():
            same_year = not year or not source.issued or source.issued[:4] == year
            if _plain(source.title) in titles and same_year:
                return source.key, How.SAME_TITLE
        return None, How.NEW


def source_key(said: Mapping, taken: Container[str]) -> str:
    """A key as in a bibliography that is not taken: `feder2014`, then `feder2014b`, of the fields of a record."""
    name = (said.get("author") or [{}])[0]
    words = (_ascii(name.get("family") or name.get("literal") or "") or _ascii(said["title"])).split()
    begin = next((word for word in words if word not in ("the", "a", "an") and not word.isdigit()), "source")
    begin = re.sub("^[0-9]+", "", begin)[:40] or "source"
    stem = begin + (said.get("issued") or "")[:4]
    ends = ["", *"bcdefghijklmnopqrstuvwxyz"]
    number = 0
    while True:
        key = stem + (ends[number] if number < len(ends) else f"-{number}")
        if key not in taken:
            return key
        number += 1


def _reach(key: str, known: Mapping[str, Source], records: dict[str, Source]) -> None:
    """Add the record of a source and of all that it draws on."""
    seen, ahead = set(), [key]
    while ahead:
        key = ahead.pop()
        if key not in seen:
            seen.add(key)
            records.setdefault(key, known[key])
            ahead += records[key].draws_on


def slug(text: str) -> str:
    """The words of a text as an address, at the longest as long as one may be; empty where none can stand in one."""
    return _cut("-".join(_ascii(text).split()), 80)


def first_words(text: str) -> str:
    """The key that an entry with this text gets, as long as no other has it."""
    return _cut("-".join(_ascii(text).split()[:_FIRST_WORDS]), 60)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most].rpartition("-")[0].strip("-") or text[:most].strip("-")


def _ascii(text: str) -> str:
    """The words of a text in small ASCII letters and digits, apostrophes left out."""
    plain = unicodedata.normalize("NFKD", text[:1000].replace("’", "").replace("'", "")).encode(
        "ascii", "ignore"
    )
    return " ".join(re.findall("[a-z0-9]+", plain.decode().lower()))


def _plain(text: str) -> str:
    """The words of a text, whatever its capitals and signs; the signs where it has nothing else."""
    return " ".join(re.sub(r"[\W_]+", " ", text.casefold()).split()) or text.strip()


def _text(entry: Mapping) -> tuple | None:
    """All that the page could say of an entry, whatever its blanks, capitals and signs."""
    said = tuple(_plain(str(entry.get(name) or "")) for name in ("title", "text", "body"))
    return said if any(said) else None


def _body(entry: Mapping) -> str:
    return _plain(entry.get("body") or "")


def _heading(entry: Mapping) -> str:
    return _plain(entry.get("title") or "")


def _opening(entry: Mapping) -> str:
    return "" if entry.get("title") else first_words(entry["text"])


def _without_place(warning: Mapping) -> dict:
    return {name: value for name, value in warning.items() if name != "at"}
