"""Changing what is kept of items, by the one statement that does it."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction

from checklists import moves, runs
from checklists.models import LONGEST_NOTE, Checklist, State, Tick, TickChange
from checklists.owners import Owner
from checklists.ticking import Change, tick
from tests.factories import make_checklist, make_framework, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticks(checklist, owner):
    """Change items of the reader's checklist: `ticks(Change("chair", State.DONE))`."""
    return lambda *changes: tick(checklist.pk, owner, list(changes))


@pytest.fixture
def row(checklist):
    return lambda item: Tick.objects.get(checklist=checklist, item=item)


class TestATick:
    def test_sets_the_state_that_is_wanted(self, checklist, ticks, rows, history):
        for state in (State.DONE, State.NOT_FOR_ME, State.OPEN, State.DONE):
            assert ticks(Change("chair", state)) == {"chair"}
            assert rows(checklist) == {"chair": (state, "")}
        assert [state for _item, state, _note in history(checklist)] == ["done", "not-for-me", "open", "done"]

    def test_says_when(self, checklist, ticks, row):
        ticks(Change("chair", State.DONE))
        first = row("chair")
        assert first.changed_at > checklist.started_at
        assert first.noted_at is None
        ticks(Change("chair", State.OPEN))
        assert row("chair").changed_at > first.changed_at
        last = TickChange.objects.filter(checklist=checklist).latest("id")
        assert last.changed_at == row("chair").changed_at

    def test_twice_is_once(self, checklist, ticks, row, history):
        ticks(Change("chair", State.DONE, "By the window"))
        first = row("chair")
        assert ticks(Change("chair", State.DONE, "By the window")) == {"chair"}
        again = row("chair")
        assert (again.changed_at, again.noted_at) == (first.changed_at, first.noted_at)
        assert history(checklist) == [("chair", "done", "By the window")]

    def test_of_what_is_so_already_does_not_even_rewrite_the_row(self, ticks):
        def place():
            with connection.cursor() as cursor:
                cursor.execute("SELECT ctid::text FROM checklists_tick")
                return cursor.fetchall()

        ticks(Change("chair", State.DONE, "By the window"))
        before = place()
        ticks(Change("chair", State.DONE))
        ticks(Change("chair", note="By the window"))
        assert place() == before

    def test_leaves_every_other_item_and_checklist_alone(self, checklist, ticks, rows):
        other = make_checklist()
        ticks(Change("four-rounds", State.DONE))
        ticks(Change("chair", State.NOT_FOR_ME))
        assert rows(checklist) == {"chair": ("not-for-me", ""), "four-rounds": ("done", "")}
        assert rows(other) == {}

    def test_of_an_item_that_stays_open_stores_nothing(self, checklist, ticks, rows, history):
        assert ticks(Change("chair", State.OPEN), Change("four-rounds", note="")) == {"chair", "four-rounds"}
        assert rows(checklist) == {}
        assert history(checklist) == []

    def test_of_nothing_changes_nothing(self, checklist, ticks, rows, history):
        ticks(Change("chair", State.DONE))
        assert ticks() == set()
        assert ticks(Change("chair")) == {"chair"}
        assert rows(checklist) == {"chair": ("done", "")}
        assert len(history(checklist)) == 1

    def test_takes_many_items_in_one_statement(self, django_assert_num_queries):
        keys = [f"item-{n}" for n in range(100)]
        checklist = make_checklist(
            framework=make_framework(
                published=True, checklist=[{"key": key, "text": "Do it"} for key in keys]
            )
        )
        owner = Owner(guest=checklist.guest)
        with django_assert_num_queries(1):
            assert tick(checklist.pk, owner, [Change(key, State.DONE, key) for key in keys]) == set(keys)
        assert Tick.objects.filter(checklist=checklist, state="done").count() == 100
        with django_assert_num_queries(1):
            tick(checklist.pk, owner, [Change(keys[0], State.OPEN)])
        assert TickChange.objects.filter(checklist=checklist).count() == 101

    def test_that_names_an_item_twice_is_refused(self, checklist, ticks, rows):
        with pytest.raises(ValueError, match="named twice"):
            ticks(Change("chair", State.DONE), Change("chair", State.OPEN))
        assert rows(checklist) == {}


