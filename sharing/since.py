"""What became of the frameworks of a clinician's handouts since these were made, however many there are."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from django.db import connection

from frameworks.article import Article, Notice
from frameworks.comparison import later_dangers
from frameworks.document import Level, SafetyWarning
from frameworks.known_documents import known, unknown

from .models import Handout


@dataclass(frozen=True)
class Since:
    """How many steps the revision of a handout has, and what a patient reads over it now."""

    steps: int
    notices: tuple[Notice, ...]
    #: What the current revision warns of and that of the handout does not.
    later_dangers: tuple[SafetyWarning, ...]

    @classmethod
    def of(cls, article: Article) -> Self:
        return cls(len(article.document.steps), article.live.notices, article.later_dangers)


_STATEMENT = f"""
SELECT revision.id, revision.published_at, current.id, current.published_at,
       CASE WHEN current.id <> revision.id THEN {unknown("revision")} END,
       CASE WHEN current.id <> revision.id THEN {unknown("current")} END,
       coalesce(jsonb_array_length(revision.document -> 'steps'), 0),
       coalesce((SELECT jsonb_agg(jsonb_build_array(level, text, issued_at) ORDER BY issued_at DESC, id DESC)
                 FROM frameworks_safetynotice
                 WHERE framework_id = framework.id AND lifted_at IS NULL), '[]')::text
FROM frameworks_revision revision
JOIN frameworks_framework framework ON framework.id = revision.framework_id
JOIN frameworks_revision current ON current.id = framework.current_revision_id
WHERE revision.id = ANY (%(revisions)s)
"""


def tell(handouts: Iterable[Handout]) -> None:
    """Give each handout what became of its framework, as `since`. One statement."""
    handouts = list(handouts)
    documents = known()
    parameters = {**documents.parameters, "revisions": list({one.revision_id for one in handouts})}
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT, parameters)
        found = {row[0]: _since(documents, *row) for row in cursor.fetchall()}
    for handout in handouts:
        handout.since = found[handout.revision_id]


def _since(documents, id, published_at, current_id, current_at, text, current_text, steps, notices) -> Since:
    dangers = ()
    if current_id != id:
        pinned = documents.document(id, published_at, text)
        dangers = later_dangers(pinned, documents.document(current_id, current_at, current_text))
    notices = (
        Notice(Level(level), text, datetime.fromisoformat(issued_at))
        for level, text, issued_at in json.loads(notices)
    )
    return Since(steps, tuple(notices), dangers)
