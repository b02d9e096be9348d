"""What a patient opens, and the desk of the clinician who made it."""

import uuid
import zoneinfo
from datetime import timedelta
from http import HTTPStatus
from math import ceil

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from checklists import consents, runs
from checklists.joining import Choice
from checklists.owners import Owner, guest_to_be
from checklists.standing import open_standing
from checklists.views import personal
from frameworks.document import Supervision
from frameworks.public_page import find_article

from . import being_made, coming_back, since, starting, tokens
from .clinicians import for_verified_clinicians
from .forms import ExtendForm, HandoutForm, StartFromHandoutForm
from .leaflet import Leaflet, qr_file
from .models import EXPIRES_SOON, MOST_AN_HOUR, Handout, NothingLeft, TooMany, last_day
from .progress import shown_to

#: How many a page of the desk shows, latest first.
PAGE = 200


def see_other(address):
    """After a POST: look there, with GET (RFC 9110, 15.4.4)."""
    return HttpResponseRedirect(address, status=HTTPStatus.SEE_OTHER)


# What the patient opens


@require_safe
def handout(request, token):
    """A handout, by its link. It asks for no account, and not who is asking: only that it was opened is counted."""
    id, generation = _named(token)
    found = _open(id, generation)
    if found is None:
        return _closed(id, generation)
    if request.method == "GET" and not _is_prefetch(request):
        found.count_opening()
    article = find_article(found.slug, found.number)
    # Days are those of the clinician, who chose them. Rendered without the request: with this policy on referrers the
    # button that signs out would not work, and the page is to be nobody's.
    with timezone.override(zoneinfo.ZoneInfo(found.clinician.time_zone)):
        leaflet = Leaflet.of(found, article, found.clinician.clinician)
        return HttpResponse(render_to_string("sharing/handout.html", _context(leaflet)))


def _named(token):
    named = tokens.read(token)
    if named is None:
        raise Http404
    return named


def _open(id, generation) -> Handout | None:
    """The handout, where a link of this generation opens it now."""
    found = Handout.objects.open().with_revisions().select_related("clinician__clinician")
    return found.filter(pk=id, generation=generation).first()


