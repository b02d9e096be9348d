"""CSL-JSON: what citeproc, Zotero and Crossref speak. JSON needs no library but Python's own."""

import json
from collections import Counter

from django.utils.translation import gettext as _

from ..document import Name, Source, SourceType
from .records import (
    AND_OTHERS,
    Entry,
    NotUnderstood,
    Reading,
    TooMany,
    at_line,
    keywords,
    not_understood,
    note,
    partial_date,
)

_TYPES = {kind.value: kind for kind in SourceType} | {
    "bill": SourceType.REGULATION,
    "legislation": SourceType.REGULATION,
    "manuscript": SourceType.ARTICLE,
    "entry-dictionary": SourceType.ENTRY,
    # Crossref's own words, which its CSL-JSON holds.
    "journal-article": SourceType.ARTICLE_JOURNAL,
    "posted-content": SourceType.ARTICLE,
    "proceedings-article": SourceType.PAPER_CONFERENCE,
    "book-chapter": SourceType.CHAPTER,
}
_TAKEN = {
    "container-title": "container_title",
    "volume": "volume",
    "issue": "issue",
}

# Reading


def read(text: str, most: int) -> Reading:
    try:
        found = json.loads(text, object_pairs_hook=_Object)
    except json.JSONDecodeError as error:
        why = _("It is no JSON from here on: %(why)s.") % {"why": error.msg}
        return Reading((), (not_understood(at_line(error.lineno), text[error.pos :], why),))
    except (RecursionError, ValueError) as error:
        return Reading((), (not_understood(at_line(1), text, str(error)),))
    if isinstance(found, dict):
        found = found["items"] if isinstance(found.get("items"), list) else [found]
    found = found if isinstance(found, list) else [found]
    if len(found) > most:
        raise TooMany
    entries, others = [], []
    for number, item in enumerate(found, 1):
        place = _("entry %(number)d") % {"number": number}
        made = _entry(item, place)
        (entries if isinstance(made, Entry) else others).append(made)
    return Reading(tuple(entries), tuple(others))


class _Object(dict):
    """An object that knows which of its names came twice: the later one would hide the earlier."""

    def __init__(self, pairs):
        super().__init__(pairs)
        self.twice = sorted(
            name for name, times in Counter(name for name, _value in pairs).items() if times > 1
        )


def _entry(item, place: str) -> Entry | NotUnderstood:
    if not isinstance(item, dict):
        return not_understood(place, json.dumps(item, ensure_ascii=False), _("It is no object with fields."))
    if item.twice:
        why = _("It says this more than once: %(names)s. Leave one of each.") % {
            "names": ", ".join(item.twice)
        }
        return not_understood(place, json.dumps(item, ensure_ascii=False), why)
    said = dict(item)

    def text(name: str) -> str:
        value = said.pop(name, "")
        # Crossref writes some texts as a list of one.
        if isinstance(value, list) and len(value) == 1:
            [value] = value
        if isinstance(value, str) or (isinstance(value, int | float) and not isinstance(value, bool)):
            return str(value)
        if value:
            entry.leave(name, json.dumps(value, ensure_ascii=False))
        return ""

    entry = Entry(place, str(said.pop("id", "")))
    entry.take_type(text("type"), _TYPES)
    entry.take_title(text("title"), "title")
    authors = said.pop("author", [])
    if isinstance(authors, list):
        entry.take_names([name for each in authors if (name := _name(each, entry))])
    else:
        entry.leave("author", json.dumps(authors, ensure_ascii=False))
    for name, ours in _TAKEN.items():
        entry.take(ours, text(name), name)
    _take_date(entry, said.pop("issued", None))
    entry.take_pages(text("page"), "page")
    entry.take_doi(text("DOI"), "DOI")
    entry.take_pmid(text("PMID"), "PMID")
    entry.take_address(text("URL"), "URL")
    entry.take_note(text("note"), "note")
    words = said.get("keyword")
    if isinstance(words, str):
        said.pop("keyword")
        entry.take_words(words.replace(";", ",").split(","), "keyword")
    entry.take_words([text("genre")], "genre")
    for name in list(said):
        entry.leave(name, text(name))
    return entry.finish()


def _name(found, entry: Entry) -> dict | None:
    if isinstance(found, dict) and all(isinstance(value, str | bool | int) for value in found.values()):
        part = {name: str(value).strip() for name, value in found.items()}
        known = {"family", "given", "literal", "non-dropping-particle", "dropping-particle", "suffix"}
        for name in found.keys() - known - {"comma-suffix", "static-ordering", "parse-names", "sequence"}:
            entry.leave(f"author {name}", part[name])
        if part.get("literal"):
            return {"literal": part["literal"]}
        before = [part.get("dropping-particle", ""), part.get("non-dropping-particle", "")]
        family = " ".join(filter(None, [*before, part.get("family", "")]))
        given = ", ".join(filter(None, [part.get("given", ""), part.get("suffix", "")]))
        if family:
            return {"family": family, "given": given}
        if given:
            return {"literal": given}
    entry.leave("author", json.dumps(found, ensure_ascii=False))
    return None


def _take_date(entry: Entry, issued) -> None:
    if not issued:
        return
    parts = issued.get("date-parts") if isinstance(issued, dict) else None
    if isinstance(parts, list) and parts and isinstance(parts[0], list) and 1 <= len(parts[0]) <= 3:
        if all(isinstance(part, str | int) for part in parts[0]):
            entry.take("issued", partial_date(*parts[0]), "issued")
            if len(parts) == 1 and issued.keys() <= {"date-parts"}:
                return
            issued = {name: value for name, value in issued.items() if name != "date-parts"} or parts[1:]
    elif isinstance(issued, dict) and isinstance(raw := issued.get("raw", issued.get("literal")), str):
        entry.take("issued", raw, "issued")
        return
    entry.leave("issued", json.dumps(issued, ensure_ascii=False))


# Writing


def write(sources: list[Source], remarks) -> str:
    items = [_item(source, list(remarks.get(source.key, ()))) for source in sources]
    return json.dumps(items, ensure_ascii=False, indent=2) + "\n"


def _item(source: Source, remarks: list[str]) -> dict:
    authors = [_written_name(name) for name in source.author]
    fields = {
        "id": source.key,
        "type": source.type.value,
        "title": source.title,
        "author": [*authors, *([{"literal": AND_OTHERS}] if source.and_others else [])],
        "issued": source.issued and {"date-parts": [[int(part) for part in source.issued.split("-")]]},
        "container-title": source.container_title,
        "volume": source.volume,
        "issue": source.issue,
        "page": source.page,
        "DOI": source.DOI,
        "PMID": source.PMID,
        "URL": source.URL,
        "note": note(source, remarks),
        "keyword": ", ".join(keywords(source, remarks)),
    }
    return {name: value for name, value in fields.items() if value}


def _written_name(name: Name) -> dict:
    return name.model_dump(exclude_defaults=True)