class TestWhatCannotBeTicked:
    def test_is_left_out_of_the_answer_and_the_rest_is_done(self, checklist, ticks, rows, history):
        assert ticks(Change("chair", State.DONE), Change("sofa", State.DONE, "?")) == {"chair"}
        assert rows(checklist) == {"chair": ("done", "")}
        assert history(checklist) == [("chair", "done", None)]

    def test_is_an_item_out_of_this_checklists_scope(self, owner, framework, reader):
        part = make_checklist(reader, framework=framework, item_keys=["chair"])
        assert tick(part.pk, owner, [Change("four-rounds", State.DONE)]) == set()
        assert not Tick.objects.exists()

    @pytest.mark.parametrize("who", ["another reader", "a guest", "nobody"])
    def test_is_somebody_elses(self, checklist, rows, who):
        owners = {
            "another reader": lambda: Owner(reader=make_user("other@example.com").pk),
            "a guest": Owner.new_guest,
            "nobody": Owner,
        }
        assert tick(checklist.pk, owners[who](), [Change("chair", State.DONE, "Mine now")]) == set()
        assert rows(checklist) == {}

    def test_is_a_guests_without_their_cookie(self, reader, owner, rows):
        guests = make_checklist()
        assert tick(guests.pk, owner, [Change("chair", State.DONE)]) == set()
        assert tick(guests.pk, Owner(), [Change("chair", State.DONE)]) == set()
        assert tick(guests.pk, Owner(guest=guests.guest), [Change("chair", State.DONE)]) == {"chair"}
        assert rows(guests) == {"chair": ("done", "")}

    def test_is_on_another_revision_than_the_reader_saw(self, checklist, owner, publish, rows):
        publish(title="Second")
        moves.move(checklist.pk, owner, to=2)
        assert tick(checklist.pk, owner, [Change("chair", State.DONE)], revision=1) == set()
        assert rows(checklist) == {}
        assert tick(checklist.pk, owner, [Change("chair", State.DONE)], revision=2) == {"chair"}
        assert rows(checklist) == {"chair": ("done", "")}

    def test_is_archived(self, checklist, owner, ticks, rows):
        runs.archive(checklist.pk, owner)
        assert ticks(Change("chair", State.DONE, "Late")) == set()
        assert rows(checklist) == {}

    def test_is_deleted(self, checklist, owner, ticks):
        runs.delete(checklist.pk, owner)
        assert ticks(Change("chair", State.DONE)) == set()


class TestANote:
    def test_leaves_the_state_alone(self, checklist, ticks, rows, row):
        ticks(Change("chair", State.DONE))
        ticked_at = row("chair").changed_at
        ticks(Change("chair", note="By the window"))
        assert rows(checklist) == {"chair": ("done", "By the window")}
        assert row("chair").changed_at == ticked_at
        assert row("chair").noted_at > ticked_at

    def test_is_left_alone_by_a_state(self, checklist, ticks, rows, row):
        ticks(Change("chair", note="By the window"))
        noted_at = row("chair").noted_at
        assert row("chair").changed_at is None
        ticks(Change("chair", State.DONE))
        assert rows(checklist) == {"chair": ("done", "By the window")}
        assert row("chair").noted_at == noted_at

    def test_has_every_wording_in_the_history(self, checklist, ticks, history):
        for note in ("One", "Two", "Two", "", "Three"):
            ticks(Change("chair", note=note))
        assert history(checklist) == [("chair", None, note) for note in ("One", "Two", "", "Three")]

    def test_and_a_state_that_come_together_are_one_line(self, checklist, ticks, history):
        ticks(Change("chair", State.DONE, "By the window"))
        ticks(Change("chair", State.DONE, "At the door"))
        ticks(Change("chair", State.OPEN, "At the door"))
        assert history(checklist) == [
            ("chair", "done", "By the window"),
            ("chair", None, "At the door"),
            ("chair", "open", None),
        ]

    def test_may_be_a_thousand_characters_long_and_no_more(self, checklist, ticks, rows):
        longest = "é" * LONGEST_NOTE
        ticks(Change("chair", note=longest))
        assert rows(checklist) == {"chair": ("open", longest)}
        with pytest.raises(ValueError, match="at most 1000 characters"):
            Change("chair", note=longest + "e")

    def test_is_stored_as_it_is_typed(self, checklist, ticks, rows):
        note = "100% %(id)s {0} '; DROP TABLE x; -- \\n \n\t“” 🫁 NULL"
        ticks(Change("chair", note=note), Change("four-rounds", note="NULL"))
        assert rows(checklist) == {"chair": ("open", note), "four-rounds": ("open", "NULL")}


