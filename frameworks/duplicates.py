"""Which records of the bibliography are, or perhaps are, the same work: by number, by title, by author and year."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from psycopg.types.json import Jsonb

from . import document
from .models import Source

#: How alike two titles of one author and year have to be, as pg_trgm counts it.
_ALIKE = 0.45

# Capitals, accents and signs make no other work of it.
_PLAIN = "btrim(regexp_replace(lower(unaccent({})), '[[:punct:][:space:]]+', ' ', 'g'))"
_FIRST_AUTHOR = "lower(unaccent(coalesce({0} -> 0 ->> 'family', {0} -> 0 ->> 'literal')))"
_SAME_TITLE = _PLAIN.format("source.title")
_STATEMENT = f"""
WITH wanted AS (
    SELECT number, key, title, {_PLAIN.format("title")} AS plain, {_FIRST_AUTHOR.format("author")} AS author, year
    FROM jsonb_to_recordset(%s) AS given (number integer, key text, title text, author jsonb, year text)
)
SELECT wanted.number, source.id, source.key, source.title, TRUE
FROM wanted JOIN frameworks_source source ON {_SAME_TITLE} = wanted.plain
WHERE wanted.plain <> '' AND source.key <> wanted.key
UNION ALL
SELECT wanted.number, source.id, source.key, source.title, FALSE
FROM wanted JOIN frameworks_source source
    ON {_FIRST_AUTHOR.format("source.author")} = wanted.author AND left(source.issued, 4) = wanted.year
WHERE wanted.year <> '' AND {_SAME_TITLE} <> wanted.plain
    AND similarity(source.title, wanted.title) >= {_ALIKE}
ORDER BY 1, 5 DESC, 3
"""


class Why(StrEnum):
    SAME_TITLE = "same-title"
    SAME_AUTHOR_AND_YEAR = "same-author-and-year"


@dataclass(frozen=True)
class Alike:
    """A record that is perhaps the same work."""

    pk: int
    key: str
    title: str
    why: Why

    @property
    def reason(self) -> str:
        if self.why is Why.SAME_TITLE:
            return _("the same title")
        return _("the same first author and year, and a title that is much alike")


def alike(records: Sequence[document.Source]) -> list[tuple[Alike, ...]]:
    """For each of these the records that are perhaps the same work, the same title first. One statement.

    A record is not alike itself: what has its key is left out.
    """
    found: list[list[Alike]] = [[] for _record in records]
    given = [
        {
            "number": number,
            "key": record.key,
            "title": record.title,
            "author": [name.model_dump(exclude_defaults=True) for name in record.author[:1]],
            "year": (record.issued or "")[:4],
        }
        for number, record in enumerate(records)
    ]
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT, [Jsonb(given)])
        for number, pk, key, title, same_title in cursor.fetchall():
            why = Why.SAME_TITLE if same_title else Why.SAME_AUTHOR_AND_YEAR
            found[number].append(Alike(pk, key, title, why))
    return [tuple(each) for each in found]


def with_numbers(numbers: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The keys of the records that have these DOIs and PMIDs, by ("DOI", in small letters) and ("PMID", …)."""
    numbers = set(numbers)
    rows = (
        Source.objects.annotate(lower_doi=Lower("DOI"))
        .filter(
            Q(lower_doi__in=[number for name, number in numbers if name == "DOI"])
            | Q(PMID__in=[number for name, number in numbers if name == "PMID"])
        )
        .values_list("key", "lower_doi", "PMID")
    )
    owners = {}
    for key, doi, pmid in rows:
        owners |= {number: key for number in (("DOI", doi), ("PMID", pmid)) if number in numbers}
    return owners
