"""A form of the admin that was sent and cannot be taken: what was typed stays with whoever typed it."""

from http import HTTPStatus

from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.http import urlencode

_NOT_KEPT = {"csrfmiddlewaretoken"}


def send_again(request):
    """What was sent in hidden fields, to be sent again: after signing in, where the session has ended.

    Nothing of it is stored. 401 for who is signed out; 403 for who has signed in since the form was made.
    """
    signed_in = request.user.is_authenticated
    back = urlencode({"next": reverse("admin:index")})
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
    response = render(request, "admin/send_again.html", context, status=status)
    patch_cache_control(response, private=True, no_store=True)
    return response
