"""A form that was sent and cannot be taken: what was typed stays with whoever typed it."""

from functools import partial, wraps
from http import HTTPStatus

from django.contrib.auth.views import redirect_to_login
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.http import urlencode

_NOT_KEPT = {"csrfmiddlewaretoken"}


def sign_in_first(view=None, *, back=None):
    """For who is signed in. Anybody else is led to the sign-in, and what they sent comes back to be sent again.

    `back` is the address that a sign-in leads to then; the view's own, unless told otherwise.
    """
    if view is None:
        return partial(sign_in_first, back=back)

    @wraps(view)
    def wrapped(request, *args, **kwargs):
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        if request.method == "POST":
            return send_again(request, back=back or request.path)
        return redirect_to_login(request.get_full_path())

    return wrapped


def send_again(request, *, back=None):
    """What was sent in hidden fields, to be sent again: after signing in, where the session has ended.

    `back` is where a sign-in leads, the admin unless told otherwise. Nothing of it is stored. 401 for who is signed
    out; 403 for who has signed in since the form was made.
    """
    signed_in = request.user.is_authenticated
    back = urlencode({"next": back or reverse("admin:index")})
    context = {
        "typed": [
            (name, value)
            for name, values in request.POST.lists()
            for value in values
            if name not in _NOT_KEPT
        ],
        "files": bool(request.FILES),
        "signed_in": signed_in,
        "sign_in": f"{reverse('account_login')}?{back}",
    }
    status = HTTPStatus.FORBIDDEN if signed_in else HTTPStatus.UNAUTHORIZED
    response = render(request, "send_again.html", context, status=status)
    patch_cache_control(response, private=True, no_store=True)
    return response
