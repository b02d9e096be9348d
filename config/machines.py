"""What machines look for at fixed addresses: what to leave alone, whom to tell of a weakness, and the site's mark."""

from datetime import UTC, datetime, time, timedelta

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from frameworks.structured_data import absolute

#: What is somebody's own, or the editors': nothing to find there. Handouts, at /h/, are not among them: they say of
#: themselves that they are not to be listed, which a search engine reads only where it may look. Of an address that it
#: may not open it still lists the address, and that of a handout is a key.
PRIVATE = ["/account/", "/admin/", "/checklists/", "/handouts/"]
#: RFC 9116, 2.5.5 advises less than a year. As it is reckoned anew each day, it says that somebody still runs the site.
SECURITY_CONTACT_HOLDS = timedelta(days=180)

_for_a_day = cache_control(public=True, max_age=24 * 60 * 60)


@require_safe
@_for_a_day
def robots(request):
    """What search engines may read (RFC 9309), and where the list of it is."""
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in PRIVATE),
        "Allow: /",
        "",
        f"Sitemap: {absolute(reverse('frameworks:sitemap'))}",
    ]
    return _lines(lines)


@require_safe
@_for_a_day
def security(request):
    """Whom to tell of a weakness of the site (RFC 9116). Where the site names nobody, there is no such address."""
    if not settings.SECURITY_CONTACT:
        raise Http404
    today = timezone.now().astimezone(UTC).date()
    expires = datetime.combine(today + SECURITY_CONTACT_HOLDS, time(), UTC)
    lines = [
        *(f"Contact: {contact}" for contact in settings.SECURITY_CONTACT),
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en",
        f"Canonical: {absolute(reverse('security'))}",
    ]
    return _lines(lines)


@require_safe
@_for_a_day
def favicon(request):
    """The mark of the site, for what has no page that could name it: a text, a feed, a picture."""
    return HttpResponseRedirect(static("favicon.svg"))


def _lines(lines):
    return HttpResponse("".join(f"{line}\n" for line in lines), content_type="text/plain; charset=utf-8")
