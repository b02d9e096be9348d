"""Sources out of BibTeX, RIS or CSL-JSON into the bibliography: what would become of each, then storing those chosen.

A dry run is not kept: it is made anew of the same text when somebody says yes, and compared with what they saw.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b

from django.db import transaction
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from pydantic import ValidationError

from . import bibliography, citation_formats, duplicates
from .citation_formats import Entry, Format, NotUnderstood
from .desk.forms import said
from .document import Source, SourceType, StudyDesign
from .duplicates import Alike
from .labels import label
from .matching import source_key
from .models import Source as SourceRow

#: The most entries of one text.
MOST = 500


class Standing(StrEnum):
    """What an entry is to the bibliography."""

    NEW = "new"
    PERHAPS = "perhaps"  # the same as one that is there, or as another of the text
    KNOWN = "known"
    TWICE = "twice"
    REFUSED = "refused"


@dataclass(frozen=True)
class Difference:
    """A field of which the text says something else than the record that is there."""

    name: str
    here: str
    there: str


@dataclass(frozen=True)
class Proposal:
    """An entry of the text, and what would become of it."""

    number: int
    entry: Entry
    #: The record that it would become; None where the Document refuses it.
    source: Source | None
    refusals: tuple[str, ...] = ()
    #: The record that has its DOI or PMID, and where it says otherwise.
    known: Source | None = None
    differences: tuple[Difference, ...] = ()
    alike: tuple[Alike, ...] = ()
    #: An earlier entry of the text with the same DOI or PMID, or with the same title.
    same_number_as: Entry | None = None
    same_title_as: Entry | None = None

    @property
    def standing(self) -> Standing:
        if self.known:
            return Standing.KNOWN
        if self.source is None:
            return Standing.REFUSED
        if self.same_number_as:
            return Standing.TWICE
        return Standing.PERHAPS if self.alike or self.same_title_as else Standing.NEW

    @property
    def can_be_stored(self) -> bool:
        return self.standing in (Standing.NEW, Standing.PERHAPS)

    @property
    def shown(self) -> list[tuple[str, str]]:
        """What was read besides the title, by what the admin calls the fields."""
        fields = self.source.model_dump() if self.source else self.entry.fields
        return [
            (field_name(name), text)
            for name in _SHOWN
            if name in self.entry.fields and name != "title" and (text := _in_words(name, fields[name]))
        ]


@dataclass(frozen=True)
class DryRun:
    format: Format
    proposals: tuple[Proposal, ...] = ()
    not_understood: tuple[NotUnderstood, ...] = ()
    #: What somebody saw, as a digest: another one next time means that something has changed.
    seen: str = field(default="", compare=False)

    def of(self, *standings: Standing) -> list[Proposal]:
        return [proposal for proposal in self.proposals if proposal.standing in standings]


class ChangedMeanwhile(Exception):
    """The text or the bibliography is not what the dry run showed. `now` is what it would show."""

    def __init__(self, now: DryRun):
        super().__init__("changed since the dry run")
        self.now = now


def dry_run(text: str, format: Format) -> DryRun:
    """What would become of each entry. Stores nothing; a fixed number of statements, however many entries.

    Raises TooMany for more than one import takes.
    """
    reading = citation_formats.read(text, format, most=MOST)
    proposals = _proposals(reading.entries)
    return DryRun(format, tuple(proposals), reading.not_understood, _digest(text, proposals))


@transaction.atomic
def store(text: str, format: Format, *, chosen: Collection[int], seen: str) -> list[Source]:
    """Add the records of the entries with these numbers to the bibliography, and change none that is there.

    `seen` is that of the dry run that somebody looked at. Raises ChangedMeanwhile, and stores nothing, where it would
    look otherwise now or one of those chosen cannot be stored.
    """
    bibliography.lock()  # from looking to storing
    now = dry_run(text, format)
    wanted = [proposal for proposal in now.proposals if proposal.number in chosen]
    if now.seen != seen or len(wanted) != len(set(chosen)) or not all(each.can_be_stored for each in wanted):
        raise ChangedMeanwhile(now)
    sources = [proposal.source for proposal in wanted]
    bibliography.save(sources, are_new=True)
    return sources


def _proposals(entries) -> list[Proposal]:
    taken = set(SourceRow.objects.values_list("key", flat=True))
    read = [_record(entry, taken) for entry in entries]
    numbers = [_numbers(entry) for entry in entries]
    owners = duplicates.with_numbers(number for each in numbers for number in each)
    known = bibliography.records(owners.values())
    valid = [source for source, _refusals in read if source]
    alike = dict(zip((source.key for source in valid), duplicates.alike(valid), strict=True))
    by_number: dict = {}
    by_title: dict = {}
    proposals = []
    for number, (entry, (source, refusals)) in enumerate(zip(entries, read, strict=True)):
        there = next((known[owners[each]] for each in numbers[number] if each in owners), None)
        title = " ".join(source.title.casefold().split()) if source else None
        proposals.append(
            Proposal(
                number,
                entry,
                source,
                refusals,
                known=there,
                differences=_differences(entry, source, there) if source and there else (),
                alike=() if there else alike.get(source.key, ()) if source else (),
                same_number_as=next((by_number[each] for each in numbers[number] if each in by_number), None),
                same_title_as=by_title.get(title),
            )
        )
        if source:
            by_number |= {each: entry for each in numbers[number] if each not in by_number}
            by_title.setdefault(title, entry)
    return proposals


def _record(entry: Entry, taken: set[str]) -> tuple[Source | None, tuple[str, ...]]:
    """The record of an entry with a key of its own, or what is wrong with it."""
    refusals = list(entry.mistakes)
    fields = {**entry.fields}
    key = source_key({"title": "", **fields}, taken)
    try:
        source = Source.model_validate({"title": "", **fields, "key": key})
    except ValidationError as error:
        for each in error.errors(include_url=False):
            place = field_name(str(each["loc"][0])) if each["loc"] else _("The entry")
            message = _("Is empty.") if each["type"] == "empty" else said(each)
            refusals.append(f"{place}: {message}")
    if refusals:
        return None, tuple(refusals)
    taken.add(key)
    return source, ()


def _numbers(entry: Entry) -> list[tuple[str, str]]:
    return [(name, entry.fields[name].lower()) for name in ("DOI", "PMID") if entry.fields.get(name)]


def _differences(entry: Entry, source: Source, there: Source) -> tuple[Difference, ...]:
    """Where the text says something else. What it does not say differs in nothing."""
    mine, theirs = source.model_dump(), there.model_dump()
    return tuple(
        Difference(field_name(name), _in_words(name, theirs[name]), _in_words(name, mine[name]))
        for name in _SHOWN
        if name in entry.fields and _folded(mine[name]) != _folded(theirs[name])
    )


def _folded(value):
    """DOIs know no capitals, and page ranges are written with several kinds of dashes."""
    return value.lower().replace("–", "-") if isinstance(value, str) else value


def _digest(text: str, proposals: list[Proposal]) -> str:
    digest = blake2b(text.replace("\r\n", "\n").encode(errors="surrogatepass"), digest_size=16)
    for proposal in proposals:
        like = [each.key for each in proposal.alike]
        digest.update(repr((proposal.standing, proposal.source, proposal.known, like)).encode())
    return digest.hexdigest()


# As people read it

_SHOWN = (
    "type",
    "title",
    "author",
    "and_others",
    "issued",
    "container_title",
    "volume",
    "issue",
    "page",
    "DOI",
    "PMID",
    "URL",
    "study_design",
    "note",
)


def field_name(name: str) -> str:
    """What a field of a record is called in the admin."""
    return capfirst(SourceRow._meta.get_field(name).verbose_name)


def _in_words(name: str, value) -> str:
    if not value:
        return ""
    if name == "type":
        return str(label(SourceType(value)))
    if name == "study_design":
        return str(label(StudyDesign(value)))
    if name == "and_others":
        return _("yes")
    if name == "author":
        return "; ".join(
            each.get("literal") or ", ".join(filter(None, [each.get("family"), each.get("given")]))
            for each in value
        )
    return str(value)
