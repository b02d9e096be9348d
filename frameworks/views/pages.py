"""The pages about the site itself, and where to find help."""

from django.views.decorators.http import require_safe

from ..article import Contact, help_by_country
from ..models import HelpContact
from ..models.live import HelpKind
from ..shared_page import show


@require_safe
def help_now(request):
    """Every help contact, by country. Caches ask each time, so that a number is never an old one."""
    contacts = HelpContact.objects.order_by("position", "id").values(
        "country", "kind", "name", "number", "link", "hours", "cost", "checked_on"
    )
    countries = help_by_country(Contact(**{**row, "kind": HelpKind(row["kind"])}) for row in contacts)
    return show(request, "pages/help.html", {"countries": countries})


@require_safe
def about(request):
    return show(request, "pages/about.html", {"here": "about"})


@require_safe
def privacy(request):
    return show(request, "pages/privacy.html", {})


@require_safe
def accessibility(request):
    return show(request, "pages/accessibility.html", {})
