"""How a framework's page shows the reader's checklist, and what a form of it needs."""

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from ..forms import digest
from ..owners import Owner
from ..panel import Panel
from ..standing import open_standing

register = template.Library()


@register.inclusion_tag("checklists/on_framework_page.html", takes_context=True)
def checklist_of(context, article):
    """The checklist of an article: the reader's own where there is one, else to read and to start. One statement.

    A page that is the same for everyone is rendered without a request, and so without anybody's checklist.
    """
    request = context.get("request")
    owner = Owner.of(request) if request else Owner()
    standing = open_standing(article.slug, owner)
    on_this_revision = standing is not None and standing.number == article.number
    return {
        "article": article,
        "document": article.document,
        "standing": standing,
        "panel": Panel.of(standing) if on_this_revision else None,
        "saved": request is not None and "saved" in request.GET,
        "csrf_token": context.get("csrf_token"),
    }


@register.filter
def note_digest(note):
    """Which note a form was made from."""
    return digest(note)


@register.filter
def moment(value):
    """A moment as people say it: today's and yesterday's with their time, others by their date."""
    if value is None:
        return ""
    local = timezone.localtime(value)
    days = (timezone.localdate() - local.date()).days
    if days == 0:
        return gettext("today, %(time)s") % {"time": _time(local)}
    if days == 1:
        return gettext("yesterday, %(time)s") % {"time": _time(local)}
    return date_format(local, "j M Y")


@register.filter
def minute(value):
    """A moment with its date and time, however long ago."""
    local = timezone.localtime(value)
    return f"{date_format(local, 'j M Y')}, {_time(local)}"


def _time(local):
    time = date_format(local, "H:i")
    # Whoever has chosen no time zone is told which one this is.
    return f"{time} UTC" if timezone.get_current_timezone_name() == "UTC" else time
