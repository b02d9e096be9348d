"""A form was sent that this site did not make for this browser: most often, it was open for too long."""

from urllib.parse import urlsplit

from django.contrib import admin
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.shortcuts import render

from accounts import kept_forms
from checklists import views as checklists
from frameworks.models import Framework

from .errors import never_kept

#: Forms outside the admin that come back, besides those of checklists.
TYPED_AT_LENGTH = {"sharing:choose", "sharing:preview", "sharing:show", "account_clinician_apply"}


def failure(request, reason=""):
    """Nothing is changed. A form in which somebody typed at length comes back with it; for any other, a page says what
    to do."""
    # What another site sends is never shown as if this person had typed it.
    shown_again = _shown_again(request) if _is_from_here(request) else None
    if shown_again is not None:
        return shown_again
    context = {"form_expired": True, "no_cookie": reason == REASON_NO_CSRF_COOKIE}
    return never_kept(render(request, "403.html", context, status=403))


def _is_from_here(request) -> bool:
    """Whether a page of this site sent it. Every browser says so with what it posts."""
    return urlsplit(request.headers.get("Origin", "")).netloc == request.get_host()


def _shown_again(request):
    match = request.resolver_match
    if match is None:
        return None
    if match.view_name in {"checklists:detail", "checklists:item"}:
        return checklists.csrf_failure(request, **match.kwargs)
    if match.app_names == ["admin"]:
        if match.url_name == "frameworks_framework_change" and admin.site.has_permission(request):
            desk = admin.site.get_model_admin(Framework)
            return desk.csrf_failure(request, **match.kwargs) or kept_forms.send_again(request)
        return kept_forms.send_again(request)
    if match.view_name in TYPED_AT_LENGTH:
        return kept_forms.send_again(request, back=request.path)
    return None
