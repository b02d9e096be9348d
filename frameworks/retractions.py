"""What became of our sources, after the list of Retraction Watch that Crossref publishes as a CSV file.

The file has a row for each notice, some sixty thousand; it is read row by row. Crossref's documentation of its columns:
https://www.crossref.org/documentation/retrieve-metadata/retraction-watch/
"""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TextIO

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import OuterRef
from django.db.models.functions import JSONObject
from django.utils import timezone

from . import listings
from .models import Source, SourceUpdate
from .models.sources import UpdateType

RECORD, DOI, PMID = "Record ID", "OriginalPaperDOI", "OriginalPaperPubMedID"
NATURE, DATE, NOTICE_DOI = "RetractionNature", "RetractionDate", "RetractionDOI"
#: The columns that are read; the file has fourteen more.
COLUMNS = (RECORD, DOI, PMID, NATURE, DATE, NOTICE_DOI)

#: The notice that a work stands again. It is recorded nowhere: an editor decides what it means here.
REINSTATEMENT = "reinstatement"
_NATURES = {
    "retraction": UpdateType.RETRACTION,
    "correction": UpdateType.CORRECTION,
    "expression of concern": UpdateType.EXPRESSION_OF_CONCERN,
    "reinstatement": REINSTATEMENT,
}
#: A title or a list of reasons can be long. More than this is a quotation mark that nobody closed.
_LONGEST_FIELD = 10_000_000
#: So many places of damage are named; of a file that is no table of this kind there would be thousands.
_MOST_NAMED = 50

_DOI_PREFIX = re.compile(r"\s*(https?://)?((www\.|dx\.)?doi\.org/|doi:\s*)?", re.IGNORECASE)
_DOI = re.compile(r"10\.[0-9]{4,9}/[!-~]+")
_PMID = re.compile(r"[1-9][0-9]{0,8}")
_DAY = re.compile(r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})( \d{1,2}:\d{2}(:\d{2})?)?")
_ISO_DAY = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})")


class NotTheFile(ValueError):
    """It cannot be read as the list of Retraction Watch; the message says why and what to do."""


@dataclass(frozen=True)
class Row:
    """A notice as the file has it. `dois` and `pmid` name the work that it is about; empty where it gives none."""

    line: int
    record: str
    dois: tuple[str, ...]
    pmid: str
    nature: str
    date: str
    notice_doi: str

    @property
    def place(self) -> str:
        return f"line {self.line} (record {self.record or 'without a number'})"


@dataclass(frozen=True)
class Damage:
    """Lines that are no row of the table."""

    first: int
    last: int
    why: str

    def __str__(self):
        lines = f"line {self.first}" if self.first == self.last else f"lines {self.first} to {self.last}"
        return f"{lines}: {self.why}"


@dataclass(frozen=True)
class Notice:
    """What a row says became of a source of ours."""

    row: Row
    kind: UpdateType | str
    date: date
    notice_doi: str

    def __str__(self):
        name = self.kind.replace("_", " ")
        return f"{name} of {self.date}, {self.row.place}"


@dataclass
class Work:
    """A source of ours, what is recorded of it, and what the file says."""

    id: int
    key: str
    doi: str
    pmid: str
    recorded: list[tuple[str, date, str]]
    notices: list[Notice] = field(default_factory=list)


@dataclass
class Report:
    """What the file says of our sources. Every row is counted once."""

    rows: int = 0
    #: Rows about works that are not in the bibliography, and those that give neither a DOI nor a PMID.
    others: int = 0
    nameless: int = 0
    #: Notices that are recorded already.
    known: int = 0
    new: list[tuple[Work, Notice]] = field(default_factory=list)
    #: What a person has to look at, and how many rows that is.
    to_decide: list[str] = field(default_factory=list)
    undecided: int = 0
    #: What could not be read as rows at all: the first such places, and how many there are.
    damage: list[Damage] = field(default_factory=list)
    damaged: int = 0
    #: The keys of the sources that the file says something of.
    affected: set[str] = field(default_factory=set)

    def leave_open(self, rows: int, what: str) -> None:
        self.undecided += rows
        self.to_decide.append(what)


