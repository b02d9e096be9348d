"""A form was sent that this site did not make for this browser: most often, it was open for too long."""

from urllib.parse import urlsplit

from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.shortcuts import render

from checklists import views as checklists
from frameworks.admin import typed

from .errors import never_kept


def failure(request, reason=""):
    """Nothing is changed. The form of a checklist or a draft comes back with what was typed; for any other, a page says
    what to do."""
    match = None if _is_from_elsewhere(request) else request.resolver_match
    if match and match.view_name == "admin:frameworks_framework_change":
        shown_again = typed.csrf_failure(request, **match.kwargs)
        if shown_again is not None:
            return shown_again
    if match and match.view_name in {"checklists:detail", "checklists:item"}:
        shown_again = checklists.csrf_failure(request, **match.kwargs)
        if shown_again is not None:
            return shown_again
    context = {"form_expired": True, "no_cookie": reason == REASON_NO_CSRF_COOKIE}
    return never_kept(render(request, "403.html", context, status=403))


def _is_from_elsewhere(request) -> bool:
    """Whether another site sent it: then nothing of it is shown as if this person had typed it."""
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != request.get_host()
