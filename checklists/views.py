"""The pages of a reader's checklists. Each is private, shows moments in the reader's time zone, and asks the database
for what is this person's: what is somebody else's is not there.
"""

import re
from functools import wraps
from http import HTTPStatus
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.time_zones import in_own_time_zone
from frameworks.changes import readable
from frameworks.comparison import compare
from frameworks.document import Supervision
from frameworks.models import Framework
from frameworks.public_page import find_article
from frameworks.updates import updates_of

from . import consents, exports, joining, moves, runs, unsaved
from .forms import StartForm, read_form
from .history import PAGE, activity, lines
from .models import TickChange
from .owners import Owner, forget_guest, guest_of, guest_to_be, remember_guest
from .panel import Panel
from .standing import Standing, open_standing, standing, standings
from .ticking import tick


class SeeOther(HttpResponseRedirect):
    """After a POST: look there, with GET (RFC 9110, 15.4.4)."""

    status_code = HTTPStatus.SEE_OTHER


class SignInFirst(Exception):
    """Nobody is signed in, and the visitor is no guest: whose checklist could this be?"""


def personal(view):
    """A page of one person: `request.owner` is who asks, no cache keeps it, moments are shown in their time zone."""

    @wraps(view)
    def wrapped(request, *args, **kwargs):
        request.owner = Owner.of(request)
        try:
            response = view(request, *args, **kwargs)
        except SignInFirst:
            response = _sign_in_first(request, kwargs.get("id"))
        if request.method == "POST" and request.owner.is_guest:
            response = _kept_for_longer(request, response)
        patch_cache_control(response, private=True, no_store=True)
        return response

    return in_own_time_zone(wrapped)


def _kept_for_longer(request, response):
    # Thirty days from the last change, unless this answer takes the cookie away.
    if not response.cookies:
        remember_guest(response, request.owner.guest)
    return response


def _sign_in_first(request, checklist):
    """To the sign-in, and then to the page that was asked for; what a form held waits in the session meanwhile."""
    if request.method != "POST":
        return redirect_to_login(request.get_full_path())
    address = request.path
    if checklist is not None:
        unsaved.keep(request, checklist)
        address = reverse("checklists:detail", args=[checklist])
    if request.htmx:
        return _refusal(
            _("Not saved: you have been signed out. Sign in, and it is filled in for you to save."),
            HTTPStatus.UNAUTHORIZED,
        )
    login = reverse("account_login") + "?" + urlencode({"next": address})
    return SeeOther(login)


def _refusal(text, status):
    """What a script shows beside the item; it then puts the box back to what is stored."""
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")


def _find(request, id) -> Standing:
    """This person's checklist. Raises SignInFirst for nobody, Http404 for somebody else's."""
    if not request.owner:
        raise SignInFirst
    found = standing(id, request.owner)
    if found is None:
        raise Http404
    return found


# The list


@require_safe
@personal
def index(request):
    """My checklists: those under way, those finished, those put away; and how the last twelve weeks looked."""
    mine = standings(request.owner)
    waiting = joining.conflicts(request.user, guest_of(request)) if request.user.is_authenticated else []
    return render(
        request,
        "checklists/index.html",
        {
            "here": "checklists",
            "under_way": [one for one in mine if not one.is_archived and not one.is_finished],
            "finished": [one for one in mine if not one.is_archived and one.is_finished],
            "archived": [one for one in mine if one.is_archived],
            "activity": activity(request.owner) if mine else None,
            "waiting": waiting,
        },
    )


# Starting


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def start(request, slug):
    """Warnings, then what has to be agreed to, then one button. `instead_of` names a run that this one replaces."""
    article = find_article(slug)
    if article is None:
        raise Http404
    mine = open_standing(slug, request.owner)
    again = _again(request, mine)
    if mine and not again:
        return (SeeOther if request.method == "POST" else HttpResponseRedirect)(mine.get_absolute_url())
    form = StartForm(
        request.POST if request.method == "POST" else None,
        number=article.number,
        ask_supervision=article.document.supervision is Supervision.PROFESSIONAL_REQUIRED,
        ask_consent=consents.standing_consent(request.owner) is None,
    )
    can_start = not article.live.withdrawn_on and article.document.checklist
    if request.method == "POST" and can_start and form.is_valid():
        return _started(request, slug, form, again)
    return render(
        request,
        "checklists/start.html",
        {
            "here": "checklists",
            "article": article,
            "live": article.live,
            "document": article.document,
            "form": form,
            "mine": mine,
            "items": runs.items_again(mine.id, article.number) if mine else len(article.document.checklist),
            "can_start": can_start,
            "consent": f"checklists/consents/{consents.VERSION}.html",
        },
        status=HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK,
    )