# Reading


def read(path: Path) -> Iterator[Row | Damage]:
    """The rows of the file in their order, each read as it is asked for. Raises NotTheFile."""
    csv.field_size_limit(_LONGEST_FIELD)
    try:
        # The list has come with letters of other encodings in people's names; none of what we read has any.
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            yield from read_rows(file)
    except OSError as problem:
        raise NotTheFile(f"{path} cannot be read: {problem.strerror}.") from None


def read_rows(file: TextIO) -> Iterator[Row | Damage]:
    # Strict, or a quotation mark that nobody closed would swallow rows without a word.
    lines = csv.reader(file, strict=True)
    try:
        header = [name.strip().casefold() for name in next(lines, [])]
    except csv.Error as problem:
        raise NotTheFile(f"It is no table of comma-separated values: {problem}.") from None
    missing = [name for name in COLUMNS if name.casefold() not in header]
    if missing:
        raise NotTheFile(
            f"It has no column {', '.join(missing)}. It must be the file retraction_watch.csv as Crossref "
            "publishes it, with its first line."
        )
    places = [header.index(name.casefold()) for name in COLUMNS]
    while True:
        first = lines.line_num + 1
        try:
            cells = next(lines)
        except StopIteration:
            return
        except csv.Error as problem:
            yield Damage(first, max(first, lines.line_num), str(problem))
            continue
        if not any(cells):
            continue
        if len(cells) <= max(places) or any(cells[len(header) :]):
            why = f"it has {len(cells)} columns, and the first line {len(header)}"
            yield Damage(first, lines.line_num, why)
            continue
        record, doi, pmid, nature, day, notice_doi = (cells[place].strip() for place in places)
        yield Row(first, record, dois_in(doi), pmid_in(pmid), nature, day, doi_in(notice_doi))


def doi_in(text: str) -> str:
    """The DOI in small letters and without what stands before it; empty where there is none (`unavailable`, `0`)."""
    doi = _DOI_PREFIX.sub("", text, count=1).strip().rstrip(".,;").lower()
    return doi if _DOI.fullmatch(doi) and len(doi) <= 200 else ""


def dois_in(text: str) -> tuple[str, ...]:
    """The DOI, or each of several. Old ones have a semicolon within, so the whole comes first."""
    return tuple(dict.fromkeys(filter(None, map(doi_in, [text, *re.split(r"[;\s]+", text)]))))


def pmid_in(text: str) -> str:
    return text if _PMID.fullmatch(text) else ""


def day_in(text: str) -> date | None:
    """The day of `4/24/2024 0:00`, where the month comes first, or of `2024-04-24`; None of anything else."""
    found = _DAY.fullmatch(text) or _ISO_DAY.fullmatch(text)
    try:
        return found and date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        return None


# Comparing with the bibliography


def works() -> list[Work]:
    """Our sources that a row can name, each with what is recorded of it. One statement."""
    recorded = SourceUpdate.objects.filter(source=OuterRef("pk")).order_by("date")
    rows = (
        Source.objects.exclude(DOI="", PMID="")
        .order_by("key")
        .values_list("pk", "key", "DOI", "PMID")
        .annotate(recorded=ArraySubquery(recorded.values(one=JSONObject(t="type", d="date", n="notice_doi"))))
    )
    return [
        Work(
            id,
            key,
            doi.lower(),
            pmid,
            [(one["t"], date.fromisoformat(one["d"]), one["n"].lower()) for one in recorded],
        )
        for id, key, doi, pmid, recorded in rows
    ]


def compare(rows: Iterable[Row | Damage], works: Iterable[Work]) -> Report:
    """What the rows say of these works. Stores nothing."""
    report = Report()
    works = list(works)
    by_doi = {work.doi: work for work in works if work.doi}
    by_pmid = {work.pmid: work for work in works if work.pmid}
    for row in rows:
        report.rows += 1
        if isinstance(row, Damage):
            report.damaged += 1
            if len(report.damage) < _MOST_NAMED:
                report.damage.append(row)
            continue
        work = _named(row, by_doi, by_pmid, report)
        if work is not None:
            _hear(row, work, report)
    for work in works:
        if work.notices:
            report.affected.add(work.key)
            _judge(work, report)
    return report


