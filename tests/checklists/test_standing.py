"""How a checklist stands: every number and state, read by one statement."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists import moves, runs
from checklists.models import State, Tick
from checklists.owners import Owner
from checklists.standing import Totals, open_standing, standing, standings
from checklists.ticking import Change, tick
from frameworks import known_documents
from frameworks.document import DoneBy
from frameworks.models import SafetyNotice
from tests.factories import make_checklist, make_framework, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def stands(checklist, owner):
    return lambda: standing(checklist.pk, owner)


@pytest.fixture
def ticks(checklist, owner):
    return lambda *changes: tick(checklist.pk, owner, list(changes))


class TestTotals:
    @given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
    def test_say_a_hundred_only_when_nothing_is_open(self, done, open, not_for_me):
        totals = Totals(done, open, not_for_me)
        assert totals.items == done + open + not_for_me
        assert totals.counted == done + open
        assert 0 <= totals.percent <= 100
        assert (totals.percent == 100) == (open == 0)
        assert (totals.percent == 0) or done > 0 or open == 0

    def test_of_two_hundred_of_which_one_is_open_are_not_yet_a_hundred(self):
        assert Totals(done=199, open=1, not_for_me=0).percent == 99

    def test_are_always_of_all_items_in_scope(self, stands, ticks):
        for state in State:
            ticks(Change("chair", state))
            totals = stands().totals
            assert totals.done + totals.open + totals.not_for_me == len(stands().item_keys) == 2

    def test_do_not_count_what_is_not_for_this_reader(self, stands, ticks):
        ticks(Change("chair", State.NOT_FOR_ME))
        assert stands().totals == Totals(done=0, open=1, not_for_me=1)
        assert stands().totals.counted == 1
        ticks(Change("four-rounds", State.DONE))
        assert stands().totals.percent == 100

    def test_are_a_hundred_where_nothing_at_all_is_for_this_reader(self, stands, ticks):
        ticks(Change("chair", State.NOT_FOR_ME), Change("four-rounds", State.NOT_FOR_ME))
        assert stands().totals == Totals(0, 0, 2)
        assert stands().totals.percent == 100
        assert stands().is_finished

    def test_count_a_note_alone_as_open(self, stands, ticks):
        ticks(Change("chair", note="By the window"))
        assert stands().totals == Totals(done=0, open=2, not_for_me=0)

    def test_are_of_the_items_in_scope_and_of_no_others(self, reader, owner, framework, publish, items):
        part = make_checklist(reader, framework=framework, item_keys=["chair"])
        tick(part.pk, owner, [Change("chair", State.DONE)])
        # Rows of items that are out of scope are kept, and count nothing.
        Tick.objects.create(checklist=part, item="four-rounds", state="open", note="Old")
        assert standing(part.pk, owner).totals == Totals(done=1, open=0, not_for_me=0)
        assert standing(part.pk, owner).is_finished


class TestARun:
    def test_is_finished_by_the_tick_that_leaves_nothing_open(self, stands, ticks):
        ticks(Change("chair", State.DONE))
        assert not stands().is_finished
        assert stands().finished_at is None
        ticks(Change("four-rounds", State.NOT_FOR_ME))
        assert stands().is_finished
        assert stands().finished_at == stands().kept("four-rounds").changed_at

    def test_is_open_again_when_an_item_is(self, stands, ticks):
        ticks(Change("chair", State.DONE), Change("four-rounds", State.DONE))
        ticks(Change("chair", State.OPEN))
        assert not stands().is_finished
        assert stands().finished_at is None

    def test_was_not_finished_later_by_a_note(self, stands, ticks):
        ticks(Change("chair", State.DONE), Change("four-rounds", State.DONE))
        finished_at = stands().finished_at
        ticks(Change("chair", note="Afterwards"))
        assert stands().finished_at == finished_at
        assert stands().last_activity > finished_at

    def test_names_the_items_that_are_open_in_the_order_of_the_document(self, stands, ticks):
        assert [item.key for item in stands().open_items] == ["chair", "four-rounds"]
        assert stands().next_item.key == "chair"
        ticks(Change("chair", State.DONE))
        assert [item.key for item in stands().open_items] == ["four-rounds"]
        ticks(Change("four-rounds", State.DONE))
        assert stands().next_item is None

    def test_that_nobody_touched_has_no_activity(self, stands):
        assert stands().last_activity is None
        assert stands().ticks == {}

    def test_knows_what_a_professional_does(self):
        steps = [
            {"key": "ask", "title": "Ask", "body": "Ask.", "done_by": DoneBy.PROFESSIONAL},
            {"key": "sit", "title": "Sit", "body": "Sit.", "done_by": DoneBy.READER_WITH_PROFESSIONAL},
        ]
        checklist = make_checklist(
            framework=make_framework(
                published=True,
                steps=steps,
                claims=[],
                checklist=[
                    {"key": "asked", "text": "Asked", "step": "ask"},
                    {"key": "sat", "text": "Sat", "step": "sit"},
                    {"key": "alone", "text": "Alone"},
                ],
            )
        )
        assert standing(checklist.pk, Owner(guest=checklist.guest)).professional_items == {"asked"}


class TestWhatBecameOfTheFramework:
    def test_shows_at_once_whatever_the_checklist_is_on(self, stands, framework, publish):
        SafetyNotice.objects.create(framework=framework, level="danger", text="Stop if you faint.")
        warning = {"key": "asthma", "level": "danger", "text": "Asthma can get worse.", "what_to_do": "Stop."}
        publish("safety", warnings=[warning])
        framework.withdraw(reason="A trial found harm.")
        now = stands()
        assert (now.number, now.current_number, now.is_current) == (1, 2, False)
        assert [notice.text for notice in now.notices] == ["Stop if you faint."]
        assert [warning.key for warning in now.later_dangers] == ["asthma"]
        assert now.withdrawn_on is not None
        assert (now.current_kind, now.document.title) == ("safety", "Box breathing")

    def test_is_nothing_where_it_is_current(self, stands):
        now = stands()
        assert now.is_current
        assert now.current is now.document
        assert (now.notices, now.later_dangers, now.withdrawn_on) == ((), (), None)

    def test_leaves_out_notices_that_were_lifted(self, stands, framework):
        notice = SafetyNotice.objects.create(framework=framework, level="danger", text="Stop.")
        SafetyNotice.objects.update(lifted_at=notice.issued_at)
        assert stands().notices == ()


class TestWhoSeesIt:
    def test_is_its_owner_and_nobody_else(self, checklist, owner):
        other = Owner(reader=make_user("other@example.com").pk)
        assert standing(checklist.pk, owner).id == checklist.pk
        for stranger in (other, Owner.new_guest(), Owner()):
            assert standing(checklist.pk, stranger) is None
            assert open_standing("box-breathing", stranger) is None
            assert standings(stranger) == []

    def test_is_the_guest_and_no_reader(self, owner):
        guests = make_checklist()
        assert standing(guests.pk, Owner(guest=guests.guest)).is_guests
        assert standing(guests.pk, owner) is None
        assert standings(Owner()) == []

    def test_finds_the_open_one_of_a_framework(self, checklist, owner):
        assert open_standing("box-breathing", owner).id == checklist.pk
        assert open_standing("another", owner) is None
        runs.archive(checklist.pk, owner)
        assert open_standing("box-breathing", owner) is None
        assert standing(checklist.pk, owner).is_archived
        assert [one.id for one in standings(owner)] == [checklist.pk]


class TestMyChecklists:
    def many(self, reader, count):
        return [
            make_checklist(
                reader,
                framework=make_framework(
                    slug=f"framework-{n}",
                    published=True,
                    title=f"Framework {n}",
                    checklist=[{"key": f"item-{m}", "text": "Do it"} for m in range(n % 7 + 1)],
                ),
            )
            for n in range(count)
        ]

    @pytest.mark.parametrize("count", [1, 100])
    def test_take_one_statement_however_many_there_are(self, reader, owner, count, django_assert_num_queries):
        found = self.many(reader, count)
        for checklist in found:
            tick(checklist.pk, owner, [Change("item-0", State.DONE, "Noted")])
        for _ in ("documents that are not known yet", "documents that are"):
            with django_assert_num_queries(1):
                read = standings(owner)
                assert [one.totals.done for one in read] == [1] * count
            assert {one.id for one in read} == {checklist.pk for checklist in found}
        with django_assert_num_queries(1):
            standing(found[0].pk, owner)

    def test_come_with_the_one_touched_last_first(self, reader, owner):
        first, second, third = self.many(reader, 3)
        tick(second.pk, owner, [Change("item-0", State.DONE)])
        assert [one.id for one in standings(owner)] == [second.pk, third.pk, first.pk]
        tick(first.pk, owner, [Change("item-0", note="Later")])
        assert [one.id for one in standings(owner)] == [first.pk, second.pk, third.pk]

    def test_do_not_ask_for_documents_twice(self, reader, owner, django_assert_num_queries):
        self.many(reader, 3)
        known_documents.forget()
        first = standings(owner)
        again = standings(owner)
        assert all(one.document is other.document for one, other in zip(first, again, strict=True))


class TestAMoveThatWasMade:
    def test_can_be_undone_until_something_is_ticked(self, checklist, owner, publish, items, stands, ticks):
        publish(checklist=items("chair", "new"))
        assert stands().last_move is None
        moves.move(checklist.pk, owner, to=2)
        last = stands().last_move
        assert (last.from_number, last.to_number, last.can_be_undone) == (1, 2, True)
        ticks(Change("new", State.DONE))
        assert not stands().last_move.can_be_undone

    def test_is_gone_when_it_was_undone(self, checklist, owner, publish, stands):
        publish(title="Another title")
        moves.move(checklist.pk, owner, to=2)
        moves.undo(checklist.pk, owner, move=stands().last_move.id)
        assert stands().moves == ()

    def test_counts_as_activity(self, checklist, owner, publish, stands):
        publish(title="Another title")
        moves.move(checklist.pk, owner, to=2)
        assert stands().last_activity == stands().last_move.moved_at

    def test_shows_what_is_kept_of_items_that_it_left_out(
        self, checklist, owner, publish, items, stands, ticks
    ):
        ticks(Change("four-rounds", State.DONE, "Hard"), Change("chair", State.DONE))
        publish(checklist=items("chair"))
        moves.move(checklist.pk, owner, to=2)
        (removed,) = stands().removed
        assert (removed.key, removed.text, removed.revision) == ("four-rounds", "I did four rounds", 2)
        assert (removed.kept.state, removed.kept.note) == (State.DONE, "Hard")

    def test_shows_nothing_of_a_left_out_item_that_was_never_touched(
        self, checklist, owner, publish, items, stands
    ):
        publish(checklist=items("chair"))
        moves.move(checklist.pk, owner, to=2)
        assert stands().removed == []
