"""Progress that is shown: where a reader agrees to it and takes it back, and what the clinician then sees."""

from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from accounts.kept_forms import sign_in_first
from checklists.standing import standing
from checklists.views import personal

from . import progress as shown_progress
from .clinicians import for_verified_clinicians
from .forms import ShowForm


def see_other(address):
    """After a POST: look there, with GET (RFC 9110, 15.4.4)."""
    return HttpResponseRedirect(address, status=HTTPStatus.SEE_OTHER)


# The reader


@require_safe
@sign_in_first
@personal
def shown(request):
    """Who can see what, since when, and when they looked; also what has ended."""
    given = shown_progress.given_by(request.user)
    return render(
        request,
        "sharing/shown.html",
        {
            "here": "checklists",
            "standing": [consent for consent in given if consent.stands],
            "ended": [consent for consent in given if not consent.stands],
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_first
@personal
def show(request, id):
    """Exactly what the clinician of the handout would see, and the button that lets them; then who looked, and when."""
    checklist = standing(id, request.owner)
    origin = shown_progress.origin_of(id) if checklist else None
    if origin is None:
        raise Http404
    form = ShowForm(request.POST if request.method == "POST" else None, origin=origin)
    status = HTTPStatus.OK
    if request.method == "POST":
        if form.is_valid() and _granted(request, id, origin, form):
            return see_other(checklist.get_absolute_url() + "#keeping_part")
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    return render(
        request,
        "sharing/show.html",
        {
            "here": "checklists",
            "checklist": checklist,
            "origin": origin,
            "form": form,
            "text": f"sharing/consents/{origin.consent.version if origin.consent else shown_progress.VERSION}.html",
            "looks": origin.consent.looks.all()[: shown_progress.LOOKS_SHOWN] if origin.consent else (),
        },
        status=status,
    )


def _granted(request, id, origin, form) -> bool:
    try:
        shown_progress.grant(id, request.user, handout=origin.handout, name=form.cleaned_data["name"])
    except shown_progress.CannotShow:
        form.add_error(
            None, _("Not shown: it cannot be shown to this clinician now. Load the page again to read why.")
        )
        return False
    messages.success(
        request,
        _("%(name)s can see which items are done. You can take that back here at any time.")
        % {"name": origin.clinician.name},
    )
    return True


@require_POST
@sign_in_first(back="/checklists/shown/")
@personal
def withdraw(request, id):
    """Stop showing: from this moment on nothing is seen."""
    consent = shown_progress.withdraw(id, request.user)
    if consent is None:
        raise Http404
    messages.success(request, _("Withdrawn. From now on nobody but you sees this checklist."))
    if request.POST.get("page") == "checklist":
        return see_other(reverse("checklists:detail", args=[consent.checklist_id]))
    return see_other(reverse("sharing:shown"))


# The clinician


# Not for HEAD: what is answered is what was looked at.
@require_GET
@for_verified_clinicians
def progress(request, id):
    """What a reader shows of a checklist. That it was looked at is kept, and told to the reader."""
    seen = shown_progress.look(id, request.user)
    if seen is None:
        # The same for what was never shown, is shown to somebody else or no longer: which of these is not told.
        return render(request, "sharing/not_shown.html", {"here": "handouts"}, status=HTTPStatus.NOT_FOUND)
    context = {"here": "handouts", "progress": seen, "article": seen.article, "live": seen.article.live}
    return render(request, "sharing/progress.html", context)