def _again(request, mine: Standing | None) -> bool:
    """Whether the reader asked to start again in place of the run that is open now, and not of an earlier one."""
    asked = request.POST if request.method == "POST" else request.GET
    return mine is not None and asked.get("instead_of") == str(mine.id)


def _started(request, slug, form, again):
    if not request.owner:
        request.owner = Owner(guest=guest_to_be(request))
    framework = get_object_or_404(Framework.objects.select_related("current_revision"), slug=slug)
    try:
        checklist = runs.start(
            framework,
            request.owner,
            supervision_confirmed=form.cleaned_data.get("supervised", False),
            instead_of=request.POST["instead_of"] if again else None,
        )
    except runs.CannotStart:
        raise Http404 from None  # withdrawn since the page was made
    messages.success(
        request, _("Checklist started. Each tick is kept on our server, never only in this browser.")
    )
    return SeeOther(checklist.get_absolute_url())


# One checklist


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def detail(request, id):
    """A checklist. A POST is the whole form: only what the reader changed in it is applied."""
    if request.method == "POST":
        return _save(request, id)
    found = _find(request, id)
    return _page(request, found, Panel.of(found, unsaved.of(request, id)))


@require_POST
@personal
def item(request, id, key):
    """One item: `state` (done, open, not-for-me) or `note`, and with the whole form all that was changed in it."""
    return _save(request, id, key)


def _save(request, id, key=None):
    if not request.owner:
        raise SignInFirst
    sent = read_form(request.POST, key)
    saved = tick(id, request.owner, list(sent.changes), revision=sent.revision) if sent.changes else set()
    found = standing(id, request.owner)
    if found is None:
        return _not_here(request, id)
    if sent.revision not in (None, found.number):
        saved |= _save_what_reads_the_same(request, found, sent)
        found = standing(id, request.owner)
    unsaved.forget(request, id, None if key is None and not sent.errors else saved)
    refusal = _why_refused(found, sent, key, saved)
    if refusal is None:
        if request.htmx and key is not None:
            return _fragment(request, found, key)
        return SeeOther(_way_back(request, found, key))
    text, status = refusal
    if request.htmx:
        return _refusal(text, status)
    wanted = [change for change in sent.wanted if change.item not in saved or change in sent.refused]
    messages.error(request, text)
    return _page(request, found, Panel.of(found, wanted, sent.errors), status=status)


def _not_here(request, id):
    """Nobody else's checklist is here. A guest may have been signed in before: then what was changed waits."""
    if request.owner.is_guest:
        unsaved.keep(request, id)
    if request.htmx:
        text = _(
            "Not saved: this checklist is not here. If it is in your account, sign in: it is filled in then."
        )
        response = _refusal(text, HTTPStatus.NOT_FOUND)
        response.headers["X-Sign-In"] = "yes"  # for the script: show the way there
        return response
    raise Http404


def _save_what_reads_the_same(request, found, sent) -> set[str]:
    """The checklist has moved since the page was made: save what the reader changed of items that still say the same.

    Answers their keys. Of the others nobody knows whether the reader means what they say now.
    """
    seen = find_article(found.slug, sent.revision)
    if seen is None or found.is_archived:
        return set()
    texts = {item.key: item.text for item in seen.document.checklist}
    same = {item.key for item in found.items if texts.get(item.key) == item.text}
    changes = [change for change in sent.changes if change.item in same]
    return tick(found.id, request.owner, changes, revision=found.number) if changes else set()


def _why_refused(found: Standing, sent, key, saved) -> tuple[str, int] | None:
    """What was not saved and what to do about it, with the status that says so; None where all was saved."""
    if found.is_archived:
        return _("Not saved: this checklist is archived. Take it up again first."), HTTPStatus.CONFLICT
    if sent.errors:
        return " ".join(str(error) for error in sent.errors.values()), HTTPStatus.UNPROCESSABLE_ENTITY
    missing = {change.item for change in sent.changes if change.item not in saved}
    if key is not None and key not in found.item_keys:
        missing.add(key)
    if missing & set(found.item_keys):
        return (
            _(
                "Not saved: your checklist is on revision %(number)d now, where this reads differently. "
                "Read it again, then save."
            )
            % {"number": found.number},
            HTTPStatus.CONFLICT,
        )
    if missing:
        return (
            _(
                "Not saved: this item is not part of your checklist now. It may have moved to another revision "
                "on another device. Everything else is as you left it."
            ),
            HTTPStatus.NOT_FOUND,
        )
    return None


