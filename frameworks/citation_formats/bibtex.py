"""BibTeX: its syntax by bibtexparser, its LaTeX by pylatexenc."""

import logging
import re

import bibtexparser
from bibtexparser.middlewares import RemoveEnclosingMiddleware, ResolveStringReferencesMiddleware
from bibtexparser.middlewares.names import parse_single_name_into_parts, split_multiple_persons_names
from bibtexparser.model import (
    DuplicateBlockKeyBlock,
    DuplicateFieldKeyBlock,
    Field,
    ParsingFailedBlock,
    Preamble,
    String,
)
from bibtexparser.model import Entry as Block
from django.utils.translation import gettext as _
from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

from ..document import Name, Source, SourceType
from .records import (
    Entry,
    Reading,
    TooMany,
    at_line,
    keywords,
    not_understood,
    note,
    one_line,
    partial_date,
    shown,
)

# They log what they cannot read, with its text; who imports it is told instead.
for _name in ("bibtexparser", "pylatexenc"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

_TYPES = {
    "article": SourceType.ARTICLE_JOURNAL,
    "audio": SourceType.BROADCAST,
    "book": SourceType.BOOK,
    "booklet": SourceType.PAMPHLET,
    "collection": SourceType.BOOK,
    "conference": SourceType.PAPER_CONFERENCE,
    "dataset": SourceType.DATASET,
    "electronic": SourceType.WEBPAGE,
    "inbook": SourceType.CHAPTER,
    "incollection": SourceType.CHAPTER,
    "inproceedings": SourceType.PAPER_CONFERENCE,
    "inreference": SourceType.ENTRY_ENCYCLOPEDIA,
    "legislation": SourceType.REGULATION,
    "mastersthesis": SourceType.THESIS,
    "misc": SourceType.DOCUMENT,
    "movie": SourceType.MOTION_PICTURE,
    "mvbook": SourceType.BOOK,
    "online": SourceType.WEBPAGE,
    "phdthesis": SourceType.THESIS,
    "report": SourceType.REPORT,
    "standard": SourceType.STANDARD,
    "techreport": SourceType.REPORT,
    "thesis": SourceType.THESIS,
    "unpublished": SourceType.ARTICLE,
    "video": SourceType.MOTION_PICTURE,
    "www": SourceType.WEBPAGE,
}
_SUBTYPES = {"magazine": "article-magazine", "newspaper": "article-newspaper"}
_TAKEN = {
    "journal": "container_title",
    "journaltitle": "container_title",
    "booktitle": "container_title",
    "volume": "volume",
    "number": "issue",
    "issue": "issue",
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

# Reading

_LONGEST = 2000


def read(text: str, most: int) -> Reading:
    if len(re.findall(r"@\s*\w+\s*[{(]", text)) > 2 * most:  # a title or @string may hold some more
        raise TooMany
    try:
        library = bibtexparser.parse_string(
            text, parse_stack=[ResolveStringReferencesMiddleware(), RemoveEnclosingMiddleware()]
        )
    except (RecursionError, ValueError) as error:
        return Reading((), (not_understood(at_line(1), text, str(error)),))
    strings = {string.key.lower() for string in library.strings}
    latex = _Latex()
    entries, others = [], []
    for block in library.blocks:
        place = at_line((block.start_line or 0) + 1)
        if isinstance(block, Block):
            entries.append(_entry(block, place, strings, latex))
        elif why := _why_not(block):
            others.append(not_understood(place, block.raw or "", why))
    if len(entries) > most:
        raise TooMany
    return Reading(tuple(entries), tuple(others))


def _why_not(block) -> str:
    if isinstance(block, String):
        return ""  # it is put where an entry names it
    if isinstance(block, DuplicateBlockKeyBlock):
        return _("Another entry above is called %(key)s too. Give this one another name.") % {
            "key": block.key
        }
    if isinstance(block, DuplicateFieldKeyBlock):
        return _("It says this more than once: %(names)s. Leave one of each.") % {
            "names": ", ".join(sorted(block.duplicate_keys))
        }
    if isinstance(block, ParsingFailedBlock):
        return _(
            "It is no complete entry: see whether a brace, a comma or a quotation mark is missing. %(why)s"
        ) % {"why": one_line(getattr(block.error, "abort_reason", "") or "")}
    if isinstance(block, Preamble):
        return _("A preamble is for LaTeX alone.")
    return _("A comment, or text that stands outside of the entries.")


def _entry(block: Block, place: str, strings: set[str], latex: "_Latex") -> Entry:
    entry = Entry(place, block.key)
    said = {}
    for field in block.fields:
        name, value = field.key.lower(), str(field.value)
        bare = field.enclosing == "no-enclosing"
        if bare and "#" in value:
            entry.mistakes.append(
                _("%(name)s is put together with #. Write it in one pair of braces.") % {"name": name}
            )
        elif bare and name != "month" and not value.isdigit() and value.lower() not in strings:
            entry.remarks.append(
                _("%(name)s: “%(value)s” stands without braces and no @string explains it.")
                % {"name": name, "value": shown(value)}
            )
        if name in said:  # two that differ in their capitals alone
            entry.leave(name, value)
        said.setdefault(name, value)

    def text(name: str) -> str:
        return latex.decoded(said.pop(name, ""), entry)

    subtype, kind = text("entrysubtype"), said.get("type", "")
    entry.take_type(block.entry_type.lower(), _TYPES, [_SUBTYPES.get(subtype, subtype), kind])
    if kind.lower() == entry.fields["type"]:
        del said["type"]
    elif subtype and _SUBTYPES.get(subtype, subtype) != entry.fields["type"]:
        entry.leave("entrysubtype", subtype)
    title, subtitle = text("title"), text("subtitle")
    entry.take_title(f"{title}: {subtitle}" if subtitle else title, "title")
    entry.take_names(_names(said.pop("author", ""), entry, latex))
    for name, ours in _TAKEN.items():
        if name == "booktitle" and "container_title" in entry.fields:
            entry.leave(name, text(name))
        else:
            entry.take(ours, text(name), name)
    _take_date(entry, text("date"), text("year"), said.pop("month", ""), text("day"))
    entry.take_pages(text("pages"), "pages")
    entry.take_doi(_verbatim(said.pop("doi", ""), entry, latex), "doi")
    entry.take_pmid(text("pmid"), "pmid")
    if said.get("eprinttype", said.get("archiveprefix", "")).lower() in {"pubmed", "pmid", "medline"}:
        entry.take_pmid(text("eprint"), "eprint")
        said.pop("eprinttype", said.pop("archiveprefix", ""))
    entry.take_address(_verbatim(said.pop("url", ""), entry, latex), "url")
    entry.take_note(text("note"), "note")
    entry.take_words(re.split("[,;]", text("keywords")), "keywords")
    if "type" in said:
        entry.take_words([text("type")], "type")
    for name, value in said.items():
        entry.leave(name, value)
    return entry.finish()


def _take_date(entry: Entry, date: str, year: str, month: str, day: str) -> None:
    month = one_line(month.strip('{}"'))
    if month[:3].lower() in _MONTHS:
        month = f"{_MONTHS.index(month[:3].lower()) + 1}"
    elif not (month.isdigit() and 1 <= int(month) <= 12):
        entry.leave("month", month)
        month = ""
    if not month:
        entry.leave("day", day)
    entry.take("issued", date, "date")
    if year and (not date or not date.startswith(year)):
        entry.take("issued", partial_date(year, month, day if month else ""), "year")


def _names(text: str, entry: Entry, latex: "_Latex") -> list[dict]:
    names = []
    try:
        if len(text) > 10 * _LONGEST:
            raise ValueError("longer than the names of any work")
        for name in split_multiple_persons_names(text):
            if _is_one_group(name):
                names.append({"literal": one_line(latex.decoded(name, entry))})
                continue
            parts = parse_single_name_into_parts(name.rstrip(", "), strict=True)
            given = " ".join(parts.first) + (f", {' '.join(parts.jr)}" if parts.jr else "")
            family = " ".join([*parts.von, *parts.last])
            if family == "others" and not given:
                names.append({"literal": "others"})
            else:
                names.append(
                    {
                        "family": one_line(latex.decoded(family, entry)),
                        "given": one_line(latex.decoded(given, entry)),
                    }
                )
    except ValueError:
        entry.mistakes.append(
            _(
                "The names in “%(text)s” cannot be told apart. Write them as “Family, Given and Family, Given”."
            )
            % {"text": shown(text)}
        )
        return []
    return names


def _is_one_group(text: str) -> bool:
    """Whether one pair of braces holds all of it: so BibTeX writes a body."""
    if not (text.startswith("{") and text.endswith("}")):
        return False
    depth = 0
    for n, sign in enumerate(text):
        depth += (sign == "{") - (sign == "}")
        if depth == 0:
            return n == len(text) - 1
    return False


def _verbatim(text: str, entry: Entry, latex: "_Latex") -> str:
    """A DOI or an address: LaTeX only where it holds a backslash or a brace, which neither has as it is."""
    return latex.decoded(text, entry).strip() if re.search(r"[\\{}]", text) else text.strip()


class _Latex:
    """LaTeX as text, once for all entries of a file: what pylatexenc knows of LaTeX takes a while to lay out."""

    def __init__(self):
        known = get_default_latex_context_db()
        known.add_context_category("ours", prepend=True, macros=_MACROS)
        known.set_unknown_macro_spec(MacroTextSpec("", simplify_repl=self._keep))
        self._decoder = LatexNodes2Text(latex_context=known, math_mode="text", keep_comments=True)
        self._unknown: list[str] = []

    def decoded(self, text: str, entry: Entry) -> str:
        """The text. What is not understood stays as it was typed, and is remarked on at the entry."""
        # No field of a record is that long: it is refused as it is, or left out.
        if len(text) > _LONGEST or not re.search(r"[\\{}$~`]|--|''", text):
            return text
        # A bare % would begin a comment, and & or an unpaired $ vanish; in bibliographies they mean themselves.
        latex = re.sub(r"(?<!\\)([%&#])", r"\\\1", text)
        if len(re.findall(r"(?<!\\)\$", latex)) % 2:
            latex = re.sub(r"(?<!\\)\$", r"\\$", latex)
        self._unknown.clear()
        try:
            decoded = self._decoder.latex_to_text(latex)
        except (RecursionError, ValueError, IndexError, KeyError):
            decoded, self._unknown[:] = text, [text]
        if self._unknown:
            entry.remarks.append(
                _("LaTeX that is not understood stands as it was typed: %(text)s")
                % {"text": shown(", ".join(self._unknown))}
            )
        return decoded

    def _keep(self, node) -> str:
        self._unknown.append(node.latex_verbatim().strip())
        return f"{self._unknown[-1]} "


_MACROS = [
    MacroTextSpec(name, simplify_repl=sign)
    for name, sign in {
        "textbraceleft": "{",
        "textbraceright": "}",
        "textasciicircum": "^",
        "textless": "<",
        "textgreater": ">",
        "textquotesingle": "'",
        "textasciigrave": "`",
        "url": "%s",
        # What is in braces behind these stays as it is.
        **dict.fromkeys(("textsubscript", "textsuperscript", "textnormal", "ensuremath", "nocase"), ""),
    }.items()
]

# Writing

_WRITTEN = {
    SourceType.ARTICLE_JOURNAL: "article",
    SourceType.ARTICLE_MAGAZINE: "article",
    SourceType.ARTICLE_NEWSPAPER: "article",
    SourceType.BOOK: "book",
    SourceType.CHAPTER: "incollection",
    SourceType.PAMPHLET: "booklet",
    SourceType.PAPER_CONFERENCE: "inproceedings",
    SourceType.REPORT: "techreport",
    SourceType.THESIS: "phdthesis",
    SourceType.WEBPAGE: "misc",
}
_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",  # \{ would count as a brace to BibTeX
    "}": r"\textbraceright{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    **{sign: f"\\{sign}" for sign in "$%&#_"},
}


def write(sources: list[Source], remarks) -> str:
    library = bibtexparser.Library([_block(source, list(remarks.get(source.key, ()))) for source in sources])
    return bibtexparser.write_string(library)


def _block(source: Source, remarks: list[str]) -> Block:
    kind = _WRITTEN.get(source.type, "misc")
    year, _dash, rest = (source.issued or "").partition("-")
    month, _dash, day = rest.partition("-")
    container = {"article": "journal", "incollection": "booktitle", "inproceedings": "booktitle"}
    fields = {
        "author": " and ".join(
            [*map(_written_name, source.author), *(["others"] if source.and_others else [])]
        ),
        "title": _title(source.title),
        container.get(kind, "journal"): _escaped(source.container_title),
        "year": year,
        "month": month,
        "day": day,
        "volume": _escaped(source.volume),
        "number": _escaped(source.issue),
        "pages": _escaped(source.page).replace("–", "--"),
        "doi": _written_verbatim(source.DOI or ""),
        "pmid": source.PMID or "",
        "url": _written_verbatim(source.URL or ""),
        "note": _escaped(note(source, remarks)),
        "keywords": ", ".join(map(_escaped, keywords(source, remarks))),
        # What biblatex has for a finer type; BibTeX itself passes over it.
        "entrysubtype": source.type.value if _TYPES.get(kind) is not source.type else "",
    }
    return Block(kind, source.key, [Field(name, value) for name, value in fields.items() if value])


def _escaped(text: str) -> str:
    text = "".join(_ESCAPES.get(sign, sign) for sign in text)
    # --, '', ``, !` and ?` are ligatures: other signs than those that stand there.
    return re.sub(r"(?<=-)(?=-)|(?<=')(?=')|(?<=[`!?])(?=`)", "{}", text)


def _title(text: str) -> str:
    """With what is capital inside a word in braces, because styles make small letters of it otherwise."""
    words = (
        f"{{{_escaped(word)}}}" if any(sign.isupper() for sign in word[1:]) else _escaped(word)
        for word in text.split(" ")
    )
    return re.sub(r"(?<=-)(?=-)|(?<=')(?=')", "{}", " ".join(words))


def _written_name(name: Name) -> str:
    if name.given:
        return f"{_part(name.family)}, {_part(name.given)}"
    one_word = name.family and " " not in name.family
    return _part(name.family) if one_word else f"{{{_escaped(name.family or name.literal)}}}"


def _part(text: str) -> str:
    """A part of a name; in braces where a comma, “and” or a small letter would make BibTeX read it otherwise."""
    escaped = _escaped(text)
    plain = re.fullmatch(r"[^\W\d_]+\.?(?:[ ’'\-][^\W\d_]+\.?)*", text)
    safe = plain and not re.search(r"\b(and|others)\b", text, re.IGNORECASE) and text[0].isupper()
    return escaped if safe or not text else f"{{{escaped}}}"


def _written_verbatim(text: str) -> str:
    """A DOI or an address as it is, or as LaTeX where a brace or a backslash in it would end the field."""
    return _escaped(text) if re.search(r"[\\{}]", text) else text
