"""RIS: its syntax by rispy."""

import re

import rispy
from django.utils.translation import gettext as _
from rispy.config import TAG_KEY_MAPPING

from ..document import Name, Source, SourceType
from .records import (
    AND_OTHERS,
    Entry,
    Reading,
    TooMany,
    at_line,
    keywords,
    not_understood,
    note,
    one_line,
    partial_date,
)

_TYPES = {
    "ABST": SourceType.ARTICLE_JOURNAL,
    "BLOG": SourceType.POST_WEBLOG,
    "BOOK": SourceType.BOOK,
    "CHAP": SourceType.CHAPTER,
    "CONF": SourceType.PAPER_CONFERENCE,
    "CPAPER": SourceType.PAPER_CONFERENCE,
    "DATA": SourceType.DATASET,
    "DICT": SourceType.ENTRY,
    "EBOOK": SourceType.BOOK,
    "ECHAP": SourceType.CHAPTER,
    "EDBOOK": SourceType.BOOK,
    "EJOUR": SourceType.ARTICLE_JOURNAL,
    "ELEC": SourceType.WEBPAGE,
    "ENCYC": SourceType.ENTRY_ENCYCLOPEDIA,
    "GEN": SourceType.DOCUMENT,
    "GOVDOC": SourceType.REPORT,
    "INPR": SourceType.ARTICLE_JOURNAL,
    "JFULL": SourceType.ARTICLE_JOURNAL,
    "JOUR": SourceType.ARTICLE_JOURNAL,
    "MANSCPT": SourceType.ARTICLE,
    "MGZN": SourceType.ARTICLE_MAGAZINE,
    "MPCT": SourceType.MOTION_PICTURE,
    "NEWS": SourceType.ARTICLE_NEWSPAPER,
    "PAMP": SourceType.PAMPHLET,
    "RPRT": SourceType.REPORT,
    "STAND": SourceType.STANDARD,
    "STAT": SourceType.REGULATION,
    "THES": SourceType.THESIS,
    "UNPB": SourceType.ARTICLE,
    "VIDEO": SourceType.MOTION_PICTURE,
    "WEB": SourceType.WEBPAGE,
}
_AUTHORS = ("AU", "A1")
_TITLES = ("TI", "T1")
_CONTAINERS = ("T2", "JO", "JF", "JA", "J2", "BT")
_DATES = ("DA", "Y1", "PY")
_NUMBERING = re.compile(r"\d+\.?")
#: Each tag by its own name, and as often as it comes: rispy drops what repeats otherwise.
_MAPPING = {tag: tag.lower() for tag in TAG_KEY_MAPPING}
_parser = rispy.RisParser()

# Reading


def read(text: str, most: int) -> Reading:
    if len(re.findall("^TY  -", text, re.MULTILINE)) > most:
        raise TooMany
    entries, others = [], []
    stray: list[str] = []
    stray_from = 0
    lines: list[list[str]] = []  # each with those on which its text goes on
    begin = 0

    def close(ended: bool) -> None:
        if lines:
            entry = _entry([" ".join(parts) for parts in lines], at_line(begin))
            if not ended:
                entry.remarks.append(_("It has no ER line: see whether the end of it is missing."))
            entries.append(entry)
            lines.clear()

    def tell_stray() -> None:
        if stray:
            why = _("It stands outside of TY and ER lines.")
            others.append(not_understood(at_line(stray_from), " ".join(stray[:50]), why))
            stray.clear()

    for number, line in enumerate(text.split("\n"), 1):
        tag, content = _parser.parse_line(line)
        if tag == "TY":
            close(ended=False)
            begin = number
            lines.append([line])
        elif tag == "ER" and lines:
            close(ended=True)
        elif lines and tag:
            lines.append([line])
        elif lines and content:
            # A text goes on until the next tag; the lines of a note can be about different things.
            if lines[-1][0].startswith("N1"):
                lines.append([f"N1  - {content}"])
            else:
                lines[-1].append(content)
        elif content and not (tag is None and _NUMBERING.fullmatch(content)):
            # Lines that follow each other are one: of a text in another format it can be all.
            stray_from = stray_from if stray else number
            stray.append(content if tag is None else line)
            continue
        tell_stray()
    tell_stray()
    close(ended=False)
    return Reading(tuple(entries), tuple(others))


def _entry(lines: list[str], place: str) -> Entry:
    [found] = rispy.loads(
        "\n".join([*lines, "ER  - "]),
        mapping=_MAPPING,
        list_tags=[tag for tag in _MAPPING if tag != "UK"],
        delimiter_tags_mapping={},
    )
    said = {name.upper(): values for name, values in found.items() if name != "uk"}
    said |= found.get("uk", {})
    kind = said.pop("TY")
    kind = one_line(kind if isinstance(kind, str) else kind[0]).upper()

    def texts(*tags: str) -> list[tuple[str, str]]:
        return [(tag, one_line(text)) for tag in tags for text in said.pop(tag, ()) if text.strip()]

    identifiers = texts("ID")
    entry = Entry(place, identifiers[0][1] if identifiers else "")
    words = texts("M3")
    entry.take_type(kind, _TYPES, [text for _tag, text in words])
    words = [(tag, text) for tag, text in words if text.lower() != entry.fields["type"]]
    for tag, text in texts(*_TITLES):
        entry.take_title(text, tag)
    if "title" not in entry.fields:  # what EndNote writes of a book
        for tag, text in texts("BT", "CT"):
            entry.take_title(text, tag)
    entry.take_names([_name(text) for _tag, text in texts(*_AUTHORS)])
    for tag, text in texts(*_CONTAINERS):
        entry.take("container_title", text, tag)
    for tag, text in texts(*_DATES):
        _take_date(entry, text, tag)
    for tag, name in (("VL", "volume"), ("IS", "issue")):
        for _tag, text in texts(tag):
            entry.take(name, text, tag)
    _take_pages(entry, texts("SP"), texts("EP"))
    for tag, text in texts("DO"):
        entry.take_doi(text, tag)
    _take_accession(entry, texts("AN"), said)
    for tag, text in texts("UR"):
        for address in re.split(r";\s*(?=https?://)", text):
            entry.take_address(address, tag)
    entry.take_note("\n".join(text for _tag, text in texts("N1")), "N1")
    for tag in ("KW", "M3"):
        found_words = [text for of, text in (*words, *texts(tag)) if of == tag]
        entry.take_words(found_words, tag)
    for tag, text in (*identifiers[1:], *texts(*list(said))):
        entry.leave(tag, text)
    return entry.finish()


