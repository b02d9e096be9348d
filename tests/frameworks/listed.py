"""Listings made in bulk, and what a reader sees of them, for the tests of list and search."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

from frameworks import listings
from frameworks.library import FACETS
from frameworks.models import Framework, Listing, Revision
from tests.factories import make_category, make_document

TIMES = ("minutes", "hours", "days", "weeks", "months", "years", None)
SUPERVISIONS = ("self-guided", "ask-first", "professional-required")
CERTAINTIES = ("high", "moderate", "low", "very-low", None)
CATEGORIES = ("sleep", "stress")
_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


def certainty(level):
    if level is None:
        return None
    return {"level": level, "outcome": "Sleep", "judged_by": "The editors", "reason": "One small trial."}


def list_many(number, **changes):
    """List so many frameworks of mixed facets, some with the same title and some with the same moment."""
    listings.write_all(rows_of(number, **changes))
    return list(Listing.objects.order_by("framework_id"))


def rows_of(number, **changes):
    """The rows of so many, not written yet."""
    categories = [make_category(slug) for slug in CATEGORIES]
    start = Framework.objects.count()
    frameworks = Framework.objects.bulk_create(
        Framework(slug=f"listed-{n}", category=categories[n % 2]) for n in range(start, start + number)
    )
    rows = []
    for n, framework in enumerate(frameworks, start):
        document = make_document(
            **{
                "title": f"Title {n * 7 % 10}",
                "tagline": f"Number {n}",
                "category": framework.category.slug,
                "time_to_result": TIMES[n % len(TIMES)],
                "supervision": SUPERVISIONS[n % len(SUPERVISIONS)],
                "certainty": certainty(CERTAINTIES[n % len(CERTAINTIES)]),
                **changes,
            }
        )
        revision = Revision(framework=framework, published_at=_BEGINNING + timedelta(days=n // 3))
        rows.append(listings.listing_row(framework, revision, document))
    return rows


def fits(row, selection, *, but=None):
    """Whether a row fits, by the letter of the facets and in the plainest way."""
    values = {
        "category": row.category.slug,
        "time": row.time_to_result or "not-stated",
        "supervision": row.supervision,
        "certainty": row.certainty or "not-graded",
    }
    return all(
        values[name] in getattr(selection, name)
        for name in FACETS
        if getattr(selection, name) and name != but
    )


def slugs(results):
    return [entry.slug for entry in results.entries]


def text_of(response):
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.content.decode())))


def parameters_of(address):
    return parse_qs(urlsplit(address).query)
