"""What was changed in a checklist, latest first, and what the twelve last weeks looked like."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection
from django.utils import timezone

from .models import State
from .owners import OWNED, Owner
from .standing import Standing

#: Lines on a page of the history.
PAGE = 50
WEEKS = 12


@dataclass(frozen=True)
class Line:
    """One change of one item. What it was before is there where this is the item's latest, and so can be undone."""

    id: int
    item: str
    text: str
    state: State | None
    note: str | None
    changed_at: datetime
    #: The state and the note that undoing would bring back; None where this is not the latest of its kind.
    state_before: State | None
    note_before: str | None
    #: Whether the item is in scope still: otherwise nothing of it can be changed.
    in_scope: bool
    is_professional: bool

    @property
    def is_done(self) -> bool:
        return self.state is State.DONE

    @property
    def is_not_for_me(self) -> bool:
        return self.state is State.NOT_FOR_ME


# A note that was emptied and one that was forgotten look the same, and neither is worth bringing back.
_LINES = """
SELECT change.id, change.item, change.state, change.note, change.changed_at,
       CASE WHEN change.state IS NOT NULL AND NOT EXISTS (
           SELECT FROM checklists_tickchange later
           WHERE later.checklist_id = change.checklist_id AND later.item = change.item
               AND later.state IS NOT NULL AND later.id > change.id)
       THEN coalesce((SELECT earlier.state FROM checklists_tickchange earlier
                      WHERE earlier.checklist_id = change.checklist_id AND earlier.item = change.item
                          AND earlier.state IS NOT NULL AND earlier.id < change.id
                      ORDER BY earlier.id DESC LIMIT 1), 'open') END,
       CASE WHEN change.note IS NOT NULL AND NOT EXISTS (
           SELECT FROM checklists_tickchange later
           WHERE later.checklist_id = change.checklist_id AND later.item = change.item
               AND later.note IS NOT NULL AND later.id > change.id)
       THEN coalesce((SELECT earlier.note FROM checklists_tickchange earlier
                      WHERE earlier.checklist_id = change.checklist_id AND earlier.item = change.item
                          AND earlier.note IS NOT NULL AND earlier.id < change.id
                      ORDER BY earlier.id DESC LIMIT 1), '') END
FROM checklists_tickchange change
WHERE change.checklist_id = %(id)s AND change.id < coalesce(%(before)s, 9223372036854775807)
ORDER BY change.id DESC
LIMIT %(limit)s
"""


def lines(standing: Standing, *, limit: int, before: int | None = None) -> list[Line]:
    """The latest changes of a checklist, or those before the line of this id."""
    texts = {item.key: item.text for item in standing.document.checklist}
    texts = {key: text for key, (text, _number) in standing.removed_texts.items()} | texts
    with connection.cursor() as cursor:
        cursor.execute(_LINES, {"id": standing.id, "before": before, "limit": limit})
        rows = cursor.fetchall()
    return [
        Line(
            id=id,
            item=item,
            text=texts.get(item, item),
            state=state and State(state),
            note=note,
            changed_at=changed_at,
            state_before=state_before and State(state_before),
            note_before=note_before,
            in_scope=item in standing.item_keys,
            is_professional=item in standing.professional_items,
        )
        for id, item, state, note, changed_at, state_before, note_before in rows
    ]


@dataclass(frozen=True)
class Week:
    """A week from its Monday, with how many items were ticked in it, and its bar in a picture 360 wide, 64 high."""

    starts_on: date
    ticked: int
    x: int
    y: int
    height: int

    @property
    def is_empty(self) -> bool:
        return not self.ticked


@dataclass(frozen=True)
class Activity:
    weeks: tuple[Week, ...]

    @property
    def ticked(self) -> int:
        return sum(week.ticked for week in self.weeks)

    @property
    def active_weeks(self) -> int:
        return sum(1 for week in self.weeks if week.ticked)

    @property
    def fullest(self) -> Week:
        return max(self.weeks, key=lambda week: week.ticked)

    @property
    def first(self) -> Week:
        return self.weeks[0]

    @property
    def middle(self) -> Week:
        return self.weeks[WEEKS // 2]


_ACTIVITY = f"""
SELECT date_trunc('week', change.changed_at AT TIME ZONE %(zone)s)::date,
       -- An item that was joined, or ticked twice, is one item.
       count(DISTINCT (checklist.framework_id, change.item))
FROM checklists_tickchange change JOIN checklists_checklist checklist ON checklist.id = change.checklist_id
WHERE {OWNED} AND change.state = 'done' AND change.changed_at >= %(since)s
GROUP BY 1
"""


def activity(owner: Owner) -> Activity:
    """How many items were ticked in each of the last twelve weeks, in the reader's time zone. One statement."""
    today = timezone.localdate()
    monday = today - timedelta(days=today.weekday())
    starts = [monday - timedelta(weeks=ago) for ago in range(WEEKS - 1, -1, -1)]
    with connection.cursor() as cursor:
        cursor.execute(
            _ACTIVITY,
            {
                **owner.parameters,
                "zone": timezone.get_current_timezone_name(),
                # A day more than needed: which week a moment falls into is the database's to say.
                "since": timezone.now() - timedelta(weeks=WEEKS, days=1),
            },
        )
        ticked = dict(cursor.fetchall())
    most = max((ticked.get(start, 0) for start in starts), default=0) or 1
    weeks = []
    for place, start in enumerate(starts):
        count = ticked.get(start, 0)
        height = max(2, round(54 * count / most))
        weeks.append(Week(start, count, x=2 + 30 * place, y=62 - height, height=height))
    return Activity(tuple(weeks))
