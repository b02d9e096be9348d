"""Passing on what is public: anyone may, and nothing here knows who does."""

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from .. import qr_code as qr
from ..public_page import find_article
from ..share_page import SharePage
from ..shared_page import always_asked, show


@require_safe
def share(request, slug, number=None):
    """The addresses of a framework, of a revision and of its steps: to copy, to send, and as QR codes."""
    page = _page_or_404(slug, number)
    context = {"here": "library", "page": page, "article": page.article, "live": page.article.live}
    return show(request, "frameworks/share.html", context)


@require_safe
def qr_code(request, slug, number=None):
    """The QR code of one of these addresses as a file; `step` names a step by its key."""
    step = request.GET.get("step", "")
    shared = _page_or_404(slug, number).find(step)
    if shared is None:
        raise Http404
    name = "-".join(filter(None, [slug, number and f"revision-{number}", step]))
    response = HttpResponse(qr.as_file(shared.address), content_type="image/svg+xml")
    response.headers["Content-Disposition"] = f'inline; filename="{name}.svg"'
    response.headers["X-Robots-Tag"] = "noindex"
    return always_asked(response)


def _page_or_404(slug, number):
    article = find_article(slug, number)
    if article is None:
        raise Http404
    return SharePage(article, pinned=number is not None)
