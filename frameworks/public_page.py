"""The public page of a framework: one statement asks what is live, and the page is rendered once.

A rendered page is kept in this process under all that it depends on. The key is asked of the database at every
request: a notice, a withdrawal or a retraction shows at the next one. Raw SQL, since the ORM takes several times as
long to build this statement as PostgreSQL takes to answer it.
"""

import json
from dataclasses import dataclass, replace
from datetime import UTC
from functools import cache, lru_cache
from hashlib import blake2b

from django.conf import settings
from django.db import connection
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from .article import Article, Live
from .document import ChangeKind, FrameworkDocument
from .kept import Kept
from .known_documents import known, unknown
from .shared_page import Page

_LIVE = """
SELECT revision.id,
       current.id,
       jsonb_build_object(
           -- An id can come again, after a restore from a backup: with its moment it names one document.
           'published', ARRAY[revision.published_at, current.published_at],
           'category', coalesce(
               (SELECT name FROM frameworks_category WHERE slug = revision.category), revision.category),
           'withdrawn', CASE WHEN framework.withdrawn_at IS NOT NULL THEN jsonb_build_object(
               'on', (framework.withdrawn_at AT TIME ZONE 'UTC')::date, 'reason', framework.withdrawn_reason) END,
           'notices', ARRAY(
               SELECT jsonb_build_object('level', level, 'text', text, 'issued_at', issued_at)
               FROM frameworks_safetynotice
               WHERE framework_id = framework.id AND lifted_at IS NULL
               ORDER BY issued_at DESC, id DESC),
           'review', (
               SELECT jsonb_build_object('reviewed_on', reviewed_on, 'reviewer', reviewer, 'credential', credential,
                                         'due_on', due_on, 'overdue', due_on < %(today)s)
               FROM frameworks_review
               WHERE framework_id = framework.id
               ORDER BY reviewed_on DESC, id DESC LIMIT 1),
           'updates', ARRAY(
               SELECT jsonb_build_object('source', source.key, 'type', change.type, 'date', change.date,
                                         'notice_doi', change.notice_doi)
               FROM frameworks_sourceupdate change JOIN frameworks_source source ON source.id = change.source_id
               -- Those of the current revision, too: its dangers stand over this one, with their claims.
               WHERE source.key = ANY (revision.source_keys || current.source_keys)
               ORDER BY change.date, change.id),
           'help', ARRAY(
               SELECT jsonb_build_object('country', country, 'kind', kind, 'name', name, 'number', number,
                                         'link', link, 'hours', hours, 'cost', cost, 'checked_on', checked_on)
               FROM frameworks_helpcontact
               ORDER BY position, id)
       )::text
"""
_OF = """
FROM frameworks_framework framework
JOIN frameworks_revision current ON current.id = framework.current_revision_id
JOIN frameworks_revision revision
    ON revision.framework_id = framework.id AND revision.number = coalesce(%(number)s, current.number)
WHERE framework.slug = %(slug)s
"""

_ARTICLE = f"""
{_LIVE},
       revision.number, revision.kind, revision.note, revision.published_at, {unknown("revision")},
       current.number, current.published_at, CASE WHEN current.id <> revision.id THEN {unknown("current")} END
{_OF}
"""

_DOCUMENTS = """
SELECT revision.number, revision.kind, revision.note, revision.published_at, revision.document::text,
       current.number, CASE WHEN current.id <> revision.id THEN current.document::text END
FROM frameworks_revision revision, frameworks_revision current
WHERE revision.id = %s AND current.id = %s
"""


@dataclass(frozen=True)
class State:
    """What a framework's page depends on: nothing else changes it, but a new release of the site."""

    slug: str
    revision_id: int
    current_id: int
    live: str
    language: str
    #: Whether the address names the revision: its page says so to whatever shows a link to it elsewhere.
    pinned: bool

    @property
    def etag(self) -> str:
        digest = blake2b(digest_size=16)
        for part in (
            _edition(),
            self.slug,
            str(self.revision_id),
            str(self.current_id),
            self.live,
            self.language,
            str(self.pinned),
        ):
            digest.update(part.encode() + b"\0")
        return f'W/"{digest.hexdigest()}"'


