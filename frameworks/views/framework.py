"""The pages of one framework."""

from django.http import Http404, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from .. import exports, public_page
from ..citation_formats import Format
from ..exports import as_file, as_record
from ..shared_page import always_asked, is_personal, personally, respond


@require_safe
def detail(request, slug, number=None):
    """A framework as published: its current revision, or the one that is asked for."""
    if is_personal(request):
        found = public_page.find(slug, number)
        if found is None:
            raise Http404
        return personally(request, "frameworks/detail.html", public_page.context(*found))
    state = _state_or_404(slug, number)
    return respond(request, etag=state.etag, page=lambda: public_page.page(state))


@require_safe
def as_json(request, slug):
    """The current revision as data, with what is live over it."""
    record = as_record(public_page.article(_state_or_404(slug)))
    return _export(JsonResponse(record, json_dumps_params={"ensure_ascii": False, "indent": 2}))


@require_safe
def as_yaml(request, slug):
    """The current revision as a file that an editor can load again."""
    text = as_file(public_page.article(_state_or_404(slug)))
    response = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    response.headers["Content-Disposition"] = f'inline; filename="{slug}.yaml"'
    return _export(response)


@require_safe
def as_citations(request, slug, format):
    """The sources of the current revision, for a reference manager."""
    text = exports.as_citations(public_page.article(_state_or_404(slug)), format)
    response = HttpResponse(text, content_type=_CITATION_TYPES[format])
    response.headers["Content-Disposition"] = f'inline; filename="{slug}.{format}"'
    return _export(response)


_CITATION_TYPES = {
    Format.BIBTEX: "application/x-bibtex; charset=utf-8",
    Format.RIS: "application/x-research-info-systems; charset=utf-8",
    Format.CSL_JSON: "application/vnd.citationstyles.csl+json",
}


def _state_or_404(slug, number=None):
    state = public_page.state(slug, number)
    if state is None:
        raise Http404
    return state


def _export(response):
    # People are to find the page, with its warnings and notices, and not the data.
    response.headers["X-Robots-Tag"] = "noindex"
    return always_asked(response)
