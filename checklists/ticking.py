"""Changing what is kept of items: one statement, whether for one item or for many.

A change says what is wanted, so that twice is once, and names the items that the reader changed and no others, so that
a stale page undoes nothing of another device.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from .models import LONGEST_NOTE, State
from .owners import OWNED, Owner


@dataclass(frozen=True)
class Change:
    """What is wanted for one item. What is None stays as it is."""

    item: str
    state: State | None = None
    note: str | None = None

    def __post_init__(self):
        if self.note is not None and len(self.note) > LONGEST_NOTE:
            raise ValueError(f"a note has at most {LONGEST_NOTE} characters")


# A note alone must not write the state that this statement saw: it could be older than that of another device. So the
# row that is put in says by its moments which of both was asked. Items in order, so that two never wait for each other.
_TICK = f"""
WITH moment AS MATERIALIZED (SELECT clock_timestamp() AS at),
mine AS MATERIALIZED (
    SELECT checklist.id, checklist.item_keys FROM checklists_checklist checklist
    WHERE checklist.id = %(id)s AND {OWNED} AND checklist.archived_at IS NULL
        AND (%(revision)s::int IS NULL OR %(revision)s = (
            SELECT number FROM frameworks_revision revision WHERE revision.id = checklist.revision_id))
    FOR KEY SHARE -- Whoever deletes it waits, or was first and this finds nothing.
),
asked AS (
    SELECT mine.id AS checklist_id, wanted.item,
           -- What has no row is open and without a note already: to ask for that changes nothing.
           CASE WHEN tick.item IS NOT NULL OR wanted.state <> 'open' THEN wanted.state END AS state,
           CASE WHEN tick.item IS NOT NULL OR wanted.note <> '' THEN wanted.note END AS note
    FROM mine
    CROSS JOIN unnest(%(items)s::text[], %(states)s::text[], %(notes)s::text[]) AS wanted (item, state, note)
    LEFT JOIN checklists_tick tick ON tick.checklist_id = mine.id AND tick.item = wanted.item
    WHERE wanted.item = ANY (mine.item_keys)
),
put AS (
    INSERT INTO checklists_tick AS tick (checklist_id, item, state, note, changed_at, noted_at, reworded)
    SELECT asked.checklist_id, asked.item, coalesce(asked.state, 'open'), coalesce(asked.note, ''),
           CASE WHEN asked.state IS NOT NULL THEN moment.at END,
           CASE WHEN asked.note IS NOT NULL THEN moment.at END,
           false
    FROM asked, moment
    WHERE asked.state IS NOT NULL OR asked.note IS NOT NULL
    ORDER BY asked.item
    ON CONFLICT (checklist_id, item) DO UPDATE SET
        state = CASE WHEN EXCLUDED.changed_at IS NULL THEN tick.state ELSE EXCLUDED.state END,
        changed_at = CASE WHEN EXCLUDED.changed_at IS NULL OR tick.state = EXCLUDED.state THEN tick.changed_at
                          ELSE EXCLUDED.changed_at END,
        reworded = tick.reworded AND EXCLUDED.changed_at IS NULL,
        note = CASE WHEN EXCLUDED.noted_at IS NULL THEN tick.note ELSE EXCLUDED.note END,
        noted_at = CASE WHEN EXCLUDED.noted_at IS NULL OR tick.note = EXCLUDED.note THEN tick.noted_at
                        ELSE EXCLUDED.noted_at END
    WHERE EXCLUDED.changed_at IS NOT NULL AND (tick.state <> EXCLUDED.state OR tick.reworded)
        OR EXCLUDED.noted_at IS NOT NULL AND tick.note <> EXCLUDED.note
    RETURNING checklist_id, item, state, note, changed_at, noted_at
),
remembered AS (
    INSERT INTO checklists_tickchange (checklist_id, item, state, note, changed_at)
    SELECT checklist_id, item, CASE WHEN changed_at = at THEN state END, CASE WHEN noted_at = at THEN note END, at
    FROM put, moment
    WHERE changed_at = at OR noted_at = at
    ORDER BY item
)
SELECT item FROM asked
"""


def tick(checklist: UUID, owner: Owner, changes: list[Change], *, revision: int | None = None) -> set[str]:
    """Make the changes, and answer the items that are in scope: committed when this returns, outside a transaction.

    `revision` is the number of the one that the reader saw, if that is known. An item that is missing from the answer
    was not changed: the checklist is not this owner's, is archived or on another revision, or the item is not in its
    scope. Raises ValueError where an item is named twice.
    """
    items = [change.item for change in changes]
    if len(set(items)) < len(items):
        raise ValueError("an item is named twice: which of both is wanted?")
    with connection.cursor() as cursor:
        cursor.execute(
            _TICK,
            {
                **owner.parameters,
                "id": checklist,
                "revision": revision,
                "items": items,
                "states": [change.state and change.state.value for change in changes],
                "notes": [change.note for change in changes],
            },
        )
        return {item for (item,) in cursor.fetchall()}
