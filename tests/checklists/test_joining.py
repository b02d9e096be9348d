"""What becomes of a guest's checklists when the guest signs in: nothing of them is lost."""

import pytest

from checklists import consents, joining, runs
from checklists.joining import Choice
from checklists.models import Checklist, RevisionMove, State, StorageConsent, Tick
from checklists.owners import Owner
from checklists.standing import standing
from checklists.ticking import Change, tick
from tests.factories import make_checklist, make_framework, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def guest():
    return Owner.new_guest()


@pytest.fixture
def theirs(guest, framework):
    """The guest's checklist, of the same framework as `checklist`, the reader's."""
    return make_checklist(guest=guest, framework=framework)


@pytest.fixture
def settle(reader, guest, theirs):
    return lambda choice: joining.settle(reader, guest.guest, theirs.pk, choice)


def open_ones(reader):
    return list(Checklist.objects.filter(reader=reader, archived_at=None))


class TestAdopting:
    def test_gives_the_account_all_that_the_guest_had(self, reader, owner, guest, theirs, rows, history):
        other = make_checklist(guest=guest, framework=make_framework(slug="other", published=True))
        tick(theirs.pk, guest, [Change("chair", State.DONE, "By the window")])
        joining.adopt(reader, guest.guest)
        assert {one.pk for one in open_ones(reader)} == {theirs.pk, other.pk}
        assert not Checklist.objects.exclude(guest=None).exists()
        assert rows(theirs) == {"chair": ("done", "By the window")}
        assert history(theirs) == [("chair", "done", "By the window")]
        assert standing(theirs.pk, guest) is None
        assert not standing(theirs.pk, owner).is_guests

    def test_takes_over_the_archived_ones_too(self, reader, guest, framework, checklist, theirs):
        runs.archive(theirs.pk, guest)
        joining.adopt(reader, guest.guest)
        theirs.refresh_from_db()
        assert (theirs.reader, theirs.guest) == (reader, None)
        assert theirs.archived_at is not None
        assert open_ones(reader) == [checklist]

    def test_leaves_one_that_the_account_has_open_too_for_the_reader_to_choose(
        self, reader, guest, checklist, theirs
    ):
        joining.adopt(reader, guest.guest)
        theirs.refresh_from_db()
        assert (theirs.reader, theirs.guest) == (None, guest.guest)
        (conflict,) = joining.conflicts(reader, guest.guest)
        assert (conflict.guests.id, conflict.mine.id) == (theirs.pk, checklist.pk)

    def test_finds_no_conflict_with_what_the_account_archived(self, reader, owner, guest, checklist, theirs):
        runs.archive(checklist.pk, owner)
        joining.adopt(reader, guest.guest)
        assert open_ones(reader) == [theirs]
        assert joining.conflicts(reader, guest.guest) == []

    def test_takes_nothing_of_another_guest_or_of_another_reader(self, reader, guest, framework):
        strangers = make_checklist(framework=framework)
        readers = make_checklist(make_user("other@example.com"), framework=framework)
        joining.adopt(reader, guest.guest)
        assert open_ones(reader) == []
        strangers.refresh_from_db()
        readers.refresh_from_db()
        assert (strangers.reader, readers.reader.email) == (None, "other@example.com")

    def test_twice_is_once(self, reader, guest, theirs):
        joining.adopt(reader, guest.guest)
        joining.adopt(reader, guest.guest)
        assert open_ones(reader) == [theirs]

    def test_takes_the_consent_over(self, reader, owner, guest, theirs):
        given_at = consents.standing_consent(guest).given_at
        joining.adopt(reader, guest.guest)
        assert consents.standing_consent(guest) is None
        assert consents.standing_consent(owner).given_at == given_at

    def test_takes_nothing_where_nobody_agrees_to_be_kept_any_longer(self, reader, guest, theirs):
        StorageConsent.objects.all().delete()
        assert joining.adopt(reader, guest.guest) == 0
        theirs.refresh_from_db()
        assert theirs.reader is None

    def test_says_how_many_came_along(self, reader, guest, checklist, theirs):
        make_checklist(guest=guest, framework=make_framework(slug="other", published=True))
        assert joining.adopt(reader, guest.guest) == 1

    def test_leaves_the_readers_own_consent_where_there_is_one(self, reader, owner, guest, theirs):
        consents.give(owner)
        own = consents.standing_consent(owner)
        joining.adopt(reader, guest.guest)
        assert StorageConsent.objects.get() == own