class TestAnItemThatWasReworded:
    @pytest.fixture(autouse=True)
    def reworded(self, ticks, row):
        ticks(Change("chair", State.DONE, "By the window"))
        Tick.objects.update(reworded=True)

    @pytest.mark.parametrize("state", State)
    def test_is_no_longer_asked_about_once_the_reader_says_how_it_stands(self, ticks, row, state):
        ticks(Change("chair", state))
        assert (row("chair").state, row("chair").reworded) == (state, False)

    def test_that_still_holds_was_done_when_it_was(self, checklist, ticks, row, history):
        before = row("chair").changed_at
        ticks(Change("chair", State.DONE))
        assert row("chair").changed_at == before
        assert history(checklist) == [("chair", "done", "By the window")]

    def test_is_still_asked_about_after_a_note(self, ticks, row):
        ticks(Change("chair", note="At the door"))
        assert (row("chair").note, row("chair").reworded) == ("At the door", True)


@pytest.mark.django_db(transaction=True)
class TestTwoDevicesAtOnce:
    def test_and_the_one_that_waited_wins(self, checklist, owner, elsewhere, rows, history):
        with transaction.atomic():
            tick(checklist.pk, owner, [Change("chair", State.NOT_FOR_ME, "First")])
            other = elsewhere(tick, checklist.pk, owner, [Change("chair", State.DONE, "Second")])
            other.until_it_waits()
        assert other.result() == {"chair"}
        assert rows(checklist) == {"chair": ("done", "Second")}
        assert history(checklist) == [("chair", "not-for-me", "First"), ("chair", "done", "Second")]

    def test_and_a_note_does_not_undo_the_tick_that_it_did_not_see(
        self, checklist, owner, elsewhere, rows, history
    ):
        with transaction.atomic():
            tick(checklist.pk, owner, [Change("chair", State.DONE)])
            other = elsewhere(tick, checklist.pk, owner, [Change("chair", note="By the window")])
            other.until_it_waits()
        other.result()
        assert rows(checklist) == {"chair": ("done", "By the window")}
        assert history(checklist) == [("chair", "done", None), ("chair", None, "By the window")]

    def test_and_a_tick_does_not_undo_the_note_that_it_did_not_see(self, checklist, owner, elsewhere, rows):
        with transaction.atomic():
            tick(checklist.pk, owner, [Change("chair", note="By the window")])
            other = elsewhere(tick, checklist.pk, owner, [Change("chair", State.DONE)])
            other.until_it_waits()
        other.result()
        assert rows(checklist) == {"chair": ("done", "By the window")}

    def test_and_a_note_leaves_the_question_of_a_move_that_it_did_not_see(
        self, checklist, owner, publish, items, elsewhere
    ):
        tick(checklist.pk, owner, [Change("chair", State.DONE)])
        number = publish("safety", checklist=items("four-rounds", chair="I have a stable chair")).number
        with transaction.atomic():
            moves.move(checklist.pk, owner, to=number)
            other = elsewhere(tick, checklist.pk, owner, [Change("chair", note="By the window")])
            other.until_it_waits()
        other.result()
        kept = Tick.objects.get()
        assert (kept.state, kept.note, kept.reworded) == ("done", "By the window", True)

    def test_and_the_same_wish_is_one_line(self, checklist, owner, elsewhere, history):
        with transaction.atomic():
            tick(checklist.pk, owner, [Change("chair", State.DONE, "Same")])
            other = elsewhere(tick, checklist.pk, owner, [Change("chair", State.DONE, "Same")])
            other.until_it_waits()
        other.result()
        assert history(checklist) == [("chair", "done", "Same")]

    def test_and_many_items_never_wait_for_each_other_in_a_circle(self, owner, reader, elsewhere, rows):
        keys = [f"item-{n}" for n in range(20)]
        checklist = make_checklist(
            reader,
            framework=make_framework(
                published=True, checklist=[{"key": key, "text": "Do it"} for key in keys]
            ),
        )
        first, last = min(keys), max(keys)
        backwards = [Change(key, State.DONE) for key in sorted(keys, reverse=True)]
        with transaction.atomic():
            tick(checklist.pk, owner, [Change(first, State.NOT_FOR_ME)])
            other = elsewhere(tick, checklist.pk, owner, backwards).until_it_waits()
            # It waits for the first and so holds none of the others.
            tick(checklist.pk, owner, [Change(last, State.NOT_FOR_ME)])
        assert other.result() == set(keys)
        assert {state for state, _note in rows(checklist).values()} == {"done"}

    def test_and_one_deletes_what_the_other_ticks(self, checklist, owner, elsewhere):
        with transaction.atomic():
            runs.delete(checklist.pk, owner)
            other = elsewhere(tick, checklist.pk, owner, [Change("chair", State.DONE)]).until_it_waits()
        assert other.result() == set()
        assert not Tick.objects.exists()

    def test_and_one_ticks_what_the_other_deletes(self, checklist, owner, elsewhere):
        with transaction.atomic():
            tick(checklist.pk, owner, [Change("chair", State.DONE)])
            other = elsewhere(runs.delete, checklist.pk, owner).until_it_waits()
        assert other.result() is True
        assert not Checklist.objects.exists()
        assert not Tick.objects.exists()

    def test_and_one_archives_what_the_other_ticks(self, checklist, owner, elsewhere, rows):
        with transaction.atomic():
            runs.archive(checklist.pk, owner)
            other = elsewhere(tick, checklist.pk, owner, [Change("chair", State.DONE)])
            assert other.result() == {"chair"}  # it came before: nobody had archived anything yet
        assert rows(checklist) == {"chair": ("done", "")}


