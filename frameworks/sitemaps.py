"""The sitemap: live frameworks, the sources that they cite, and the pages about the site."""

from django.contrib.sitemaps import Sitemap
from django.core.paginator import EmptyPage, PageNotAnInteger
from django.db import connection
from django.db.models import Max
from django.urls import reverse

from .models import Listing, Source
from .structured_data import absolute


class _IdRanges:
    """Stands in for Django's Paginator, which counts all rows and skips those before a page.

    A page is what has an id in its range: at most `size` of them, found by the index, and an address stays on its page.
    """

    def __init__(self, section: "_Rows"):
        self.section = section

    @property
    def num_pages(self) -> int:
        last = self.section.model.objects.aggregate(last=Max("pk"))["last"]
        return 0 if last is None else last // self.section.size + 1

    def page(self, number) -> "_IdRanges":
        try:
            number = int(number)
        except ValueError as error:
            raise PageNotAnInteger from error
        size = self.section.size
        # Beyond the last page nothing is found; only then it is asked whether it is one.
        if 1 <= number <= 2**31:
            self.object_list = self.section.rows((number - 1) * size, number * size)
            if self.object_list or number <= self.num_pages:
                return self
        raise EmptyPage


class _Section(Sitemap):
    # The addresses are those of BASE_URL: no request can change them.

    def get_protocol(self, protocol=None):
        return absolute("/").partition("://")[0]

    def get_domain(self, site=None):
        return absolute("/").partition("://")[2].rstrip("/")


class _Rows(_Section):
    @property
    def paginator(self):
        return _IdRanges(self)


class Frameworks(_Rows):
    model = Listing
    size = 10_000

    def rows(self, first: int, end: int):
        found = Listing.objects.filter(pk__gte=first, pk__lt=end).order_by("pk")
        return list(found.values_list("slug", "published_at"))

    def location(self, row):
        return reverse("frameworks:detail", args=[row[0]])

    def lastmod(self, row):
        return row[1]


_CITED = """
SELECT source.key FROM frameworks_source source
WHERE source.id >= %s AND source.id < %s AND EXISTS (
    SELECT FROM frameworks_revision revision
    JOIN frameworks_framework framework ON framework.current_revision_id = revision.id
    WHERE revision.source_keys @> ARRAY[source.key]::varchar[] AND framework.withdrawn_at IS NULL)
ORDER BY source.id
"""


class Sources(_Rows):
    """Those that a live framework cites, or a source that it cites draws on."""

    model = Source
    size = 1_000

    def rows(self, first: int, end: int):
        with connection.cursor() as cursor:
            cursor.execute(_CITED, [first, end])
            return [key for (key,) in cursor.fetchall()]

    def location(self, key):
        return reverse("frameworks:source", args=[key])


class Pages(_Section):
    def items(self):
        return ["library", "help", "about", "privacy", "accessibility"]

    def location(self, name):
        return reverse(f"frameworks:{name}")


SECTIONS = {"pages": Pages, "frameworks": Frameworks, "sources": Sources}
