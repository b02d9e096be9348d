"""What a clinician has chosen for a handout that is not made yet: kept in their session, under the id of the handout.

So the form and the preview are pages of their own, which Back and a reload show as they were. It goes with the session,
and as soon as the handout is made.
"""

from uuid import UUID

from django.http import QueryDict

_NAME = "handouts_to_be"
#: How many at a time: each tab may have one.
MOST = 5


def keep(request, id: UUID, values: list[tuple[str, object]]) -> None:
    """Keep what a form says that is valid."""
    kept = request.session.get(_NAME, {})
    kept.pop(str(id), None)
    kept[str(id)] = [[name, str(value)] for name, value in values]
    request.session[_NAME] = dict(list(kept.items())[-MOST:])


def kept(request, id: UUID) -> QueryDict | None:
    """The same as a form would send it."""
    values = request.session.get(_NAME, {}).get(str(id))
    if values is None:
        return None
    sent = QueryDict(mutable=True)
    for name, value in values:
        sent.appendlist(name, value)
    return sent


def forget(request, id: UUID) -> None:
    if request.session.get(_NAME, {}).pop(str(id), None):
        request.session.modified = True
