"""The sitemap, for search engines: an index of its sections, and of the pages of each."""

from django.contrib.sitemaps import views
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_safe

from ..sitemaps import SECTIONS
from ..structured_data import absolute

# A page that was withdrawn meanwhile says so itself, and is not to be indexed.
_for_an_hour = cache_control(public=True, max_age=60 * 60)


@require_safe
@conditional_page
@_for_an_hour
def index(request):
    """Django's own view of it takes the site's name from the request."""
    pages = [
        views.SitemapIndexItem(
            absolute(reverse("frameworks:sitemap_section", args=[name]))
            + (f"?p={number}" if number > 1 else "")
        )
        for name, section in SECTIONS.items()
        for number in range(1, section().paginator.num_pages + 1)
    ]
    body = render_to_string("sitemap_index.xml", {"sitemaps": pages})
    return HttpResponse(body, content_type="application/xml", headers={"X-Robots-Tag": "noindex"})


@require_safe
@conditional_page
@_for_an_hour
def section(request, section):
    return views.sitemap(request, SECTIONS, section)