def _fragment(request, found: Standing, key):
    """The item as it is stored now, and the numbers of the checklist, for a script to put in place."""
    row = next(row for row in Panel.of(found).rows if row.key == key)
    return render(request, "checklists/saved_item.html", {"row": row, "standing": found})


def _way_back(request, found: Standing, key) -> str:
    """The page that the form stood on: the framework's, or the checklist's own."""
    on_framework_page = request.POST.get("page") == "framework" and found.is_current
    address = (
        reverse("frameworks:detail", args=[found.slug]) if on_framework_page else found.get_absolute_url()
    )
    return f"{address}?saved#{key or 'checklist'}"


def _page(request, found: Standing, panel: Panel, *, status=HTTPStatus.OK):
    article = find_article(found.slug, found.number)
    return render(
        request,
        "checklists/detail.html",
        {
            "here": "checklists",
            "standing": found,
            "panel": panel,
            "article": article,
            "live": article.live,
            "saved": "saved" in request.GET,
        },
        status=status,
    )


# When the framework changed


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def changes(request, id):
    """What changed between this checklist's revision and the current one; a POST moves the checklist there."""
    found = _find(request, id)
    if request.method == "POST":
        return _move(request, found)
    return render(
        request,
        "checklists/changes.html",
        {
            "here": "checklists",
            "standing": found,
            "changes": readable(
                compare(found.document, found.current),
                found.document,
                found.current,
                updates_of([*found.document.source_keys, *found.current.source_keys]),
            ),
            "ask_supervision": found.current.supervision is Supervision.PROFESSIONAL_REQUIRED
            and not found.supervision_confirmed_at,
        },
    )


_CANNOT_MOVE = {
    "archived": gettext_lazy("Not moved: this checklist is archived."),
    "supervision": gettext_lazy(
        "Not moved: this revision requires a professional. Confirm that you have one, or stay where you are."
    ),
    "changed": gettext_lazy(
        "Not moved: the framework has changed again since this page was made. This is what is new now."
    ),
    "nothing": gettext_lazy("Not moved: none of your items is left in that revision. Start it anew instead."),
    "ticked": gettext_lazy("Not undone: something was changed since the move."),
    "unknown": gettext_lazy("Not undone: there is no such move."),
}


def _move(request, found):
    try:
        to = int(request.POST.get("to", ""))
        supervised = "supervised" in request.POST
        moves.move(found.id, request.owner, to=to, supervision_confirmed=supervised)
    except ValueError:
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    except moves.CannotMove as refusal:
        messages.error(request, _CANNOT_MOVE[refusal.code])
        return SeeOther(reverse("checklists:changes", args=[found.id]))
    messages.success(
        request, _("Moved to revision %(number)d. Your ticks and notes came along.") % {"number": to}
    )
    return SeeOther(found.get_absolute_url())


@require_POST
@personal
def undo_move(request, id):
    """Go back to the revision before the latest move, as long as nothing was changed since."""
    found = _find(request, id)
    try:
        moves.undo(found.id, request.owner, move=int(request.POST.get("move", "")))
    except ValueError:
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    except moves.CannotMove as refusal:
        messages.error(request, _CANNOT_MOVE[refusal.code])
    else:
        messages.success(request, _("Back on the revision before. Your ticks and notes are as they were."))
    return SeeOther(found.get_absolute_url())


# History and notes


@require_safe
@personal
def history(request, id):
    """Every change of a checklist, latest first; `before` is the line from which an earlier page goes on."""
    found = _find(request, id)
    before = request.GET.get("before", "")
    shown = lines(found, limit=PAGE + 1, before=int(before) if re.fullmatch(r"[0-9]{1,18}", before) else None)
    return render(
        request,
        "checklists/history.html",
        {
            "here": "checklists",
            "standing": found,
            "lines": shown[:PAGE],
            "earlier": shown[PAGE - 1].id if len(shown) > PAGE else None,
            "is_first": not before,
        },
    )


@require_POST
@personal
def forget_earlier_notes(request, id):
    """Empty the notes that only the history still holds."""
    found = _find(request, id)
    runs.forget_earlier_notes(found.id, request.owner)
    messages.success(request, _("Earlier notes were erased from the history."))
    return SeeOther(reverse("checklists:history", args=[found.id]))


@require_POST
@personal
def forget_unsaved(request, id):
    """Let go of what was changed before the session ended, and is filled in to be saved."""
    found = _find(request, id)
    unsaved.forget(request, id)
    messages.success(request, _("Forgotten. This is what is stored."))
    return SeeOther(found.get_absolute_url())


