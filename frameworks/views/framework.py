"""The pages of one framework."""

from django.http import Http404, HttpResponse, JsonResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.http import require_safe

from .. import public_page
from ..exports import as_file, as_record


@require_safe
def detail(request, slug, number=None):
    """A framework as published: its current revision, or the one that is asked for."""
    state = _state_or_404(slug, number)
    unchanged = get_conditional_response(request, etag=state.etag)
    return _always_asked(unchanged or _page_response(request, state), state)


@require_safe
def as_json(request, slug):
    """The current revision as data, with what is live over it."""
    state = _state_or_404(slug)
    article = public_page.article(state)
    response = JsonResponse(as_record(article), json_dumps_params={"ensure_ascii": False, "indent": 2})
    return _always_asked(response, state)


@require_safe
def as_yaml(request, slug):
    """The current revision as a file that an editor can load again."""
    state = _state_or_404(slug)
    article = public_page.article(state)
    response = HttpResponse(as_file(article), content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = f'inline; filename="{slug}.yaml"'
    return _always_asked(response, state)


def _state_or_404(slug, number=None):
    state = public_page.state(slug, number)
    if state is None:
        raise Http404
    return state


def _page_response(request, state):
    page = public_page.page(state)
    # The page holds nothing of the reader and nothing secret, so its length gives nothing away when compressed.
    zipped = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(page.gzipped if zipped else page.body)
    if zipped:
        response["Content-Encoding"] = "gzip"
    return response


def _always_asked(response, state):
    """Caches may keep it and must ask each time: a danger is never hidden by a cache."""
    response["ETag"] = state.etag
    response["Cache-Control"] = "public, no-cache"
    patch_vary_headers(response, ["Accept-Encoding", "Cookie"])
    return response
