"""Whatever editors and a reader do, in any order: the totals are right, and no tick and no note is lost.

Hypothesis plays both against a model of a few dictionaries, on the real database.
"""

from contextlib import contextmanager

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from checklists import moves, runs
from checklists.models import RevisionMove, State, TickChange
from checklists.owners import Owner
from checklists.standing import standing
from checklists.ticking import Change, tick
from frameworks.drafts import write_draft
from tests.factories import make_checklist, make_document, make_framework

#: Few, so that items that were removed come back, and texts come back too.
KEYS = ["a", "b", "c", "d"]
TEXTS = ["Sit down", "Sit down.", "Sit on the floor"]
NOTES = ["", "One", "Two"]
EXAMPLES = 25

texts = st.sampled_from(TEXTS)
kinds = st.sampled_from(["editorial", "clinical", "safety"])
drafts = st.dictionaries(st.sampled_from(KEYS), texts, min_size=1).flatmap(
    lambda items: st.permutations(list(items.items())).map(dict)
)
changes = st.lists(
    st.builds(
        Change,
        st.sampled_from([*KEYS, "never-there"]),
        st.sampled_from([None, *State]),
        st.sampled_from([None, *NOTES]),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda change: change.item,
)


def document(items: dict[str, str]):
    return make_document(
        checklist=[{"key": key, "text": text} for key, text in items.items()],
        claims=[],
        citations=[],
        examples=[],
        mistakes=[],
    )


@contextmanager
def refused(code: str):
    with pytest.raises(moves.CannotMove) as refusal:
        yield
    assert refusal.value.code == code


class AChecklist(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()

    def teardown(self):
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    @initialize(items=drafts, chosen=st.sets(st.sampled_from(KEYS)))
    def start(self, items, chosen):
        """A checklist of all items of the first revision, or of some."""
        self.draft = items
        self.revisions = [("editorial", items)]  # the kind and the items of each, from number 1
        self.number = 1
        self.scope = [key for key in items if key in chosen] or list(items)
        self.chosen = None if self.scope == list(items) else set(self.scope)
        self.states, self.notes, self.history = {}, {}, []
        self.asked = set()  # reworded since they were ticked
        self.texts = dict(items)  # as the reader saw each item last
        self.moves = []
        self.framework = make_framework(document(items), published=True)
        checklist = make_checklist(framework=self.framework, item_keys=self.scope)
        self.id, self.owner = checklist.pk, Owner(guest=checklist.guest)

    # What the reader does with items.

    @rule(changes=changes)
    def change_items(self, changes):
        made = {change.item for change in changes if change.item in self.scope}
        assert tick(self.id, self.owner, changes) == made
        for change in sorted(changes, key=lambda change: change.item):
            if change.item not in made:
                continue
            state, note = change.state, change.note
            if state is not None:
                self.asked.discard(change.item)
            if state is self.states.get(change.item, State.OPEN):
                state = None
            if note == self.notes.get(change.item, ""):
                note = None
            if state is not None:
                self.states[change.item] = state
            if note is not None:
                self.notes[change.item] = note
            if state is not None or note is not None:
                self.history.append((change.item, state, note))
                for move in self.moves:
                    move["ticked"] = True

    @rule(state=st.sampled_from(State))
    def change_all_items(self, state):
        self.change_items([Change(key, state) for key in self.scope])

    # What the editors do.

    @rule(items=drafts)
    def rewrite_the_draft(self, items):
        self.draft = items

    @rule(kind=kinds)
    def publish(self, kind):
        if list(self.draft.items()) != list(self.revisions[-1][1].items()):
            write_draft(self.framework, document(self.draft))
            self.framework.publish(by=None, kind=kind, note="")
            self.revisions.append((kind, self.draft))

    @rule(items=drafts, kind=kinds)
    def rewrite_and_publish(self, items, kind):
        self.draft = items
        self.publish(kind)

    @rule(key=st.sampled_from(KEYS), text=texts, kind=kinds)
    def reword_and_publish(self, key, text, kind):
        self.draft = {**self.draft, key: text}
        self.publish(kind)

    # What the reader does with the checklist.

    @rule()
    def move(self):
        current = len(self.revisions)
        items = self.revisions[-1][1]
        scope = [key for key in items if self.chosen is None or key in self.chosen]
        if not scope and self.number != current:
            with refused("nothing"):
                moves.move(self.id, self.owner, to=current)
            return
        moves.move(self.id, self.owner, to=current)
        if self.number == current:
            return
        reworded, seen = set(), dict(self.texts)
        for kind, texts in self.revisions[self.number :]:
            if kind != "editorial":
                reworded |= {key for key in texts if key in seen and seen[key] != texts[key]}
            seen |= texts
        asked = {key for key in reworded & set(scope) - self.asked if self.states.get(key) is State.DONE}
        self.moves.append(
            {
                "back": (self.number, self.scope, self.texts),
                "asked": asked,
                "ticked": False,
                "left": {
                    key: self.revisions[self.number - 1][1][key] for key in self.scope if key not in scope
                },
            }
        )
        self.asked |= asked
        self.texts = {**self.texts, **items}
        self.number, self.scope = current, scope

    def latest_move(self):
        moves = RevisionMove.objects.filter(checklist=self.id, undone_at=None)
        return moves.order_by("id").values_list("pk", flat=True).last() or 0

    @rule()
    def undo(self):
        if not self.moves or self.moves[-1]["ticked"]:
            with refused("ticked" if self.moves else "unknown"):
                moves.undo(self.id, self.owner, move=self.latest_move())
            return
        moves.undo(self.id, self.owner, move=self.latest_move())
        last = self.moves.pop()
        self.number, self.scope, self.texts = last["back"]
        self.asked -= last["asked"]

    # What chance alone would seldom put in a row.

    @rule(key=st.sampled_from(KEYS), text=texts, kind=kinds)
    def finish_and_find_it_reworded(self, key, text, kind):
        self.change_all_items(State.DONE)
        self.reword_and_publish(key, text, kind)
        self.move()

    @rule(key=st.sampled_from(KEYS), text=texts, kind=kinds)
    def lose_an_item_that_comes_back(self, key, text, kind):
        self.draft = {other: text for other, text in self.draft.items() if other != key} or self.draft
        self.publish(kind)
        self.move()
        self.reword_and_publish(key, text, kind)
        self.move()

    @rule(items=drafts, kind=kinds, state=st.sampled_from(State))
    def undo_after_ticking_in_the_new_one(self, items, kind, state):
        self.rewrite_and_publish(items, kind)
        self.move()
        self.change_all_items(state)
        self.undo()

    @rule(changes=changes)
    def try_what_is_refused(self, changes):
        """By somebody else, to a revision that is not current, and while the checklist is archived."""
        stranger = Owner.new_guest()
        assert tick(self.id, stranger, changes) == set()
        with refused("changed"):
            moves.move(self.id, self.owner, to=len(self.revisions) + 1)
        assert runs.archive(self.id, self.owner)
        assert tick(self.id, self.owner, changes) == set()
        for owner in (self.owner, stranger):
            with refused("archived"):
                moves.move(self.id, owner, to=len(self.revisions))
            with refused("archived"):
                moves.undo(self.id, owner, move=self.latest_move())
        assert runs.take_up_again(self.id, self.owner)

    @invariant()
    def what_holds_at_any_time(self):
        now = standing(self.id, self.owner)
        self.the_totals_are_right(now)
        self.it_is_on_its_revision_with_its_items(now)
        self.no_tick_and_no_note_is_lost(now)
        self.what_left_the_scope_is_still_shown(now)
        self.a_move_can_be_undone_until_something_is_ticked(now)

    def the_totals_are_right(self, now):
        states = [self.states.get(key, State.OPEN) for key in self.scope]
        totals = now.totals
        assert (totals.done, totals.open, totals.not_for_me) == (
            states.count(State.DONE),
            states.count(State.OPEN),
            states.count(State.NOT_FOR_ME),
        )
        assert totals.items == len(now.items) == len(self.scope)
        assert (totals.percent == 100) == (State.OPEN not in states) == now.is_finished
        assert {item.key for item in now.open_items} == {
            key for key in self.scope if self.states.get(key, State.OPEN) is State.OPEN
        }

    def it_is_on_its_revision_with_its_items(self, now):
        assert (now.number, now.current_number) == (self.number, len(self.revisions))
        assert list(now.item_keys) == self.scope == [item.key for item in now.items]
        assert {item.key: item.text for item in now.document.checklist} == self.revisions[self.number - 1][1]
        assert not now.is_archived

    def no_tick_and_no_note_is_lost(self, now):
        for key in KEYS:
            kept = now.kept(key)
            assert kept.state is self.states.get(key, State.OPEN)
            assert kept.note == self.notes.get(key, "")
            assert kept.reworded is (key in self.asked)
        assert self.asked <= {key for key, state in self.states.items() if state is State.DONE}
        lines = TickChange.objects.filter(checklist=self.id).order_by("id")
        assert list(lines.values_list("item", "state", "note")) == self.history

    def what_left_the_scope_is_still_shown(self, now):
        left = {key: text for move in self.moves for key, text in move["left"].items()}
        touched = self.states.keys() | self.notes.keys()
        assert {removed.key: removed.text for removed in now.removed} == {
            key: text for key, text in left.items() if key in touched and key not in self.scope
        }

    def a_move_can_be_undone_until_something_is_ticked(self, now):
        assert [move.can_be_undone for move in now.moves] == [not move["ticked"] for move in self.moves]


@pytest.mark.django_db
def test_no_sequence_of_ticks_edits_publishes_moves_and_undos_loses_anything():
    run_state_machine_as_test(
        AChecklist,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=20,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
