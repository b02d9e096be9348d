"""What happens to checklists at the moment somebody signs in."""

from django.urls import reverse

from . import joining, unsaved
from .owners import Owner, forget_guest, guest_of


def take_over(sender, request, user, response, **kwargs) -> str | None:
    """Give the account what this browser's guest had. The address of the choice, where one has to be made first."""
    unsaved.drop_unless_own(request, Owner(reader=user.pk))
    guest = guest_of(request)
    if guest is None:
        return None
    joining.adopt(user, guest)
    if joining.conflicts(user, guest):
        return reverse("checklists:join")
    # Without it the browser asks to sign in again when the session has ended, and is not taken for a guest who has
    # nothing; and whoever uses it next is another guest.
    forget_guest(response)
    return None
