"""The pages about the site itself, and where to find help."""

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from ..article import Contact, help_by_country
from ..models import HelpContact
from ..models.live import HelpKind
from ..shared_page import always_asked, is_personal, personally


@require_safe
def help_now(request):
    """Every help contact, by country. Caches ask each time, so that a number is never an old one."""
    contacts = HelpContact.objects.order_by("position", "id").values(
        "country", "kind", "name", "number", "link", "hours", "cost", "checked_on"
    )
    countries = help_by_country(Contact(**{**row, "kind": HelpKind(row["kind"])}) for row in contacts)
    return _page(request, "pages/help.html", {"countries": countries})


@require_safe
def about(request):
    return _page(request, "pages/about.html", {"here": "about"})


@require_safe
def privacy(request):
    return _page(request, "pages/privacy.html", {})


@require_safe
def accessibility(request):
    return _page(request, "pages/accessibility.html", {})


def _page(request, template, context):
    if is_personal(request):
        return personally(request, template, context)
    # Without the request, so that nothing of the reader can be on a page that caches keep.
    return always_asked(HttpResponse(render_to_string(template, context)))
