"""Signing in on the way into a handout's checklist, and back to it afterwards.

Its address is as good as a key, so it waits in the session and stands in no other address: for an hour, and for once.
What is kept is which handout, not the token.
"""

from http import HTTPStatus
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from . import tokens
from .models import Handout

#: What the buttons ask for, and where that is.
DOORS = {"sign-in": "account_login", "sign-up": "account_signup"}
SECONDS = 60 * 60
_NAME = "handout"


def lead_through(request, door: str, handout: Handout) -> HttpResponseRedirect:
    """To the sign-in or the sign-up, which lead to `sharing:back` in the end."""
    request.session[_NAME] = {
        "id": str(handout.pk),
        "generation": handout.generation,
        "at": timezone.now().timestamp(),
    }
    if not request.user.is_authenticated:
        request.session.set_expiry(SECONDS)
    address = f"{reverse(DOORS[door])}?{urlencode({'next': reverse('sharing:back')})}"
    return HttpResponseRedirect(address, status=HTTPStatus.SEE_OTHER)


def way_back(request) -> str | None:
    """Where the checklist of the handout starts. None where nobody came that way, or too long ago."""
    kept = request.session.pop(_NAME, None)
    if kept is None or timezone.now().timestamp() - kept["at"] > SECONDS:
        return None
    return reverse("sharing:start", args=[tokens.make(UUID(kept["id"]), kept["generation"])])


def after_sign_in(sender, request, **kwargs) -> None:
    """Whoever signed in on this way is not to be signed out in an hour."""
    if request.session.get("_session_expiry") == SECONDS:
        request.session.set_expiry(0)
