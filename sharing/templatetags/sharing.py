"""What other apps' pages show of handouts."""

from django import template
from django.utils.formats import date_format
from django.utils.translation import gettext

from frameworks import mail_links

from .. import progress, starting
from ..clinicians import may_be_verified, verified
from ..models import ProgressConsent

register = template.Library()


@register.inclusion_tag("sharing/on_framework_page.html", takes_context=True)
def handout_of(context, article):
    """The way to a handout of an article, for verified clinicians. It takes one statement, and none of anybody else."""
    request = context.get("request")
    can_be_shared = article.is_current and not article.is_draft and not article.live.withdrawn_on
    if request is None or not can_be_shared or not may_be_verified(request) or not verified(request.user):
        return {}
    return {"article": article}


@register.simple_tag
def mail_link(handout):
    """Opens the clinician's own mail program with the link in it. Nothing of it passes through us.

    It names no framework: a locked screen shows the subject and the first words to whoever is near.
    """
    body = gettext(
        "Here is what we talked about:\n\n%(link)s\n\nThe link works until %(day)s. It needs no account. "
        "Whoever has it can read the page, so please keep it to yourself."
    ) % {
        "link": handout.link,
        "day": date_format(handout.last_on, "j F Y"),
    }
    return mail_links.mail_link(subject=gettext("What we talked about"), body=body)


@register.simple_tag
def origin_of(standing):
    """Where a checklist came from, and who sees what of it: see progress.origin_of."""
    return progress.origin_of(standing.id)


@register.simple_tag
def joining(standing, leaflet):
    """What it would mean to join a handout with the checklist that is open: what comes in, and what cannot."""
    there = {item.key for item in standing.document.checklist}
    return {
        "new": len(leaflet.item_keys & there - set(standing.item_keys)),
        "missing": len(leaflet.item_keys - there),
        "shown_to_another": ProgressConsent.objects.ended_by_joining(
            standing.id, leaflet.clinician.user_id
        ).exists(),
    }


@register.inclusion_tag("sharing/on_join_page.html")
def showing_what_is_joined(conflict):
    """What it would mean, for whoever sees the account's checklist, to join the guest's with it."""
    shown = ProgressConsent.objects.standing().filter(checklist=conflict.mine.id)
    ends = shown.ended_by_joining(conflict.mine.id, starting.clinician_of(conflict.guests.id))
    return {"is_shown": shown.exists(), "ends": ends.exists()}
