"""Changes that came in after the session had ended: they wait, for an hour, until whoever made them signs in again.

They wait in the session that the browser has meanwhile, and not in an address: which item somebody ticked says
something about their health.
"""

from uuid import UUID

from django.utils import timezone

from accounts.models import Session
from accounts.sessions import SessionStore

from .forms import Refused, read_form
from .models import LONGEST_NOTE, Checklist, State
from .ticking import Change

_NAME = "unsaved"
SECONDS = 60 * 60


def keep(request, checklist: UUID) -> None:
    """Remember what the form held. Of two, the later one counts."""
    match = request.resolver_match
    sent = read_form(request.POST, match.kwargs.get("key"))
    if not sent.wanted:
        return
    request.session[_NAME] = {
        "checklist": str(checklist),
        # So that leaving erases it too (accounts.sessions).
        "user_id": Checklist.objects.filter(pk=checklist).values_list("reader", flat=True).first(),
        "at": timezone.now().timestamp(),
        "changes": [[change.item, change.state, change.note] for change in sent.wanted],
    }
    if not request.user.is_authenticated:
        request.session.set_expiry(SECONDS)


def of(request, checklist: UUID) -> list[Change | Refused]:
    """The changes of this checklist that wait to be saved."""
    found = request.session.get(_NAME)
    if (
        not found
        or found["checklist"] != str(checklist)
        or timezone.now().timestamp() - found["at"] > SECONDS
    ):
        return []
    return [
        Refused(item, note)
        if note and len(note) > LONGEST_NOTE
        else Change(item, state and State(state), note)
        for item, state, note in found["changes"]
    ]


def forget(request, checklist: UUID) -> None:
    """They are saved, or no longer wanted."""
    if request.session.get(_NAME, {}).get("checklist") == str(checklist):
        del request.session[_NAME]


def forget_all(request) -> None:
    """Nothing of the reader is to be kept any more: forget what waits, in whichever browser."""
    request.session.pop(_NAME, None)
    if request.user.is_authenticated:
        for row in Session.objects.filter(user=request.user):
            session = SessionStore(row.session_key)
            if session.pop(_NAME, None):
                session.save()


def drop_unless_own(request, owner) -> None:
    """Whoever signed in now must not find what somebody else had changed."""
    found = request.session.get(_NAME)
    if found and not Checklist.objects.filter(**owner.fields, pk=found["checklist"]).exists():
        del request.session[_NAME]