class TestConflicts:
    def test_are_none_without_a_guest(self, reader, checklist):
        assert joining.conflicts(reader, None) == []

    def test_are_found_in_two_statements(self, reader, guest, checklist, theirs, django_assert_num_queries):
        with django_assert_num_queries(2):
            assert len(joining.conflicts(reader, guest.guest)) == 1

    def test_do_not_ask_about_archived_ones(self, reader, guest, checklist, theirs):
        runs.archive(theirs.pk, guest)
        assert joining.conflicts(reader, guest.guest) == []


class TestEachChoice:
    @pytest.fixture(autouse=True)
    def ticked(self, owner, guest, checklist, theirs):
        tick(checklist.pk, owner, [Change("chair", State.DONE, "Mine")])
        tick(theirs.pk, guest, [Change("four-rounds", State.DONE, "Theirs")])

    def test_to_keep_mine_archives_the_guests(self, reader, checklist, theirs, settle, rows):
        assert settle(Choice.KEEP_MINE) == checklist
        assert open_ones(reader) == [checklist]
        assert rows(checklist) == {"chair": ("done", "Mine")}
        assert rows(theirs) == {"four-rounds": ("done", "Theirs")}

    def test_to_take_this_archives_mine(self, reader, checklist, theirs, settle, rows):
        assert settle(Choice.TAKE_THIS) == theirs
        assert open_ones(reader) == [theirs]
        assert rows(checklist) == {"chair": ("done", "Mine")}
        assert rows(theirs) == {"four-rounds": ("done", "Theirs")}

    def test_to_join_both_has_the_ticks_of_both(self, reader, checklist, theirs, settle, rows, history):
        assert settle(Choice.JOIN_BOTH) == checklist
        assert open_ones(reader) == [checklist]
        assert rows(checklist) == {"chair": ("done", "Mine"), "four-rounds": ("done", "Theirs")}
        assert rows(theirs) == {"four-rounds": ("done", "Theirs")}
        assert history(checklist) == [("chair", "done", "Mine"), ("four-rounds", "done", "Theirs")]

    @pytest.mark.parametrize("choice", Choice)
    def test_leaves_the_account_with_both_of_which_one_is_open(
        self, reader, guest, checklist, theirs, settle, choice
    ):
        settle(choice)
        mine = Checklist.objects.filter(reader=reader)
        assert set(mine) == {checklist, theirs}
        assert mine.filter(archived_at=None).count() == 1
        assert joining.conflicts(reader, guest.guest) == []

    @pytest.mark.parametrize("choice", Choice)
    def test_twice_is_once(self, reader, settle, choice):
        settle(choice)
        before = list(Checklist.objects.order_by("pk").values()), list(Tick.objects.order_by("item").values())
        assert settle(choice) is None
        assert before == (
            list(Checklist.objects.order_by("pk").values()),
            list(Tick.objects.order_by("item").values()),
        )

    @pytest.mark.parametrize("choice", Choice)
    def test_takes_the_guests_where_mine_was_archived_meanwhile(
        self, reader, owner, checklist, theirs, settle, choice
    ):
        runs.archive(checklist.pk, owner)
        assert settle(choice) == theirs
        assert open_ones(reader) == [theirs]

    @pytest.mark.parametrize("choice", Choice)
    def test_needs_the_guests_own_cookie(self, reader, theirs, choice):
        assert joining.settle(reader, Owner.new_guest().guest, theirs.pk, choice) is None
        theirs.refresh_from_db()
        assert theirs.reader is None