def _named(row: Row, by_doi, by_pmid, report: Report) -> Work | None:
    """The work that the row is about. The DOI decides: PMIDs are copied by hand more often."""
    work, *more = [by_doi[doi] for doi in row.dois if doi in by_doi] or [None]
    other = by_pmid.get(row.pmid)
    for one in more:
        report.affected.add(one.key)
        report.to_decide.append(
            f"{one.key}: {row.place} has its DOI, and that of {work.key}. It counts for {work.key} alone."
        )
    if work is None and other is not None:
        if not (row.dois and other.doi):
            return other
        report.affected.add(other.key)
        report.leave_open(
            1,
            f"{other.key}: {row.place} has its PMID, and another DOI ({row.dois[0]}). See which of the two is right.",
        )
    elif work is None:
        report.others += bool(row.dois or row.pmid)
        report.nameless += not (row.dois or row.pmid)
    elif other not in (None, work):
        report.affected.add(other.key)
        report.to_decide.append(
            f"{other.key}: {row.place} has its PMID, and the DOI of {work.key}. It counts for {work.key} alone."
        )
    return work


def _hear(row: Row, work: Work, report: Report) -> None:
    kind, day = _NATURES.get(row.nature.casefold()), day_in(row.date)
    if kind is None or day is None or day > timezone.localdate():
        what = f"the date “{row.date}”" if kind else f"the nature “{row.nature}”"
        why = "lies ahead" if kind and day else "cannot be read"
        report.affected.add(work.key)
        report.leave_open(1, f"{work.key}: {row.place} is about it, and {what} {why}. Look the work up.")
    else:
        work.notices.append(Notice(row, kind, day, row.notice_doi))


def _judge(work: Work, report: Report) -> None:
    """Sort the notices of a work into what is new, what is known, and what an editor decides."""
    back = max((one for one in work.notices if one.kind == REINSTATEMENT), key=_day, default=None)
    retractions = [one for one in work.notices if one.kind == UpdateType.RETRACTION]
    overtaken = [one for one in retractions if back and one.date <= back.date]
    recorded = [day for kind, day, _notice in work.recorded if kind == UpdateType.RETRACTION]
    if back:
        rows = len(overtaken) + sum(one.kind == REINSTATEMENT for one in work.notices)
        if any(day <= back.date for day in recorded):
            report.leave_open(
                rows,
                f"{work.key}: {back}. Here it is retracted. If it stands again, delete the retraction at the source.",
            )
        else:
            report.leave_open(
                rows,
                f"{work.key}: {back}. No retraction from before that day is recorded here, and none was added.",
            )
    for notice in sorted(work.notices, key=_day):
        if notice in overtaken or notice.kind == REINSTATEMENT:
            continue
        if _is_recorded(notice, work):
            report.known += 1
        else:
            work.recorded.append((notice.kind.value, notice.date, notice.notice_doi))
            report.new.append((work, notice))


def _is_recorded(notice: Notice, work: Work) -> bool:
    """Whether this is told of the work already: a retraction once, anything else once a day or notice."""
    alike = [(day, doi) for kind, day, doi in work.recorded if kind == notice.kind]
    if notice.kind == UpdateType.RETRACTION:
        return bool(alike)
    return any(day == notice.date or (doi and doi == notice.notice_doi) for day, doi in alike)


def _day(notice: Notice) -> date:
    return notice.date


# Storing


@transaction.atomic
def record(report: Report) -> int:
    """Store what is new, and count anew what the library says of it. Returns how many listings changed.

    What somebody else has recorded meanwhile stays as it is.
    """
    if not report.new:
        return 0
    listings.take_turns()
    SourceUpdate.objects.bulk_create(
        [
            SourceUpdate(source_id=work.id, type=notice.kind, date=notice.date, notice_doi=notice.notice_doi)
            for work, notice in report.new
        ],
        ignore_conflicts=True,
    )
    return listings.retrace({work.key for work, _notice in report.new})
