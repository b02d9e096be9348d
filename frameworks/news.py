"""What is new in the library: revisions, safety notices that hold, and withdrawals, latest first."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import connection

#: As many are told. A feed reader asks more often than this many things happen.
MOST = 50

# Each part reads as many rows as are told: revisions and withdrawals by an index, and of notices there are few.
_NEWS = """
(SELECT 'revision', revision.published_at AS at, revision.id, framework.slug, revision.document ->> 'title',
        revision.number, revision.kind, revision.note
 FROM frameworks_revision revision JOIN frameworks_framework framework ON framework.id = revision.framework_id
 WHERE framework.withdrawn_at IS NULL
 ORDER BY revision.published_at DESC, revision.id DESC LIMIT %(most)s)
UNION ALL
(SELECT 'notice', notice.issued_at, notice.id, framework.slug, current.document ->> 'title',
        NULL, notice.level, notice.text
 FROM frameworks_safetynotice notice
 JOIN frameworks_framework framework ON framework.id = notice.framework_id
 JOIN frameworks_revision current ON current.id = framework.current_revision_id
 WHERE notice.lifted_at IS NULL
 ORDER BY notice.issued_at DESC, notice.id DESC LIMIT %(most)s)
UNION ALL
(SELECT 'withdrawal', framework.withdrawn_at, framework.id, framework.slug, current.document ->> 'title',
        NULL, '', framework.withdrawn_reason
 FROM frameworks_framework framework
 JOIN frameworks_revision current ON current.id = framework.current_revision_id
 WHERE framework.withdrawn_at IS NOT NULL
 ORDER BY framework.withdrawn_at DESC, framework.id DESC LIMIT %(most)s)
ORDER BY at DESC, 1, 3 DESC LIMIT %(most)s
"""

# What XML has no way to write.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class Happening(StrEnum):
    REVISION = "revision"
    NOTICE = "notice"
    WITHDRAWAL = "withdrawal"


@dataclass(frozen=True)
class News:
    what: Happening
    at: datetime
    id: int
    slug: str
    title: str
    #: Of a revision alone.
    number: int | None
    #: The kind of change, or the level of a notice; a withdrawal has none.
    word: str
    #: What readers are told: the note, the notice, or why it was withdrawn.
    text: str


def latest() -> list[News]:
    """The latest news, in one statement. Lifted notices, and revisions of what was withdrawn, are none."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWS, {"most": MOST})
        return [
            News(Happening(what), at, id, slug, title, number, word, _UNWRITABLE.sub(" ", text))
            for what, at, id, slug, title, number, word, text in cursor.fetchall()
        ]