class TestJoiningBoth:
    @pytest.fixture
    def mine(self, checklist, owner):
        return lambda *changes: tick(checklist.pk, owner, list(changes))

    @pytest.fixture
    def guests(self, theirs, guest):
        return lambda *changes: tick(theirs.pk, guest, list(changes))

    def test_lets_the_later_change_of_an_item_win(self, checklist, mine, guests, settle, rows, history):
        mine(Change("chair", State.DONE))
        guests(Change("chair", State.NOT_FOR_ME), Change("four-rounds", State.DONE))
        mine(Change("four-rounds", State.NOT_FOR_ME))
        settle(Choice.JOIN_BOTH)
        assert rows(checklist) == {"chair": ("not-for-me", ""), "four-rounds": ("not-for-me", "")}
        assert history(checklist)[-1] == ("chair", "not-for-me", None)

    def test_keeps_when_the_winner_was_changed(self, checklist, theirs, guests, settle):
        guests(Change("chair", State.DONE, "Theirs"))
        settle(Choice.JOIN_BOTH)
        copied, original = (Tick.objects.get(checklist=one, item="chair") for one in (checklist, theirs))
        assert (copied.changed_at, copied.noted_at) == (original.changed_at, original.noted_at)

    def test_lets_an_item_that_was_opened_again_later_win_too(self, checklist, mine, guests, settle, rows):
        mine(Change("chair", State.DONE))
        guests(Change("chair", State.DONE))
        guests(Change("chair", State.OPEN))
        settle(Choice.JOIN_BOTH)
        assert rows(checklist) == {"chair": ("open", "")}

    def test_does_not_untick_what_the_guest_only_noted(self, checklist, mine, guests, settle, rows):
        mine(Change("chair", State.DONE))
        guests(Change("chair", note="By the window"))
        settle(Choice.JOIN_BOTH)
        assert rows(checklist) == {"chair": ("done", "By the window")}

    def test_keeps_the_later_note_and_the_other_in_the_history(
        self, checklist, mine, guests, settle, rows, history
    ):
        mine(Change("chair", note="Mine, first"))
        guests(Change("chair", note="Theirs, later"), Change("four-rounds", note="Theirs, first"))
        mine(Change("four-rounds", note="Mine, later"))
        settle(Choice.JOIN_BOTH)
        assert rows(checklist) == {"chair": ("open", "Theirs, later"), "four-rounds": ("open", "Mine, later")}
        assert history(checklist) == [
            ("chair", None, "Mine, first"),
            ("four-rounds", None, "Mine, later"),
            ("chair", None, "Theirs, later"),
            ("four-rounds", None, "Theirs, first"),
            ("four-rounds", None, "Mine, later"),
        ]

    def test_loses_no_note_to_one_that_was_emptied(self, checklist, mine, guests, settle, rows):
        guests(Change("chair", note="Theirs"), Change("four-rounds", note="Away"))
        mine(Change("chair", note="Mine"), Change("four-rounds", note="Mine"))
        mine(Change("chair", note=""))
        guests(Change("four-rounds", note=""))
        settle(Choice.JOIN_BOTH)
        assert rows(checklist) == {"chair": ("open", "Theirs"), "four-rounds": ("open", "Mine")}

    def test_writes_nothing_of_what_is_the_same_in_both(self, checklist, mine, guests, settle, rows, history):
        mine(Change("chair", State.DONE, "Same"))
        guests(Change("chair", State.DONE, "Same"))
        before = rows(checklist), history(checklist)
        settle(Choice.JOIN_BOTH)
        assert (rows(checklist), history(checklist)) == before

    def test_keeps_a_tick_of_an_item_that_only_the_guests_revision_has(
        self, reader, owner, framework, publish, items, guest, checklist, rows
    ):
        publish(checklist=items("chair", "new"))
        theirs = make_checklist(guest=guest, framework=framework)
        tick(theirs.pk, guest, [Change("new", State.DONE)])
        joining.settle(reader, guest.guest, theirs.pk, Choice.JOIN_BOTH)
        assert rows(checklist) == {"new": ("done", "")}
        assert standing(checklist.pk, owner).totals.items == 2

    @pytest.mark.parametrize(("kind", "asks"), [("editorial", False), ("safety", True)])
    def test_asks_about_what_was_ticked_under_other_words(
        self, reader, framework, publish, items, guest, theirs, guests, kind, asks
    ):
        guests(Change("chair", State.DONE), Change("four-rounds", State.DONE))
        publish(kind, checklist=items("four-rounds", chair="I have a stable chair"))
        mine = make_checklist(reader, framework=framework)
        joining.settle(reader, guest.guest, theirs.pk, Choice.JOIN_BOTH)
        asked = Tick.objects.filter(checklist=mine, reworded=True).values_list("item", flat=True)
        assert list(asked) == (["chair"] if asks else [])

    def test_keeps_in_scope_what_was_in_either(self, checklist, theirs, guests, settle, rows):
        Checklist.objects.filter(pk=checklist.pk).update(item_keys=["chair"])
        guests(Change("four-rounds", State.DONE))
        settle(Choice.JOIN_BOTH)
        checklist.refresh_from_db()
        assert checklist.item_keys == ["chair", "four-rounds"]
        assert rows(checklist)["four-rounds"] == ("done", "")

    def test_moves_nothing(self, checklist, guests, settle):
        guests(Change("chair", State.DONE))
        settle(Choice.JOIN_BOTH)
        checklist.refresh_from_db()
        assert checklist.revision.number == 1
        assert not RevisionMove.objects.exists()