@pytest.mark.django_db(transaction=True)
class TestManyDevicesAtOnce:
    def test_leave_what_was_acknowledged_last_and_a_line_for_every_change(
        self, checklist, owner, on_another_connection, history, rows
    ):
        clients, rounds = 4, 25
        start = Barrier(clients)
        # There is a row of each: what has none is open already, for which nothing is written.
        tick(checklist.pk, owner, [Change(item, State.DONE, "Before") for item in ("chair", "four-rounds")])

        @on_another_connection
        def work(client) -> list[tuple[float, float, Change]]:
            chance = random.Random(client)
            acknowledged = []
            start.wait(timeout=10)
            for number in range(rounds):
                change = Change(
                    chance.choice(["chair", "four-rounds"]),
                    chance.choice([*State, None]),
                    f"client {client}, note {number}",
                )
                asked = time.monotonic()
                assert tick(checklist.pk, owner, [change]) == {change.item}
                acknowledged.append((asked, time.monotonic(), change))
            return acknowledged

        with ThreadPoolExecutor(clients) as pool:
            by_client = list(pool.map(work, range(clients)))

        lines, kept = history(checklist)[2:], rows(checklist)
        # Every note is another one: each acknowledged change is there once, and each client's are in its order.
        assert sorted(note for _item, _state, note in lines) == sorted(
            change.note for sent in by_client for _asked, _done, change in sent
        )
        for sent in by_client:
            mine = {change.note for _asked, _done, change in sent}
            assert [note for _item, _state, note in lines if note in mine] == [c.note for _, _, c in sent]
        wanted = {change.note: change.state for sent in by_client for _asked, _done, change in sent}
        for item in ("chair", "four-rounds"):
            state, note = "done", "Before"
            for _item, became, note in (line for line in lines if line[0] == item):
                state = became or state
                assert wanted[note] in (state, None)
            assert kept[item] == (state, note)
            # Nothing that was asked after the winner had been acknowledged came before it.
            asked = [entry for sent in by_client for entry in sent if entry[2].item == item]
            winner = next(entry for entry in asked if entry[2].note == note)
            assert all(other[0] <= winner[1] for other in asked)