def state(slug: str, number: int | None = None) -> State | None:
    """What the page depends on now, in one statement; None where there is no such framework or revision."""
    with connection.cursor() as cursor:
        cursor.execute(_LIVE + _OF, _parameters(slug, number))
        row = cursor.fetchone()
    return State(slug, *row, get_language(), number is not None) if row else None


def _parameters(slug: str, number: int | None) -> dict:
    # Of the day only this gets into the page's key: whether a review is overdue. So a page is made anew on the day on
    # which it becomes so, and no other page is. The site's day, not the reader's: the page is the same for all.
    return {"number": number, "slug": slug, "today": timezone.localdate(timezone=UTC)}


def article(state: State) -> Article:
    """The revision with what is live over it, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_DOCUMENTS, [state.revision_id, state.current_id])
        number, kind, note, published_at, document, current_number, current = cursor.fetchone()
    return Article(
        slug=state.slug,
        document=FrameworkDocument.stored(document),
        number=number,
        kind=ChangeKind(kind),
        note=note,
        published_at=published_at,
        live=Live.from_json(json.loads(state.live)),
        current_number=current_number,
        current=current and FrameworkDocument.stored(current),
    )


def find_article(slug: str, number: int | None = None) -> Article | None:
    """The revision with what is live over it, in one statement; None as with `state`."""
    found = find(slug, number)
    return found and found[1]


def find(slug: str, number: int | None = None) -> tuple[State, Article] | None:
    """State and article, for a page that holds something of the reader; None as with `state`.

    One statement, cold or warm: what it costs leaves room for the reader's own.
    """
    documents, pinned = known(), number is not None
    with connection.cursor() as cursor:
        cursor.execute(_ARTICLE, _parameters(slug, number) | documents.parameters)
        row = cursor.fetchone()
    if row is None:
        return None
    id, current_id, live, number, kind, note, published_at, text, current_number, current_at, current = row
    article = Article(
        slug=slug,
        document=documents.document(id, published_at, text),
        number=number,
        kind=ChangeKind(kind),
        note=note,
        published_at=published_at,
        live=Live.from_json(json.loads(live)),
        current_number=current_number,
        current=None if current_id == id else documents.document(current_id, current_at, current),
    )
    return State(slug, id, current_id, live, get_language(), pinned), article


#: By state, whatever the address: the article before the checklist and behind it.
_around_checklists: Kept[State, tuple[SafeString, SafeString]] = Kept(256)


@lru_cache(maxsize=512)
def _kept(state: State) -> Page:
    return Page.render("frameworks/detail.html", context(state, article(state)))


def context(state: State, article: Article) -> dict:
    """What the page's template takes. All but the checklist is rendered once, also for those who have one."""
    if settings.DEBUG:
        _around_checklists.clear()
    before, after = _around_checklists.get(
        replace(state, pinned=False), lambda: _render_around_checklist(article)
    )
    return {
        "article": article,
        "pinned": state.pinned,
        "before_checklist": before,
        "after_checklist": after,
        "here": "library",
    }


def _render_around_checklist(article: Article) -> tuple[SafeString, SafeString]:
    # No text of an editor can hold this: it would be escaped.
    place = SafeString("<!-- the checklist -->")
    html = render_to_string("frameworks/article.html", {"article": article, "place_of_checklist": place})
    before, _place, after = html.partition(place)
    return SafeString(before), SafeString(after)


def page(state: State) -> Page:
    """The page, as it was rendered before where nothing that it depends on has changed."""
    return _kept.__wrapped__(state) if settings.DEBUG else _kept(state)


def _edition() -> str:
    return _release.__wrapped__() if settings.DEBUG else _release()


@cache
def _release() -> str:
    """A digest of what the pages are made with, so that a new release is a new page to every browser."""
    digest = blake2b(digest_size=16)
    for folder in (
        settings.BASE_DIR / "templates",
        settings.BASE_DIR / "static",
        settings.BASE_DIR / "frameworks",
    ):
        for file in sorted(folder.rglob("*")):
            if file.suffix in {".html", ".css", ".js", ".svg", ".png", ".py"}:
                digest.update(file.read_bytes())
    return digest.hexdigest()
