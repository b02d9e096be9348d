"""An entry of a file on its way to a record of the bibliography, whichever format it is in."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from ..document import Source, SourceType, StudyDesign
from ..evidence import tier
from ..identifiers import is_doi_address, is_pmid_address, plain_doi, plain_pmid

#: How an author who stands for more is written.
AND_OTHERS = "et al."
_OTHERS = {"et al", "et al.", "et al.,", "others", "and others"}
_IN_NOTE = re.compile(r"\s*PMID:?\s*([1-9][0-9]{0,8})\s*[.;,]?\s*")
_TAG = re.compile(r"</?(?:i|b|em|strong|sub|sup|span|scp)\b[^>]*>", re.IGNORECASE)
_BY_WORD = {design.value: design for design in StudyDesign}
_SHOWN = 160


class TooMany(ValueError):
    """More entries than are asked for."""


@dataclass(frozen=True)
class LeftOut:
    """A field that has no place in a record here, or whose place was taken already."""

    name: str
    text: str


@dataclass(frozen=True)
class NotUnderstood:
    """A part of the text that is no entry: where it stands, how it begins, and why it is none."""

    place: str
    begin: str
    why: str


@dataclass
class Entry:
    """What one entry says in the fields of a record, and all that it says besides."""

    place: str
    #: What the file calls it.
    name: str
    fields: dict = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    #: What to look at before storing it.
    remarks: list[str] = field(default_factory=list)
    #: Why it cannot be stored, apart from what the Document says of its fields.
    mistakes: list[str] = field(default_factory=list)

    def take(self, name: str, text: str, said_by: str) -> None:
        """Fill in a field, unless an earlier line has; then this one is left out."""
        text = one_line(text)
        if text and self.fields.setdefault(name, text) != text:
            self.leave(said_by, text)

    def leave(self, said_by: str, text: str) -> None:
        if text := one_line(text):
            self.left_out.append(LeftOut(said_by, shown(text)))

    def take_title(self, text: str, said_by: str) -> None:
        self.take("title", text, said_by)
        if _TAG.search(text):
            self.remarks.append(_("The title holds tags such as <i>. Take them out after storing it."))

    def take_type(self, word: str, types: Mapping[str, SourceType], exact: Iterable[str] = ()) -> None:
        """The type that the format's word stands for; `exact` are words that may name one of ours."""
        for name in exact:
            if name.strip().lower() in SourceType:
                self.fields["type"] = SourceType(name.strip().lower())
                return
        self.fields["type"] = types.get(word, SourceType.DOCUMENT)
        if word not in types:
            self.remarks.append(
                _("The type “%(word)s” has none that is the same here: choose one after storing it.")
                % {"word": shown(word)}
            )

    def take_names(self, names: Iterable[dict]) -> None:
        for name in names:
            if (name.get("literal") or "").lower() in _OTHERS:
                self.fields["and_others"] = True
            elif any(name.values()):
                self.fields.setdefault("author", []).append(name)

    def take_doi(self, text: str, said_by: str) -> None:
        self.take("DOI", plain_doi(text), said_by)

    def take_pmid(self, text: str, said_by: str) -> None:
        self.take("PMID", plain_pmid(text), said_by)

    def take_address(self, text: str, said_by: str) -> None:
        """An address; that of a DOI or of PubMed is the DOI or PMID. Call it once these were taken."""
        text = text.strip()
        doi, pmid = plain_doi(text), plain_pmid(text)
        if is_doi_address(text) and self.fields.get("DOI", doi).lower() == doi.lower():
            self.fields.setdefault("DOI", doi)
        elif is_pmid_address(text) and self.fields.get("PMID", pmid) == pmid:
            self.fields["PMID"] = pmid
        elif re.match("https?://", text):
            self.take("URL", text, said_by)
        else:
            self.leave(said_by, text)

    def take_note(self, text: str, said_by: str) -> None:
        """A note, and the PMID that a line of it holds. One that is too long for a record is left out."""
        kept = []
        for line in text.split("\n"):
            # Inside a line it can be that of another work, as in “Comment in”.
            if found := _IN_NOTE.fullmatch(line):
                self.take_pmid(found[1], said_by)
            else:
                kept.append(line)
        text = one_line(" ".join(kept))
        if len(text) > 300:
            self.leave(said_by, text)
        else:
            self.take("note", text, said_by)

    def take_words(self, words: Iterable[str], said_by: str) -> None:
        """Keywords and publication types: one that is a kind of study of ours is taken for it."""
        left = []
        for word in filter(None, map(one_line, words)):
            if design := _BY_WORD.get(re.sub(r"[\s_-]+", "-", word.lower())):
                self.fields.setdefault("_designs", {})[design] = word
            else:
                left.append(word)
        self.leave(said_by, "; ".join(left))

    def take_pages(self, text: str, said_by: str) -> None:
        self.take("page", re.sub(r"(?<=\d)\s*(?:--?|‐|‑|−)\s*(?=[A-Za-z]?\d)", "–", one_line(text)), said_by)

    def finish(self) -> "Entry":
        """The same, with the kind of study where the file names exactly one."""
        designs = self.fields.pop("_designs", {})
        if len(designs) == 1:
            [self.fields["study_design"]] = designs
        elif designs:
            self.remarks.append(
                _("The file names several kinds of study: %(words)s. Choose one after storing it.")
                % {"words": ", ".join(designs.values())}
            )
        return self


@dataclass(frozen=True)
class Reading:
    entries: tuple[Entry, ...] = ()
    not_understood: tuple[NotUnderstood, ...] = ()


def one_line(text: str) -> str:
    return " ".join(text.split())


def shown(text: str) -> str:
    return Truncator(one_line(text)).chars(_SHOWN)


def at_line(number: int) -> str:
    return _("line %(number)d") % {"number": number}


def not_understood(place: str, text: str, why: str) -> NotUnderstood:
    return NotUnderstood(place, shown(text), why)


def partial_date(year="", month="", day="") -> str:
    """`2014`, `2014-06` or `2014-06-30`, of numbers as they were typed; as they are where they are none."""
    parts = [part for part in (str(part).strip() for part in (year, month, day)) if part]
    return "-".join(part.zfill(2) if part.isdigit() else part for part in parts)


# What all formats write

#: As MeSH writes them; read again whatever their capitals and hyphens.
_MESH = {design: design.value.replace("-", " ").title() for design in StudyDesign} | {
    StudyDesign.META_ANALYSIS: "Meta-Analysis",
    StudyDesign.NETWORK_META_ANALYSIS: "Network Meta-Analysis",
}


def keywords(source: Source, remarks: Iterable[str]) -> list[str]:
    """What a reference manager can sort by: a retraction, the kind of study, the tier."""
    words = ["Retracted"] if any(remark.startswith("Retracted") for remark in remarks) else []
    if source.study_design:
        words.append(_MESH[source.study_design])
    return [*words, f"{tier(source)} source"]


def note(source: Source, remarks: Iterable[str]) -> str:
    """What readers should know of it, what became of it first."""
    return " ".join(part if part[-1] in ".!?…" else f"{part}." for part in (*remarks, source.note) if part)
