"""The pages of who is, or wants to be, a verified clinician."""

from http import HTTPStatus

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from . import clinicians
from .forms import ClinicianForm
from .kept_forms import sign_in_first
from .models import ClinicianProfile, ClinicianState
from .time_zones import in_own_time_zone
from .views import form_page


def _profile_of(user):
    return ClinicianProfile.objects.filter(user=user).first()


def _to_standing():
    return HttpResponseRedirect("/account/clinician/", status=HTTPStatus.SEE_OTHER)


@require_safe
@login_required
@in_own_time_zone
def standing(request):
    return render(request, "account/clinician.html", {"profile": _profile_of(request.user)})


@form_page
@sign_in_first
@in_own_time_zone
def apply(request):
    profile = _profile_of(request.user)
    if profile and profile.state == ClinicianState.WITHDRAWN:
        return _to_standing()
    form = ClinicianForm(request.POST if request.method == "POST" else None, profile=profile)
    status = HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            if not ratelimit.consume(request, action="apply_as_clinician"):
                # The page of other limits would lose what was typed, and names another time to wait.
                form.add_error(None, _("You have applied five times within a day. Try again tomorrow."))
                status = HTTPStatus.TOO_MANY_REQUESTS
            elif _apply(request, form):
                return _to_standing()
    context = {"form": form, "profile": profile}
    return render(request, "account/clinician_apply.html", context, status=status)


def _apply(request, form) -> bool:
    try:
        clinicians.apply(request.user, **form.cleaned_data)
    except clinicians.StillVerified as verified_meanwhile:
        form.ask_whether_it_ends()
        form.add_error("ends_verification", str(verified_meanwhile))
        return False
    except clinicians.WithdrawnForGood as withdrawn:
        messages.error(request, str(withdrawn))
        return True
    if form.has_changed():
        messages.success(request, _("We have your application. You hear from us by e-mail."))
    else:
        messages.info(request, _("This is what you had said already."))
    return True
