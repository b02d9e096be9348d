"""A page that is the same for everyone: rendered once, kept, and sent again only where it changed."""

import gzip
import re
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers

from accounts.time_zones import in_own_time_zone

_ACCEPTS_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))")


@dataclass(frozen=True)
class Page:
    body: bytes
    gzipped: bytes

    @classmethod
    def render(cls, template: str, context: dict):
        """Render it without the request, so that nothing of the reader can be on it."""
        body = render_to_string(template, context).encode()
        return cls(body, gzip.compress(body, mtime=0))


def is_personal(request) -> bool:
    """Whether the page can hold something of this person: they are signed in, or have a guest's checklists."""
    return not {settings.SESSION_COOKIE_NAME, settings.GUEST_COOKIE_NAME}.isdisjoint(request.COOKIES)


def personally(request, template: str, context: dict, **options) -> HttpResponse:
    """The page with what it holds of this person, moments in their time zone. No cache keeps it."""
    response = in_own_time_zone(render)(request, template, context, **options)
    patch_cache_control(response, private=True, no_store=True)
    return response


def show(request, template: str, context: dict) -> HttpResponse:
    """A page that few ask for, and so is not kept in this process: with what it holds of this person, or for all."""
    if is_personal(request):
        return personally(request, template, context)
    # Without the request, so that nothing of the reader can be on a page that caches keep.
    return always_asked(HttpResponse(render_to_string(template, context)))


def respond(request, *, etag: str, page: Callable[[], Page]) -> HttpResponse:
    """Answer 304 where the browser has this page, and the page otherwise; `page` is called only then."""
    response = get_conditional_response(request, etag=etag) or _sent(request, page())
    response.headers["ETag"] = etag
    return always_asked(response)


def always_asked(response: HttpResponse) -> HttpResponse:
    """Let caches keep it and make them ask each time: a danger is never hidden by a cache."""
    response.headers["Cache-Control"] = "public, no-cache"
    patch_vary_headers(response, ["Accept-Encoding", "Cookie"])
    return response


def _sent(request, page: Page) -> HttpResponse:
    # It holds nothing of the reader and nothing secret, so its length gives nothing away when compressed.
    if _ACCEPTS_GZIP.search(request.headers.get("Accept-Encoding", "")):
        return HttpResponse(page.gzipped, headers={"Content-Encoding": "gzip"})
    return HttpResponse(page.body)
