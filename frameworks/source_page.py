"""The page of one source: its record, what it draws on and what draws on it, and every claim that cites it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import connection
from pydantic import TypeAdapter

from . import bibliography
from .article import CitationOnPage, CitedSource, Place, Update
from .document import Citation, Claim, Source
from .evidence import tier
from .models.sources import SourceUpdate, UpdateType

#: As many of the frameworks that cite it are shown; the page says how many there are besides.
MOST_FRAMEWORKS = 50

_CITING = """
SELECT framework.slug, revision.document ->> 'title' AS title, framework.withdrawn_at IS NOT NULL,
       jsonb_path_query_array(revision.document, '$.claims[*] ? (@.citations[*].source == $key)', vars.key)::text,
       jsonb_path_query_array(revision.document, '$.citations[*] ? (@.source == $key)', vars.key)::text,
       count(*) OVER ()
FROM (SELECT jsonb_build_object('key', %(key)s::text) AS key) vars,
     frameworks_framework framework JOIN frameworks_revision revision ON revision.id = framework.current_revision_id
WHERE revision.source_keys @> ARRAY[%(key)s]::varchar[]
ORDER BY title, framework.id
LIMIT %(most)s
"""
# Up and down alike; a graph of any shape is walked once.
_RELATED = """
WITH RECURSIVE beneath (id) AS (
    SELECT id FROM frameworks_source WHERE key = %(key)s
    UNION SELECT arrow.to_source_id FROM frameworks_drawson arrow JOIN beneath ON arrow.from_source_id = beneath.id
), above (id) AS (
    SELECT id FROM frameworks_source WHERE key = %(key)s
    UNION SELECT arrow.from_source_id FROM frameworks_drawson arrow JOIN above ON arrow.to_source_id = above.id
)
SELECT key FROM frameworks_source
WHERE id IN (SELECT id FROM beneath UNION SELECT id FROM above)
  AND EXISTS (SELECT FROM frameworks_revision WHERE source_keys @> ARRAY[frameworks_source.key]::varchar[])
"""


@dataclass(frozen=True)
class Related:
    """A source over or under this one, with those that lie behind it."""

    cited: CitedSource
    behind: tuple["Related", ...]


@dataclass(frozen=True)
class CitingClaim:
    claim: Claim
    citations: tuple[CitationOnPage, ...]


@dataclass(frozen=True)
class CitingFramework:
    """A framework whose current revision has the source: for claims, for the whole, or beneath another source."""

    slug: str
    title: str
    is_withdrawn: bool
    claims: tuple[CitingClaim, ...]
    whole: tuple[CitationOnPage, ...]


@dataclass(frozen=True)
class SourcePage:
    cited: CitedSource
    draws_on: tuple[Related, ...]
    drawn_on_by: tuple[Related, ...]
    citing: tuple[CitingFramework, ...]
    #: How many frameworks cite it, those included that are not shown.
    number_citing: int


def find(key: str) -> SourcePage | None:
    """The source, in four statements; None where no revision has it: what only drafts cite is nobody's yet."""
    related = _rows(_RELATED, {"key": key})
    shown = {row[0] for row in related}
    if key not in shown:
        return None
    records = {name: record for name, record in bibliography.records(shown).items() if name in shown}
    updates = _updates(shown)
    cited = {name: _cited(record, records, updates) for name, record in records.items()}
    citing = _rows(_CITING, {"key": key, "most": MOST_FRAMEWORKS})
    above = {
        name: [other for other, record in records.items() if name in record.draws_on] for name in records
    }
    beneath = {name: [other for other in records[name].draws_on if other in shown] for name in records}
    return SourcePage(
        cited=cited[key],
        draws_on=_tree(key, beneath, cited),
        drawn_on_by=_tree(key, above, cited),
        citing=tuple(_framework(cited[key], row) for row in citing),
        number_citing=citing[0][-1] if citing else 0,
    )


def _rows(statement: str, parameters: dict) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def _updates(keys: Iterable[str]) -> dict[str, list[Update]]:
    found: dict[str, list[Update]] = {}
    rows = SourceUpdate.objects.filter(source__key__in=keys).order_by("date", "id")
    for key, type, date, notice in rows.values_list("source__key", "type", "date", "notice_doi"):
        found.setdefault(key, []).append(Update(key, UpdateType(type), date, notice))
    return found


def _cited(record: Source, records: Mapping[str, Source], updates) -> CitedSource:
    return CitedSource(
        source=record,
        tier=tier(record),
        updates=tuple(updates.get(record.key, ())),
        marks=(),
        citations_of_whole=(),
        draws_on=tuple(Place(key, records[key].title) for key in record.draws_on if key in records),
    )


def _tree(key: str, onward: Mapping[str, list[str]], cited: Mapping[str, CitedSource]) -> tuple[Related, ...]:
    """What lies behind a source. One that is reached twice is opened where it comes first: so the page has an end."""
    opened = {key}

    def behind(key: str) -> tuple[Related, ...]:
        new = [other for other in onward[key] if other not in opened]
        opened.update(new)
        return tuple(Related(cited[other], behind(other) if other in new else ()) for other in onward[key])

    return behind(key)


_CLAIMS, _CITATIONS = TypeAdapter(list[Claim]), TypeAdapter(tuple[Citation, ...])


def _framework(cited: CitedSource, row) -> CitingFramework:
    slug, title, is_withdrawn, claims, whole, _number = row

    def of_this(citations: Iterable[Citation]) -> tuple[CitationOnPage, ...]:
        return tuple(CitationOnPage(each, cited) for each in citations if each.source == cited.source.key)

    return CitingFramework(
        slug=slug,
        title=title,
        is_withdrawn=is_withdrawn,
        claims=tuple(CitingClaim(claim, of_this(claim.citations)) for claim in _CLAIMS.validate_json(claims)),
        whole=of_this(_CITATIONS.validate_json(whole)),
    )
