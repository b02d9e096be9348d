"""The page of one source: its record, what it draws on and what draws on it, and every claim that cites it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import connection
from pydantic import TypeAdapter

from . import bibliography
from .article import CitationOnPage, CitedSource, Place
from .document import Citation, Claim, Source
from .evidence import tier
from .updates import updates_of

#: As many of the frameworks that cite it are shown, and as many revisions of one that did; the page says how many there
#: are besides.
MOST_FRAMEWORKS, MOST_REVISIONS = 50, 10
#: So many steps up and down are shown; what lies further away is found on the pages of the sources there.
DEEPEST = 8

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
# A checklist or a handout may be on one of these revisions for as long as somebody uses it.
_CITED = """
SELECT framework.slug, current.document ->> 'title' AS title, framework.withdrawn_at IS NOT NULL,
       (array_agg(revision.number ORDER BY revision.number DESC))[:%(most_revisions)s], count(*), count(*) OVER ()
FROM frameworks_revision revision
     JOIN frameworks_framework framework ON framework.id = revision.framework_id
     JOIN frameworks_revision current ON current.id = framework.current_revision_id
WHERE revision.source_keys @> ARRAY[%(key)s]::varchar[] AND NOT current.source_keys @> ARRAY[%(key)s]::varchar[]
GROUP BY framework.id, current.id
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
    #: Whether what lies behind it is not shown here: it is shown at another place, or too far away.
    goes_on: bool


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
class CitedBefore:
    """A framework whose current revision no longer has the source, with the older revisions that do, latest first."""

    slug: str
    title: str
    is_withdrawn: bool
    revisions: tuple[int, ...]
    #: How many older revisions there are besides.
    more: int


@dataclass(frozen=True)
class SourcePage:
    cited: CitedSource
    draws_on: tuple[Related, ...]
    drawn_on_by: tuple[Related, ...]
    citing: tuple[CitingFramework, ...]
    #: How many frameworks cite it, those included that are not shown.
    number_citing: int
    cited_before: tuple[CitedBefore, ...]
    number_cited_before: int

    @property
    def citing_left_out(self) -> int:
        return self.number_citing - len(self.citing)

    @property
    def cited_before_left_out(self) -> int:
        return self.number_cited_before - len(self.cited_before)


def find(key: str) -> SourcePage | None:
    """The source, in five statements; None where no revision has it: what only drafts cite is nobody's yet."""
    related = _rows(_RELATED, {"key": key})
    shown = {row[0] for row in related}
    if key not in shown:
        return None
    records = {name: record for name, record in bibliography.records(shown).items() if name in shown}
    updates = updates_of(shown)
    cited = {name: _cited(record, records, updates) for name, record in records.items()}
    parameters = {"key": key, "most": MOST_FRAMEWORKS, "most_revisions": MOST_REVISIONS}
    citing, cited_before = _rows(_CITING, parameters), _rows(_CITED, parameters)
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
        cited_before=tuple(_cited_before(row) for row in cited_before),
        number_cited_before=cited_before[0][-1] if cited_before else 0,
    )


def _rows(statement: str, parameters: dict) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def _cited(record: Source, records: Mapping[str, Source], updates) -> CitedSource:
    return CitedSource(
        source=record,
        tier=tier(record),
        updates=updates.get(record.key, ()),
        marks=(),
        citations_of_whole=(),
        draws_on=tuple(Place(key, records[key].title) for key in record.draws_on if key in records),
    )


def _tree(key: str, onward: Mapping[str, list[str]], cited: Mapping[str, CitedSource]) -> tuple[Related, ...]:
    """What lies behind a source. One that is reached twice is opened where it is nearest: so the page has an end."""
    opened_from: dict[str, str | None] = {key: None}
    level = [key]
    for _step in range(DEEPEST):
        level = [
            other for here in level for other in onward[here] if opened_from.setdefault(other, here) == here
        ]

    def behind(here: str) -> tuple[Related, ...]:
        found = []
        for other in onward[here]:
            beyond = behind(other) if opened_from.get(other) == here else ()
            found.append(Related(cited[other], beyond, goes_on=bool(onward[other]) and not beyond))
        return tuple(found)

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


def _cited_before(row) -> CitedBefore:
    slug, title, is_withdrawn, revisions, number, _number_of_frameworks = row
    return CitedBefore(slug, title, is_withdrawn, tuple(revisions), number - len(revisions))
