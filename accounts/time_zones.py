"""Time zones: which there are to choose from, and showing a page in the reader's own."""

import zoneinfo
from functools import cache, wraps

from django.utils import timezone
from django.utils.translation import gettext as _

_REGIONS = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)


def in_own_time_zone(view):
    """Run and render a view in the time zone of the person who is signed in, and in the site's for everyone else.

    A decorator and no middleware: it asks who is signed in, which public pages must not.
    """

    @wraps(view)
    def wrapped(request, *args, **kwargs):
        if not request.user.is_authenticated:
            return view(request, *args, **kwargs)
        with timezone.override(zoneinfo.ZoneInfo(request.user.time_zone)):
            response = view(request, *args, **kwargs)
            # A class-based view answers with a template that would be rendered after this.
            return response.render() if hasattr(response, "render") else response

    return wrapped


def choices():
    """The choices of a form: UTC, then the IANA names by region, as `Europe/London` under Europe."""
    return [("UTC", _("UTC, the same everywhere")), *_by_region()]


@cache
def _by_region():
    names = sorted(zoneinfo.available_timezones())
    return [
        (region, [(name, _place(name)) for name in names if name.startswith(f"{region}/")])
        for region in _REGIONS
    ]


def _place(name):
    """Buenos Aires, Argentina for America/Argentina/Buenos_Aires."""
    return ", ".join(part.replace("_", " ") for part in reversed(name.split("/")[1:]))
