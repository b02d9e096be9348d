"""Documents of revisions, parsed once and kept in this process: a statement sends only those that are not here yet.

A revision never changes, so nothing has to be invalidated. An id can come again after a restore from a backup: with its
moment of publication it names one document.
"""

from dataclasses import dataclass
from datetime import datetime

from .document import FrameworkDocument
from .kept import Kept

#: About 300 KB each, once parsed.
_kept: Kept[tuple[int, datetime], FrameworkDocument] = Kept(128)


def unknown(revision: str) -> str:
    """The SQL for the document of the table alias `revision` as text, or NULL where this process has it already.

    It takes the parameters of `Known.parameters`.
    """
    return (
        f"CASE WHEN ({revision}.id, {revision}.published_at) NOT IN"
        " (SELECT * FROM unnest(%(known_ids)s::bigint[], %(known_moments)s::timestamptz[]))"
        f" THEN {revision}.document::text END"
    )


@dataclass(frozen=True)
class Known:
    """The documents that were here when a statement was made: what it leaves out is then surely found."""

    documents: dict[tuple[int, datetime], FrameworkDocument]

    @property
    def parameters(self) -> dict:
        return {
            "known_ids": [id for id, _moment in self.documents],
            "known_moments": [moment for _id, moment in self.documents],
        }

    def document(self, id: int, published_at: datetime, text: str | None) -> FrameworkDocument:
        """The document of a revision: what was sent, or what was here already."""
        key = (id, published_at)
        return _kept.get(
            key,
            lambda: self.documents[key] if text is None else FrameworkDocument.stored(text),
        )


def known() -> Known:
    return Known(_kept.all())


def forget() -> None:
    """For tests, which flush the database and make other revisions under the same ids."""
    _kept.clear()
