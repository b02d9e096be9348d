"""Sources as reference managers write and read them: BibTeX, RIS and CSL-JSON.

docs/citation-formats.md has the table of what becomes what. Well-kept libraries read and write the syntax; what is
here maps their fields to ours, and says of everything that has no place here that it was left out.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from ..document import Source
from . import bibtex, csl, ris
from .records import Entry, LeftOut, NotUnderstood, Reading, TooMany

__all__ = ["Entry", "Format", "LeftOut", "NotUnderstood", "Reading", "TooMany", "read", "recognised", "write"]


class Format(StrEnum):
    """A format, named by the end of its files."""

    BIBTEX = "bib"
    RIS = "ris"
    CSL_JSON = "csl.json"


_MODULES = {Format.BIBTEX: bibtex, Format.RIS: ris, Format.CSL_JSON: csl}
_BEGINS = re.compile(
    r"^[ \t]*(?:(?P<ris>[A-Z][A-Z0-9] {1,2}- )|(?P<bib>@[A-Za-z]+\s*[{(])|(?P<csl>[\[{]))", re.MULTILINE
)


def recognised(text: str) -> Format | None:
    """The format of a text, by the first line that begins as an entry of one does; None where no line does."""
    begin = _BEGINS.search(text)
    if begin is None:
        return None
    return {"ris": Format.RIS, "bib": Format.BIBTEX, "csl": Format.CSL_JSON}[begin.lastgroup]


def read(text: str, format: Format, *, most: int = 500) -> Reading:
    """Every entry of the text, and what could not be understood as one. Nothing is dropped without a word.

    Raises TooMany, before it takes long, where the text has more than `most` entries.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return _MODULES[format].read(text, most)


def write(
    sources: Iterable[Source], format: Format, remarks: Mapping[str, Sequence[str]] | None = None
) -> str:
    """These sources as a file of the format. `remarks`: what else to say of one, by its key, such as a retraction.

    The first word of a remark on a retraction is *Retracted*; it is written as a keyword as well.
    """
    return _MODULES[format].write(list(sources), remarks or {})


def as_bibtex(sources: Iterable[Source], remarks: Mapping[str, Sequence[str]] | None = None) -> str:
    return write(sources, Format.BIBTEX, remarks)


def as_ris(sources: Iterable[Source], remarks: Mapping[str, Sequence[str]] | None = None) -> str:
    return write(sources, Format.RIS, remarks)


def as_csl_json(sources: Iterable[Source], remarks: Mapping[str, Sequence[str]] | None = None) -> str:
    return write(sources, Format.CSL_JSON, remarks)
