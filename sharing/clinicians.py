"""Who makes handouts: verified clinicians, and nobody else."""

from functools import wraps

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control

from accounts.kept_forms import sign_in_first
from accounts.models import ClinicianProfile
from accounts.time_zones import in_own_time_zone

#: In the session of who has a clinician's profile: nobody else's page asks the database whether they are verified. The
#: header (templates/base.html) leads these people to their handouts.
_NOTED = "clinician"


def note_profile(sender, request, user, **kwargs):
    """At a sign-in: whether this person has a clinician's profile, so that pages need not ask each time."""
    if ClinicianProfile.objects.filter(user=user).exists():
        request.session[_NOTED] = True


def verified(user) -> ClinicianProfile | None:
    """What is known of this person as a clinician who is verified at this moment."""
    return ClinicianProfile.objects.verified().select_related("user").filter(user=user).first()


def may_be_verified(request) -> bool:
    """Whether it is worth asking. Who was verified since they signed in is noted at the first visit of their desk."""
    return _NOTED in request.session and request.user.is_authenticated


def for_verified_clinicians(view):
    """A page of one clinician, `request.clinician`, in their time zone; no cache keeps it. Others are told why not."""

    @wraps(view)
    def wrapped(request, *args, **kwargs) -> HttpResponse:
        request.clinician = verified(request.user)
        if request.clinician is None:
            profile = ClinicianProfile.objects.filter(user=request.user).first()
            context = {"here": "handouts", "profile": profile}
            response = render(request, "sharing/not_verified.html", context, status=403)
        else:
            if _NOTED not in request.session:
                request.session[_NOTED] = True
            response = view(request, *args, **kwargs)
        patch_cache_control(response, private=True, no_store=True)
        return response

    return sign_in_first(in_own_time_zone(wrapped), back="/handouts/")