@require_POST
@personal
def notes(request, id):
    """Turn the notes of a checklist on or off."""
    found = _find(request, id)
    runs.turn_notes(found.id, request.owner, on=request.POST.get("on") == "yes")
    return SeeOther(f"{found.get_absolute_url()}#keeping_part")


# The end of a run


@require_POST
@personal
def archive(request, id):
    """Put a run away, or take it up again (`open=yes`)."""
    found = _find(request, id)
    if request.POST.get("open") != "yes":
        runs.archive(found.id, request.owner)
        messages.success(request, _("Archived. You can read it here, and take it up again."))
        return SeeOther(found.get_absolute_url())
    try:
        runs.take_up_again(found.id, request.owner)
    except runs.AlreadyOpen as other:
        messages.error(
            request, _("You have another run of this open. Archive that one first: it is this page.")
        )
        return SeeOther(other.checklist.get_absolute_url())
    return SeeOther(found.get_absolute_url())


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def delete(request, id):
    """Ask whether it is meant, then delete the checklist for good."""
    found = _find(request, id)
    if request.method == "POST":
        runs.delete(found.id, request.owner)
        unsaved.forget(request, found.id)
        messages.success(request, _("Deleted, with its ticks, notes and history."))
        return SeeOther(reverse("checklists:index"))
    changes = TickChange.objects.filter(checklist=found.id).count()
    return render(
        request, "checklists/delete.html", {"here": "checklists", "standing": found, "changes": changes}
    )


# Taking it along


@require_safe
@personal
def as_json(request, id):
    found = _find(request, id)
    return _file(exports.as_json(found), "application/json", exports.file_name(found, "json"))


@require_safe
@personal
def as_csv(request, id):
    found = _find(request, id)
    return _file(exports.as_csv(found), "text/csv", exports.file_name(found, "csv"))


def _file(text, kind, name):
    return HttpResponse(
        text,
        content_type=f"{kind}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


# Guests who sign in, and what was agreed to


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def join(request):
    """Where a guest's checklist meets one of the account's: keep mine, take this one, or join both."""
    if not request.user.is_authenticated:
        raise SignInFirst
    guest = guest_of(request)
    waiting = joining.conflicts(request.user, guest)
    if request.method == "POST":
        for conflict in waiting:
            choice = request.POST.get(f"choice-{conflict.guests.id}", "")
            if choice in set(joining.Choice):
                joining.settle(request.user, guest, conflict.guests.id, joining.Choice(choice))
        waiting = joining.conflicts(request.user, guest)
        if waiting:
            messages.error(request, _("Choose for each checklist what should become of it."))
    if waiting:
        status = HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK
        return render(
            request, "checklists/join.html", {"here": "checklists", "conflicts": waiting}, status=status
        )
    response = (SeeOther if request.method == "POST" else HttpResponseRedirect)(reverse("checklists:index"))
    if request.method == "POST":
        messages.success(request, _("Done. What you did not choose is in your archive."))
        forget_guest(response)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def agreement(request):
    """What this person agreed to, and when; a POST takes it back, which erases."""
    if not request.owner:
        raise SignInFirst
    consent = consents.latest(request.owner)
    if request.method == "POST":
        consents.withdraw(request.owner)
        if guest := guest_of(
            request
        ):  # what this browser had before its person signed in, and waits for a choice
            consents.withdraw(Owner(guest=guest))
        unsaved.forget_all(request)
        messages.success(
            request, _("Your agreement is withdrawn, and everything that was kept under it is erased.")
        )
        response = SeeOther(reverse("checklists:index"))
        forget_guest(response)
        return response
    return render(
        request,
        "checklists/agreement.html",
        {
            "here": "checklists",
            "consent": consent,
            "text": f"checklists/consents/{consent.version if consent else consents.VERSION}.html",
            "checklists": exports.count(request.owner),
        },
    )


@in_own_time_zone
def csrf_failure(request, id, key=None):
    """A checklist's form that this site did not make for this browser: it is shown again, with what was changed.

    Nothing is saved. None where there is no such checklist of this person, so that the ordinary page answers.
    """
    request.owner = Owner.of(request)
    found = standing(id, request.owner) if request.owner else None
    if found is None or request.htmx:
        return None
    sent = read_form(request.POST, key)
    messages.error(
        request,
        _("Not saved yet: this page had been open for too long. What you changed is filled in below."),
    )
    response = _page(request, found, Panel.of(found, sent.wanted, sent.errors), status=HTTPStatus.FORBIDDEN)
    patch_cache_control(response, private=True, no_store=True)
    return response
