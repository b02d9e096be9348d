"""Changes that came in after the session had ended: they wait, for an hour, until whoever made them signs in again.

They wait in the session that the browser has meanwhile, and not in an address: which item somebody ticked says
something about their health.
"""

from collections.abc import Container
from uuid import UUID

from django.utils import timezone

from accounts.models import Session
from accounts.sessions import SessionStore

from .forms import Refused, read_form
from .models import LONGEST_NOTE, Checklist, State
from .ticking import Change

_NAME = "unsaved"
SECONDS = 60 * 60
#: What a session is to hold at most: more changes, or longer notes, no page of ours sends.
MOST, LONGEST_KEPT = 300, 10 * LONGEST_NOTE


def keep(request, checklist: UUID) -> None:
    """Remember what the form held, with what waits of the same checklist already: per item the later change counts."""
    sent = read_form(request.POST, request.resolver_match.kwargs.get("key"))
    reader = Checklist.objects.filter(pk=checklist).values_list("reader", flat=True).first()
    if not sent.wanted or len(sent.wanted) > MOST or reader is None:
        return  # for a checklist that is nobody's, or is not there, nothing can ever be saved
    waiting = {change.item: [change.item, change.state, change.note] for change in of(request, checklist)}
    for change in sent.wanted:
        _item, state, note = waiting.get(change.item, (change.item, None, None))
        note = note if change.note is None else change.note[:LONGEST_KEPT]
        waiting[change.item] = [change.item, change.state or state, note]
    request.session[_NAME] = {
        "checklist": str(checklist),
        # So that leaving erases it too (accounts.sessions).
        "user_id": reader,
        "at": timezone.now().timestamp(),
        "changes": list(waiting.values()),
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


def forget(request, checklist: UUID, items: Container[str] | None = None) -> None:
    """They are saved, or no longer wanted: those of these items, or all."""
    found = request.session.get(_NAME)
    if not found or found["checklist"] != str(checklist):
        return
    found["changes"] = [] if items is None else [one for one in found["changes"] if one[0] not in items]
    if found["changes"]:
        request.session[_NAME] = found
    else:
        del request.session[_NAME]


def forget_all(request) -> None:
    """Nothing of the reader is to be kept any more: forget what waits, in whichever browser."""
    request.session.pop(_NAME, None)
    if request.user.is_authenticated:
        for row in Session.objects.filter(user=request.user):
            session = SessionStore(row.session_key)
            if session.pop(_NAME, None):
                session.save()


def after_sign_in(request, owner) -> None:
    """Whoever signed in now must not find what somebody else had changed, nor be signed out with it in an hour."""
    found = request.session.get(_NAME)
    if not found:
        return
    if request.session.get("_session_expiry") == SECONDS:
        request.session.set_expiry(0)
    if not Checklist.objects.filter(**owner.fields, pk=found["checklist"]).exists():
        del request.session[_NAME]
