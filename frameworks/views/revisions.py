"""What was published of a framework: its revisions, and what differs between two of them."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from django.db import connection
from django.http import Http404
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from .. import public_page
from ..changes import readable
from ..comparison import compare, later_dangers
from ..document import ChangeKind, FrameworkDocument
from ..known_documents import known, unknown
from ..shared_page import show
from ..updates import updates_of


@dataclass(frozen=True)
class Published:
    """A revision, without its document."""

    number: int
    kind: ChangeKind
    note: str
    published_at: datetime

    @property
    def before(self) -> int | None:
        return self.number - 1 or None


_REVISIONS = """
SELECT revision.number, revision.kind, revision.note, revision.published_at
FROM frameworks_revision revision JOIN frameworks_framework framework ON framework.id = revision.framework_id
WHERE framework.slug = %s
ORDER BY revision.number DESC
"""

_TWO = f"""
SELECT revision.number, revision.kind, revision.note, revision.published_at, revision.id, {unknown("revision")}
FROM frameworks_revision revision JOIN frameworks_framework framework ON framework.id = revision.framework_id
WHERE framework.slug = %(slug)s AND revision.number = ANY (%(numbers)s)
"""


@require_safe
def revisions(request, slug):
    """The revisions of a framework, latest first. Two that are chosen, `old` and `new`, lead to what differs."""
    article = _article_or_404(slug)
    with connection.cursor() as cursor:
        cursor.execute(_REVISIONS, [slug])
        found = [_published(*row) for row in cursor.fetchall()]
    chosen = [request.GET.get(name) for name in ("old", "new")]
    refused = any(number is not None for number in chosen)
    if refused and {str(revision.number) for revision in found}.issuperset(chosen):
        return redirect("frameworks:comparison", slug, *chosen)
    response = show(request, "frameworks/revisions.html", _context(article, revisions=found, refused=refused))
    response.status_code = HTTPStatus.NOT_FOUND if refused else HTTPStatus.OK
    return response


@require_safe
def comparison(request, slug, old, new):
    """What differs between two revisions, entry by entry, warnings first."""
    article = _article_or_404(slug)
    found = _two(slug, old, new)
    if old not in found or new not in found:
        raise Http404
    (before, old_document), (after, new_document) = found[old], found[new]
    changes = readable(
        compare(old_document, new_document),
        old_document,
        new_document,
        updates_of([*old_document.source_keys, *new_document.source_keys]),
    )
    latest = max(before, after, key=lambda revision: revision.number)
    missed = [article.marked(danger) for danger in later_dangers(found[latest.number][1], article.document)]
    context = _context(article, old=before, new=after, latest=latest, changes=changes, later_dangers=missed)
    return show(request, "frameworks/comparison.html", context)


def _article_or_404(slug):
    article = public_page.find_article(slug)
    if article is None:
        raise Http404
    return article


def _two(slug, old, new) -> dict[int, tuple[Published, FrameworkDocument]]:
    documents = known()
    with connection.cursor() as cursor:
        cursor.execute(_TWO, {"slug": slug, "numbers": [old, new], **documents.parameters})
        return {
            number: (
                _published(number, kind, note, published_at),
                documents.document(id, published_at, text),
            )
            for number, kind, note, published_at, id, text in cursor.fetchall()
        }


def _published(number, kind, note, published_at):
    return Published(number, ChangeKind(kind), note, published_at)


def _context(article, **more):
    return {"here": "library", "article": article, "live": article.live, **more}
