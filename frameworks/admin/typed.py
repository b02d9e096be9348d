"""A form that was sent after the session had ended: what was typed stays with whoever typed it."""

from functools import wraps
from http import HTTPStatus
from urllib.parse import urlsplit

from django.contrib import admin
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from ..models import Framework

_NOT_KEPT = {"csrfmiddlewaretoken"}


def keep_what_was_typed(view):
    """Answer the form of somebody who is signed out with a page that holds it, instead of leading to sign-in."""

    @wraps(view)
    def wrapped(request, *args, **kwargs):
        if request.method == "POST" and not request.user.is_authenticated:
            return signed_out(request)
        return view(request, *args, **kwargs)

    return wrapped


def signed_out(request):
    """What was typed in hidden fields, to be sent again after signing in beside it. Nothing of it is stored."""
    typed = [
        (name, value) for name, values in request.POST.lists() for value in values if name not in _NOT_KEPT
    ]
    back = urlencode({"next": reverse("admin:index")})
    context = {"typed": typed, "sign_in": f"{reverse('account_login')}?{back}"}
    response = render(
        request, "admin/frameworks/desk/signed_out.html", context, status=HTTPStatus.UNAUTHORIZED
    )
    response.headers["Cache-Control"] = "private, no-store"
    return response


def same_origin(request) -> bool:
    """Whether a page of this site has sent the form: what another site sends is never shown as if it were typed."""
    origin = request.headers.get("Origin", "")
    return bool(origin) and urlsplit(origin).netloc == request.get_host()


def csrf_failure(request, object_id):
    """The form of a draft that this site did not make for this browser, as after signing in anew; None as elsewhere."""
    if not same_origin(request):
        return None
    if not request.user.is_authenticated:
        return signed_out(request)
    if not admin.site.has_permission(request):
        return None
    return admin.site.get_model_admin(Framework).csrf_failure(request, object_id)
