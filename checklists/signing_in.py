"""What happens to a guest's checklists at the moment somebody signs in, or leaves for good."""

from django.contrib import messages
from django.urls import reverse
from django.utils.translation import ngettext

from . import consents, joining, unsaved
from .owners import Owner, forget_guest, guest_of


def take_over(sender, request, user, response, **kwargs) -> str | None:
    """Give the account what this browser's guest had. The address of the choice, where one has to be made first."""
    unsaved.after_sign_in(request, Owner(reader=user.pk))
    guest = guest_of(request)
    if guest is None:
        return None
    if adopted := joining.adopt(user, guest):
        messages.info(
            request,
            ngettext(
                "%(count)d checklist came along from this browser into your account. If it is not yours, delete it.",
                "%(count)d checklists came along from this browser into your account. If one is not yours, delete it.",
                adopted,
            )
            % {"count": adopted},
        )
    if joining.conflicts(user, guest):
        return reverse("checklists:join")
    # Without it the browser asks to sign in again when the session has ended, and is not taken for a guest who has
    # nothing; and whoever uses it next is another guest.
    forget_guest(response)
    return None


def erase_guest(sender, request, response, **kwargs) -> None:
    """Erase what this browser's guest had, and the account that is gone was still to choose about."""
    if guest := guest_of(request):
        consents.withdraw(Owner(guest=guest))
        forget_guest(response)
