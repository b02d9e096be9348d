"""The page of one source."""

from django.http import Http404
from django.views.decorators.http import require_safe

from .. import source_page
from ..shared_page import show


@require_safe
def source(request, key):
    """A source that a published revision has: what it is, what it rests on, and all that is said by it."""
    found = source_page.find(key)
    if found is None:
        raise Http404
    return show(request, "frameworks/source.html", {"page": found, "here": "library"})
