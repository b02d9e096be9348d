"""DOIs and PMIDs as people copy them: with the address or the word that stands before them.

Knows nothing of Django or the database.
"""

import re
from urllib.parse import unquote

_DOI_ADDRESS = re.compile(r"(?:https?://)?(?:dx\.|www\.)?doi\.org/", re.IGNORECASE)
_DOI_WORD = re.compile(r"doi\s*[:=]?\s*(?=10\.)", re.IGNORECASE)
_PMID_BEFORE = re.compile(
    r"(?:pmid|pubmed(?:\s*id)?)\s*[:=]?\s*(?=\d)|(?:https?://)?(?:pubmed\.ncbi\.nlm\.nih\.gov|www\.ncbi\.nlm\.nih\.gov/pubmed)/",
    re.IGNORECASE,
)


def plain_doi(text: str) -> str:
    """The DOI without `https://doi.org/` or `doi:` before it; what has neither stays as it is."""
    text = text.strip()
    if address := _DOI_ADDRESS.match(text):
        # In an address, what means something there is written as %3C and the like.
        return unquote(text[address.end() :])
    return _DOI_WORD.sub("", text, count=1) if _DOI_WORD.match(text) else text


def plain_pmid(text: str) -> str:
    """The PMID without `PMID:` or the address of PubMed before it; what has neither stays as it is."""
    text = text.strip()
    if before := _PMID_BEFORE.match(text):
        return text[before.end() :].rstrip("/")
    return text


def is_doi_address(text: str) -> bool:
    return bool(_DOI_ADDRESS.match(text.strip()))


def is_pmid_address(text: str) -> bool:
    return "/" in text and bool(_PMID_BEFORE.match(text.strip()))
