"""Which frameworks cite a source: in their draft, in what readers see, or by a source that draws on it."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection

_CITING = """
WITH RECURSIVE resting (source_id, named) AS (
    SELECT id, key FROM frameworks_source WHERE key = ANY (%(keys)s)
    UNION
    SELECT arrow.from_source_id, resting.named
    FROM frameworks_drawson arrow JOIN resting ON resting.source_id = arrow.to_source_id
), citing (framework_id, named, place) AS (
    SELECT coalesce(citation.framework_id, claim.framework_id), resting.named, 'draft'
    FROM frameworks_citation citation
    JOIN resting USING (source_id)
    LEFT JOIN frameworks_entry claim ON claim.id = citation.claim_id
    UNION
    SELECT framework.id, named, 'live'
    FROM frameworks_framework framework
    JOIN frameworks_revision revision ON revision.id = framework.current_revision_id
    CROSS JOIN unnest(revision.source_keys) AS named
    WHERE revision.source_keys && %(keys)s AND named = ANY (%(keys)s)
)
SELECT framework.id, framework.slug, framework.title, array_agg(DISTINCT named ORDER BY named),
       bool_or(place = 'draft'), bool_or(place = 'live')
FROM citing JOIN frameworks_framework framework ON framework.id = citing.framework_id
GROUP BY framework.id
ORDER BY framework.slug
"""


@dataclass(frozen=True)
class Citing:
    """A framework with those of the sources that it cites."""

    id: int
    slug: str
    title: str
    sources: tuple[str, ...]
    in_draft: bool
    is_live: bool

    def __str__(self):
        where = ("draft and page" if self.in_draft else "page") if self.is_live else "draft"
        return f"{self.slug} ({where}): {', '.join(self.sources)}"


def citing(keys: Collection[str]) -> list[Citing]:
    """The frameworks whose draft or current revision cites one of these sources, by slug. One statement.

    A source that is drawn on counts as cited: the page lists it, and the trace leads through it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CITING, {"keys": list(keys)})
        return [
            Citing(id, slug, title, tuple(named), draft, live)
            for id, slug, title, named, draft, live in cursor.fetchall()
        ]
