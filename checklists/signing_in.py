"""What happens to checklists at the moment somebody signs in."""

from django.urls import reverse

from . import joining, unsaved
from .owners import Owner, guest_of


def take_over(sender, request, user, **kwargs) -> str | None:
    """Give the account what this browser's guest had. The address of the choice, where one has to be made first."""
    unsaved.drop_unless_own(request, Owner(reader=user.pk))
    guest = guest_of(request)
    if guest is None:
        return None
    joining.adopt(user, guest)
    return reverse("checklists:join") if joining.conflicts(user, guest) else None
