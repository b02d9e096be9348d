"""The admin, which opens to editors who have used their second factor."""

from functools import wraps

from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.http import urlencode

from . import kept_forms, second_factor
from .models import ClinicianProfile, ClinicianState


class Site(AdminSite):
    """Every view of the admin asks `has_permission`, so the rule stands here and nowhere else.

    `admin_view` only says it better: it leads to where the factor is set up or used, and from there back; and it hands
    a form that was sent after the session had ended back to whoever typed it.
    """

    def get_urls(self):
        # The one tells whoever may enter whether a row is there, of any model; the other serves a choice that no form
        # here has.
        left_out = {"view_on_site", "autocomplete"}
        return [one for one in super().get_urls() if getattr(one, "name", None) not in left_out]

    def has_permission(self, request):
        return super().has_permission(request) and second_factor.still_to_do(request) is None

    def index(self, request, extra_context=None):
        """With how many clinicians wait, for who verifies them."""
        waiting = 0
        if request.user.has_perm("accounts.change_clinicianprofile"):
            waiting = ClinicianProfile.objects.in_state(ClinicianState.APPLIED).count()
        return super().index(request, {"waiting": waiting, **(extra_context or {})})

    def admin_view(self, view, cacheable=False):
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def wrapped(request, *args, **kwargs):
            if request.method == "POST" and not request.user.is_authenticated and view != self.logout:
                return kept_forms.send_again(request)
            if super(Site, self).has_permission(request) and not self.has_permission(request):
                return _lead_there(request, second_factor.still_to_do(request))
            return inner(request, *args, **kwargs)

        return wrapped


def _lead_there(request, name):
    # A form that was sent is never led away from silently: what was typed would be gone.
    can_come_back = request.method in ("GET", "HEAD")
    back = request.get_full_path() if can_come_back else reverse("admin:index")
    address = f"{reverse(name)}?{urlencode({REDIRECT_FIELD_NAME: back})}"
    if can_come_back:
        response = HttpResponseRedirect(address)
    else:
        response = render(request, "mfa/not_saved.html", {"address": address}, status=403)
    add_never_cache_headers(response)
    return response