def _name(text: str) -> dict:
    family, comma, given = text.partition(",")
    return (
        {"family": family.strip(), "given": given.strip()} if comma and family.strip() else {"literal": text}
    )


def _take_date(entry: Entry, text: str, tag: str) -> None:
    """`2014/06/30/Spring`, where each part but the year may be empty; or 2014-06-30, as some write it."""
    year, month, day, *more = [*re.split("[/-]", text), "", ""]
    entry.leave(tag, "/".join(part for part in more if part))
    if not (month.strip().isdigit() or not month.strip()):
        entry.leave(tag, month)
        month = day = ""
    written = partial_date(year, month, day)
    # PY repeats the year of DA.
    if not entry.fields.get("issued", "").startswith(written):
        entry.take("issued", written, tag)


def _take_pages(entry: Entry, first, last) -> None:
    for n, (tag, text) in enumerate(first):
        end = last[n][1] if n < len(last) else ""
        entry.take_pages(f"{text}–{end}" if end and end != text else text, tag)
    for tag, text in last[len(first) :]:
        entry.leave(tag, text)


def _take_accession(entry: Entry, numbers, said: dict) -> None:
    """An accession number is a PMID where it says so or the database is PubMed; elsewhere it is another number."""
    database = " ".join([*said.get("DB", ()), *said.get("DP", ())]).lower()
    of_pubmed = re.search(r"\b(pubmed|medline|nlm)\b", database)
    for tag, text in numbers:
        if re.fullmatch(r"PMID:?\s*\d+", text, re.IGNORECASE) or (of_pubmed and text.isdigit()):
            entry.take_pmid(text, tag)
        else:
            entry.leave(tag, text)
    if of_pubmed and database.strip() in {"pubmed", "medline", "nlm"}:
        said.pop("DB", None)


# Writing

_WRITTEN = {
    SourceType.ARTICLE: "UNPB",
    SourceType.ARTICLE_JOURNAL: "JOUR",
    SourceType.ARTICLE_MAGAZINE: "MGZN",
    SourceType.ARTICLE_NEWSPAPER: "NEWS",
    SourceType.BOOK: "BOOK",
    SourceType.BROADCAST: "SOUND",
    SourceType.CHAPTER: "CHAP",
    SourceType.DATASET: "DATA",
    SourceType.ENTRY: "DICT",
    SourceType.ENTRY_ENCYCLOPEDIA: "ENCYC",
    SourceType.MOTION_PICTURE: "VIDEO",
    SourceType.PAMPHLET: "PAMP",
    SourceType.PAPER_CONFERENCE: "CPAPER",
    SourceType.POST: "ELEC",
    SourceType.POST_WEBLOG: "BLOG",
    SourceType.REGULATION: "STAT",
    SourceType.REPORT: "RPRT",
    SourceType.STANDARD: "STAND",
    SourceType.THESIS: "THES",
    SourceType.WEBPAGE: "ELEC",
}


class _Writer(rispy.RisWriter):
    REFERENCE_TYPE_KEY = "ty"
    DEFAULT_MAPPING = _MAPPING
    DEFAULT_LIST_TAGS = ["AU", "KW"]
    DEFAULT_DELIMITER_MAPPING = {}

    def set_header(self, count):
        return ""  # a number before each record, which RIS does not know


def write(sources: list[Source], remarks) -> str:
    records = [_record(source, list(remarks.get(source.key, ()))) for source in sources]
    return rispy.dumps(records, implementation=_Writer)


def _record(source: Source, remarks: list[str]) -> dict:
    kind = _WRITTEN.get(source.type, "GEN")
    pages = re.fullmatch(r"([^\s–-]+)[–-]([^\s–-]+)", source.page)
    first, last = pages.groups() if pages else (source.page, "")
    fields = {
        "ty": kind,
        "id": source.key,
        "au": [*map(_written_name, source.author), *([AND_OTHERS] if source.and_others else [])],
        "ti": source.title,
        "t2": source.container_title,
        "py": (source.issued or "")[:4],
        "da": "/".join([*(source.issued or "").split("-"), "", "", ""][:4]) if source.issued else "",
        "vl": source.volume,
        "is": source.issue,
        "sp": first,
        "ep": last,
        "do": source.DOI,
        "an": source.PMID,
        "db": "PubMed" if source.PMID else "",
        "ur": source.URL,
        "n1": note(source, remarks),
        "kw": keywords(source, remarks),
        # The type as we know it, where RIS has none that is the same.
        "m3": source.type.value if _TYPES.get(kind) is not source.type else "",
    }
    return {tag: value for tag, value in fields.items() if value}


def _written_name(name: Name) -> str:
    # The comma tells a person from a body.
    return name.literal or f"{name.family}, {name.given}".rstrip()