def _is_prefetch(request) -> bool:
    """Whether a browser fetches it only in case somebody follows the link."""
    purposes = (request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Moz"))
    return any("prefetch" in purpose for purpose in purposes)


def _closed(id, generation):
    """It was ours and opens nothing now: why, and what holds for its framework all the same."""
    found = get_object_or_404(
        Handout.objects.with_revisions().select_related("clinician__clinician").defer("message"), pk=id
    )
    article = find_article(found.slug)
    context = {"article": article, "live": article.live, "why": found.why_closed(generation)}
    return HttpResponse(render_to_string("sharing/closed.html", context), status=HTTPStatus.GONE)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def start(request, token):
    """Start the checklist of a handout: as any other, on its revision, with what was chosen of it in scope."""
    id, generation = _named(token)
    found = _open(id, generation)
    if found is None:
        return _closed(id, generation)
    if request.POST.get("first") in coming_back.DOORS and not request.user.is_authenticated:
        return coming_back.lead_through(request, request.POST["first"], found)
    article = find_article(found.slug, found.number)
    mine = open_standing(found.slug, request.owner)
    if mine and starting.comes_from(mine.id, found):
        return see_other(mine.get_absolute_url())
    form = StartFromHandoutForm(
        request.POST if request.method == "POST" else None,
        number=article.number,
        ask_supervision=article.supervision is Supervision.PROFESSIONAL_REQUIRED,
        ask_consent=consents.standing_consent(request.owner) is None,
        mine=mine,
    )
    can_start = found.item_keys and not article.live.withdrawn_on
    if request.method == "POST":
        if mine and request.POST.get("choice") == Choice.KEEP_MINE:
            return see_other(mine.get_absolute_url())
        if can_start and form.is_valid():
            return _started(request, found, form, mine)
    leaflet = Leaflet.of(found, article, found.clinician.clinician)
    context = {**_context(leaflet), "form": form, "mine": mine, "can_start": can_start}
    context["consent"] = f"checklists/consents/{consents.VERSION}.html"
    status = HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK
    return render(request, "sharing/start.html", context, status=status)


@require_safe
def back(request):
    """Where signing in on the way into a handout's checklist leads: on into it, or to one's own."""
    return HttpResponseRedirect(coming_back.way_back(request) or reverse("checklists:index"))


def _started(request, found, form, mine):
    if not request.owner:
        request.owner = Owner(guest=guest_to_be(request))
    try:
        checklist = starting.start(
            found,
            request.owner,
            supervision_confirmed=form.cleaned_data.get("supervised", False),
            choice=form.cleaned_data.get("choice"),
        )
    except (starting.NotOpen, starting.AlreadyOpen, runs.CannotStart):
        # As it is by now: closed, renewed, withdrawn, or another one was started.
        return see_other(request.path)
    if mine and checklist.pk == mine.id:
        messages.success(request, _joined(len({*checklist.item_keys} - {*mine.item_keys})))
    else:
        messages.success(
            request, _("Checklist started. Each tick is kept on our server, never only in this browser.")
        )
    return see_other(checklist.get_absolute_url())


def _joined(items: int) -> str:
    if not items:
        return _("Joined: no item came in that was not here already.")
    return ngettext("Joined: %(count)d item came in.", "Joined: %(count)d items came in.", items) % {
        "count": items
    }


def _context(leaflet: Leaflet) -> dict:
    return {"leaflet": leaflet, "article": leaflet.article, "live": leaflet.article.live}


# Making one


@require_safe
@for_verified_clinicians
def new(request, slug):
    """To the form. It has an id in its address, that of the handout to be: so Back finds what was chosen."""
    return HttpResponseRedirect(reverse("sharing:choose", args=[slug, uuid.uuid4()]))


@require_http_methods(["GET", "HEAD", "POST"])
@for_verified_clinicians
def choose(request, slug, id):
    """Choose what is in it; then look at it. Until it is made, only the session has it."""
    article = _article_or_404(slug)
    if request.method == "POST":
        form = HandoutForm(request.POST, article=article)
        return _refused(request, id, form) or _keep(request, id, form, then="sharing:preview")
    sent = being_made.kept(request, id)
    if sent is None and (made := Handout.objects.of(request.user).filter(pk=id).first()):
        return HttpResponseRedirect(made.get_absolute_url())
    return _form(request, id, HandoutForm(sent, article=article))


@require_http_methods(["GET", "HEAD", "POST"])
@for_verified_clinicians
def preview(request, slug, id):
    """Look at it as the patient will, and make it: exactly what this page shows, which its form sends along."""
    article = _article_or_404(slug)
    if request.method == "POST":
        form = HandoutForm(request.POST, article=article)
        if refused := _refused(request, id, form):
            return refused
        match request.POST.get("act"):
            case "create":
                return _make(request, id, form)
            case "change":
                return _keep(request, id, form, then="sharing:choose")
            case _:
                return _keep(request, id, form, then="sharing:preview")
    form = HandoutForm(being_made.kept(request, id), article=article)
    if article.live.withdrawn_on or not form.is_valid():
        return HttpResponseRedirect(
            reverse("sharing:choose", args=[slug, id])
        )  # where it is said what is wrong
    leaflet = Leaflet(
        article,
        request.clinician,
        form.cleaned_data["message"],
        frozenset(form.steps),
        frozenset(form.items),
        timezone.now(),
        last_day(form.cleaned_data["days"]),
    )
    context = {"here": "handouts", "id": id, "form": form, **_context(leaflet)}
    return render(request, "sharing/preview.html", context)


def _article_or_404(slug):
    article = find_article(slug)
    if article is None:
        raise Http404
    return article


def _refused(request, id, form):
    """The form with what is wrong, where nothing can be made of it."""
    if form.article.live.withdrawn_on:
        return _form(request, id, form, HTTPStatus.CONFLICT)
    if not form.is_valid():
        return _form(request, id, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    return None


def _keep(request, id, form, *, then):
    being_made.keep(request, id, form.values)
    return see_other(reverse(then, args=[form.article.slug, id]))


def _form(request, id, form, status=HTTPStatus.OK):
    context = {"here": "handouts", "id": id, "form": form, "article": form.article}
    return render(request, "sharing/new.html", {**context, "live": form.article.live}, status=status)


def _make(request, id, form):
    try:
        made = Handout.objects.make(
            id,
            request.user,
            form.article,
            steps=form.steps,
            items=form.items,
            message=form.cleaned_data["message"],
            days=form.cleaned_data["days"],
        )
    except TooMany as too_many:
        minutes = ceil(too_many.wait / timedelta(minutes=1))
        said = ngettext(
            "You have made %(most)d handouts in the last hour, as many as anyone may. You can make the next one in "
            "%(minutes)d minute.",
            "You have made %(most)d handouts in the last hour, as many as anyone may. You can make the next one in "
            "%(minutes)d minutes.",
            minutes,
        )
        form.add_error(None, said % {"most": MOST_AN_HOUR, "minutes": minutes})
        response = _form(request, id, form, HTTPStatus.TOO_MANY_REQUESTS)
        response.headers["Retry-After"] = str(ceil(too_many.wait.total_seconds()))
        return response
    being_made.forget(request, id)
    messages.success(request, _("The handout is made. Copy its link, print it, or send it by e-mail."))
    return see_other(made.get_absolute_url())


# The desk


@require_safe
@for_verified_clinicians
def desk(request):
    """The clinician's handouts: open, expiring, expired, revoked; and what they can do with each.

    `before` is the id of the one from which an earlier page goes on.
    """
    all_of_mine = Handout.objects.of(request.user)
    before = _id(request.GET.get("before", ""))
    found = list((all_of_mine.made_before(before) if before else all_of_mine).with_revisions()[: PAGE + 1])
    mine = found[:PAGE]
    shown_to(request.user, mine)
    since.tell(mine)
    context = {
        "here": "handouts",
        **_said_in_rows(request, mine),
        "expiring": [one for one in mine if one.expires_soon],
        "active": [one for one in mine if not one.is_over and not one.expires_soon],
        "expired": [one for one in mine if one.revoked_at is None and one.is_expired],
        "revoked": [one for one in mine if one.revoked_at is not None],
        "earlier": mine[-1].pk if len(found) > PAGE else None,
        "is_first": before is None,
        "soon": EXPIRES_SOON.days,
        "extend": ExtendForm(),
    }
    return render(request, "sharing/desk.html", context)


def _said_in_rows(request, handouts) -> dict:
    """What was done with a handout is told in its row, and only what is of none of these above them all."""
    rows = {_row(handout): handout for handout in handouts}
    above = []
    for handout in handouts:
        handout.said = []
    for message in messages.get_messages(request):
        of = rows.get(message.extra_tags)
        (above if of is None else of.said).append(message)
    return {"messages": above}


def _row(handout) -> str:
    """The anchor of a handout on the desk."""
    return f"handout-{handout.pk}"


def _id(text) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


@require_safe
@for_verified_clinicians
def detail(request, id):
    """One handout as the patient sees it, to look at and to print. It is not counted as opened."""
    found = _mine(request, id)
    shown_to(request.user, [found])
    article = find_article(found.slug, found.number)
    found.since = since.Since.of(article)
    leaflet = Leaflet.of(found, article, request.clinician)
    return render(
        request,
        "sharing/detail.html",
        {"here": "handouts", "handout": found, "extend": ExtendForm(), **_context(leaflet)},
    )


@require_safe
@for_verified_clinicians
def qr(request, id):
    """The link of a handout as a QR code, for a letter."""
    found = _mine(request, id)
    if found.is_over:
        raise Http404
    response = HttpResponse(qr_file(found.link), "image/svg+xml")
    # To be saved: opened, it would be a page without a way back.
    response.headers["Content-Disposition"] = f'attachment; filename="handout-{found.slug}.svg"'
    return response


@require_POST
@for_verified_clinicians
def extend(request, id):
    found = _mine(request, id)
    form = ExtendForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    before = found.expires_at
    if not found.extend(days=form.cleaned_data["days"]):
        return _back(request, found, refused=_("Not extended: this handout was revoked. Make a new one."))
    found.refresh_from_db(fields=["expires_at", "last_on"])
    if found.expires_at == before:
        done = _("Open until %(day)s, as before.")
    else:
        done = _("Extended: open until %(day)s.")
    return _back(request, found, done=done % {"day": date_format(found.last_on, "j M Y")})


@require_POST
@for_verified_clinicians
def revoke(request, id):
    found = _mine(request, id)
    found.revoke()
    done = _("Revoked. Whoever opens the link now reads that it is closed, and where the framework is.")
    return _back(request, found, done=done)


@require_POST
@for_verified_clinicians
def replace_link(request, id):
    found = _mine(request, id)
    try:
        instead_of = int(request.POST.get("generation", ""))
    except ValueError:
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    if found.replace_link(instead_of=instead_of):
        done = _("The link is a new one. The old link and what was printed of it are closed.")
        return _back(request, found, done=done)
    refused = _("Not replaced: this handout was revoked, or its link has just been replaced.")
    return _back(request, found, refused=refused)


@require_POST
@for_verified_clinicians
def renew(request, id):
    """Pin it to the current revision, if that is the one that the clinician was told of."""
    found = _mine(request, id)
    current = find_article(found.slug)
    if found.revoked_at or current.live.withdrawn_on or request.POST.get("to") != str(current.number):
        refused = _(
            "Not renewed: the handout or its framework has changed since this page was made. This is how it is now."
        )
        return _back(request, found, refused=refused)
    try:
        found.renew(find_article(found.slug, found.number), current)
    except NothingLeft:
        refused = _("Not renewed: nothing of what you chose is in revision %(number)d. Make a new handout.")
        return _back(request, found, refused=refused % {"number": current.number})
    done = _("Renewed: whoever opens the link now reads revision %(number)d.")
    return _back(request, found, done=done % {"number": current.number})


def _mine(request, id) -> Handout:
    return get_object_or_404(Handout.objects.of(request.user).with_revisions(), pk=id)


def _back(request, handout, *, done="", refused=""):
    """To the page that the button stood on, where one of both is told."""
    level = messages.ERROR if refused else messages.SUCCESS
    messages.add_message(request, level, refused or done, extra_tags=_row(handout))
    if request.POST.get("page") == "handout":
        return see_other(handout.get_absolute_url())
    return see_other(f"{reverse('sharing:desk')}#{_row(handout)}")
