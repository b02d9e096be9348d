"""Taking a checklist to the framework's current revision, and back."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from checklists import moves, runs
from checklists.models import Checklist, RevisionMove, State, Tick
from checklists.owners import Owner
from checklists.standing import standing
from checklists.ticking import Change, tick
from tests.factories import make_checklist

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticks(checklist, owner):
    return lambda *changes: tick(checklist.pk, owner, list(changes))


@pytest.fixture
def move(checklist, owner):
    return lambda to: moves.move(checklist.pk, owner, to=to)


@pytest.fixture
def undo(checklist, owner):
    """Take back the latest move that stands, as the button of the page does."""

    def undo():
        last = RevisionMove.objects.filter(checklist=checklist, undone_at=None).order_by("id").last()
        return moves.undo(checklist.pk, owner, move=last.pk if last else 0)

    return undo


@pytest.fixture
def asked(checklist):
    """The items of which the reader is asked whether they still hold."""
    return lambda: set(Tick.objects.filter(checklist=checklist, reworded=True).values_list("item", flat=True))


@pytest.fixture
def whole(checklist):
    """All that is stored of the checklist and its ticks."""
    return lambda: (
        Checklist.objects.filter(pk=checklist.pk).values().get(),
        list(Tick.objects.filter(checklist=checklist).order_by("item").values()),
    )


class TestMoving:
    def test_takes_new_items_in_and_leaves_removed_ones_out(self, checklist, publish, items, move):
        revision = publish(checklist=items("four-rounds", "new"))
        moved = move(to=2)
        assert (moved.pk, moved.revision) == (checklist.pk, revision)
        checklist.refresh_from_db()
        assert checklist.revision == revision
        assert checklist.item_keys == ["four-rounds", "new"]

    def test_keeps_every_tick_and_note(self, checklist, publish, items, move, ticks, rows, history):
        ticks(Change("chair", State.DONE, "By the window"), Change("four-rounds", State.NOT_FOR_ME))
        before = rows(checklist), history(checklist)
        publish("safety", checklist=items("new", chair="I have a stable chair"))
        move(to=2)
        assert (rows(checklist), history(checklist)) == before

    def test_is_kept_in_words(self, checklist, publish, items, move):
        first, second = checklist.revision, publish(checklist=items("chair"))
        move(to=2)
        kept = RevisionMove.objects.get()
        assert (kept.from_revision, kept.to_revision, kept.undone_at) == (first, second, None)
        assert kept.from_item_keys == ["chair", "four-rounds"]
        assert kept.removed == {"four-rounds": "I did four rounds"}

    def test_twice_is_once(self, publish, move):
        publish(title="Second")
        move(to=2)
        assert move(to=2).revision.number == 2
        assert RevisionMove.objects.count() == 1

    def test_skips_revisions_that_the_reader_never_was_on(self, checklist, publish, items, move):
        publish(checklist=items("chair"))
        publish(checklist=items("chair", "four-rounds", "new"))
        assert move(to=3).item_keys == ["chair", "four-rounds", "new"]
        assert RevisionMove.objects.get().removed == {}

    def test_is_refused_where_another_revision_became_current_meanwhile(
        self, checklist, publish, move, whole
    ):
        publish(title="Second")
        publish(title="Third")
        before = whole()
        with pytest.raises(moves.CannotMove) as refusal:
            move(to=2)
        assert refusal.value.code == "changed"
        assert whole() == before
        assert not RevisionMove.objects.exists()

    def test_is_refused_to_a_revision_that_there_is_not(self, publish, move):
        with pytest.raises(moves.CannotMove) as refusal:
            move(to=9)
        assert refusal.value.code == "changed"

    @pytest.mark.parametrize("why", ["somebody else's", "archived", "deleted"])
    def test_is_refused_of_what_is_not_there(self, checklist, owner, publish, why):
        publish(title="Second")
        who = owner
        if why == "archived":
            runs.archive(checklist.pk, owner)
        elif why == "deleted":
            runs.delete(checklist.pk, owner)
        else:
            who = Owner.new_guest()
        for act in (
            lambda: moves.move(checklist.pk, who, to=2),
            lambda: moves.undo(checklist.pk, who, move=0),
        ):
            with pytest.raises(moves.CannotMove) as refusal:
                act()
            assert refusal.value.code == "archived"


class TestMovingToWhatRequiresSupervision:
    def test_asks_for_it_and_keeps_when_it_was_confirmed(self, checklist, owner, publish, whole):
        publish("safety", supervision="professional-required")
        before = whole()
        with pytest.raises(moves.CannotMove) as refusal:
            moves.move(checklist.pk, owner, to=2)
        assert refusal.value.code == "supervision"
        assert whole() == before
        moves.move(checklist.pk, owner, to=2, supervision_confirmed=True)
        checklist.refresh_from_db()
        confirmed_at = checklist.supervision_confirmed_at
        assert confirmed_at >= checklist.started_at
        publish("safety", title="Third", supervision="professional-required")
        moves.move(checklist.pk, owner, to=3)  # it was confirmed once
        checklist.refresh_from_db()
        assert (checklist.revision.number, checklist.supervision_confirmed_at) == (3, confirmed_at)

    def test_keeps_no_confirmation_that_nobody_asked_for(self, checklist, owner, publish):
        publish(title="Second")
        moves.move(checklist.pk, owner, to=2, supervision_confirmed=True)
        checklist.refresh_from_db()
        assert checklist.supervision_confirmed_at is None


class TestAnItemThatCameBack:
    def test_finds_its_tick_again(self, checklist, owner, publish, items, move, ticks):
        ticks(Change("four-rounds", State.DONE, "Hard"))
        publish(checklist=items("chair"))
        move(to=2)
        assert standing(checklist.pk, owner).totals.done == 0
        publish(checklist=items("four-rounds", "chair"))
        move(to=3)
        now = standing(checklist.pk, owner)
        assert (now.totals.done, now.kept("four-rounds").note) == (1, "Hard")
        assert now.removed == []
        assert not now.kept("four-rounds").reworded

    @pytest.mark.parametrize("stop", [True, False])
    def test_in_other_words_is_asked_about(self, publish, items, move, ticks, asked, stop):
        ticks(Change("four-rounds", State.DONE))
        publish(checklist=items("chair"))
        if stop:
            move(to=2)
        publish(checklist=items("chair", **{"four-rounds": "I did six rounds"}))
        move(to=3)
        assert asked() == {"four-rounds"}


class TestARewordedItem:
    @pytest.mark.parametrize(("kind", "asks"), [("editorial", False), ("clinical", True), ("safety", True)])
    def test_is_asked_about_unless_the_change_is_editorial(
        self, checklist, publish, items, move, ticks, asked, rows, kind, asks
    ):
        ticks(Change("chair", State.DONE))
        publish(kind, checklist=items("four-rounds", chair="I have a stable chair"))
        move(to=2)
        assert asked() == ({"chair"} if asks else set())
        assert rows(checklist) == {"chair": ("done", "")}
        assert RevisionMove.objects.get().reworded == (["chair"] if asks else [])

    @pytest.mark.parametrize("state", [State.OPEN, State.NOT_FOR_ME])
    def test_is_not_asked_about_unless_it_is_done(self, publish, items, move, ticks, asked, state):
        ticks(Change("chair", state, "A note"), Change("four-rounds", State.DONE))
        publish("safety", checklist=items("four-rounds", chair="I have a stable chair"))
        move(to=2)
        assert asked() == set()

    @pytest.mark.parametrize(
        "revisions",
        [
            [("clinical", "I have a stable chair"), ("editorial", "I have a stable chair.")],
            [("editorial", "I have a chair."), ("clinical", "I have a stable chair.")],
            [
                ("editorial", "I have a chair."),
                ("safety", "I have a stable chair."),
                ("editorial", "Stable!"),
            ],
        ],
    )
    def test_is_asked_about_also_when_an_editorial_revision_lies_between(
        self, publish, items, move, ticks, asked, revisions
    ):
        ticks(Change("chair", State.DONE), Change("four-rounds", State.DONE))
        for kind, text in revisions:
            publish(kind, checklist=items("four-rounds", chair=text))
        move(to=1 + len(revisions))
        assert asked() == {"chair"}

    def test_is_not_asked_about_when_the_clinical_revision_changed_something_else(
        self, publish, items, move, ticks, asked
    ):
        ticks(Change("chair", State.DONE), Change("four-rounds", State.DONE))
        publish("editorial", checklist=items("four-rounds", chair="I have a chair."))
        publish("clinical", checklist=items(chair="I have a chair.", **{"four-rounds": "I did six rounds"}))
        move(to=3)
        assert asked() == {"four-rounds"}

    def test_stays_asked_about_through_the_next_move(self, publish, items, move, ticks, asked):
        ticks(Change("chair", State.DONE))
        publish("safety", checklist=items("four-rounds", chair="I have a stable chair"))
        move(to=2)
        publish("editorial", checklist=items("four-rounds", chair="I have a stable chair!"))
        move(to=3)
        assert asked() == {"chair"}


class TestAChecklistOfSomeItems:
    @pytest.fixture
    def checklist(self, reader, framework):
        return make_checklist(reader, framework=framework, item_keys=["chair"])

    def test_keeps_to_them(self, publish, items, move):
        publish(checklist=items("new", "four-rounds", "chair"))
        assert move(to=2).item_keys == ["chair"]
        publish(checklist=items("newer", "chair"))
        assert move(to=3).item_keys == ["chair"]

    def test_keeps_to_them_also_where_they_were_all_for_a_while(self, publish, items, move):
        publish(checklist=items("chair"))
        move(to=2)
        publish(checklist=items("chair", "new"))
        assert move(to=3).item_keys == ["chair"]

    def test_has_them_again_when_they_come_back(self, publish, items, move):
        Checklist.objects.update(item_keys=["chair", "new"])
        publish(checklist=items("new", "newer"))
        assert move(to=2).item_keys == ["new"]
        publish(checklist=items("chair", "new", "newer"))
        assert move(to=3).item_keys == ["chair", "new"]

    def test_is_asked_only_about_them(self, checklist, publish, items, move, asked):
        Tick.objects.create(checklist=checklist, item="four-rounds", state="done")
        publish("safety", checklist=items("chair", **{"four-rounds": "I did six rounds"}))
        move(to=2)
        assert asked() == set()

    def test_cannot_move_where_none_of_them_is_left(self, publish, items, move, whole):
        publish(checklist=items("four-rounds"))
        before = whole()
        with pytest.raises(moves.CannotMove) as refusal:
            move(to=2)
        assert refusal.value.code == "nothing"
        assert whole() == before


class TestUndoing:
    def test_restores_everything_as_it_was(self, publish, items, move, undo, ticks, whole, asked):
        ticks(Change("chair", State.DONE, "By the window"), Change("four-rounds", State.DONE))
        before = whole()
        publish("clinical", checklist=items("new", chair="I have a stable chair"))
        move(to=2)
        assert asked() == {"chair"}
        assert undo().revision.number == 1
        assert whole() == before

    def test_leaves_the_questions_of_an_earlier_move(self, publish, items, move, undo, ticks, whole, asked):
        ticks(Change("chair", State.DONE), Change("four-rounds", State.DONE))
        publish("safety", checklist=items("four-rounds", chair="I have a stable chair"))
        move(to=2)
        before = whole()
        publish("safety", checklist=items(chair="A stable chair", **{"four-rounds": "I did six rounds"}))
        move(to=3)
        assert asked() == {"chair", "four-rounds"}
        undo()
        assert whole() == before
        assert asked() == {"chair"}

    def test_goes_back_move_by_move(self, publish, items, move, undo, whole):
        at_first = whole()
        publish(checklist=items("chair"))
        move(to=2)
        at_second = whole()
        publish(checklist=items("chair", "new"))
        move(to=3)
        undo()
        assert whole() == at_second
        undo()
        assert whole() == at_first
        with pytest.raises(moves.CannotMove) as refusal:
            undo()
        assert refusal.value.code == "unknown"

    def test_twice_is_once(self, checklist, owner, publish, move, items):
        publish(checklist=items("chair"))
        move(to=2)
        publish(checklist=items("chair", "new"))
        move(to=3)
        second = RevisionMove.objects.latest("id").pk
        for _click in range(2):
            assert moves.undo(checklist.pk, owner, move=second).revision.number == 2

    def test_of_a_move_that_another_followed_is_refused(self, checklist, owner, publish, move):
        publish(title="Second")
        move(to=2)
        first = RevisionMove.objects.get().pk
        publish(title="Third")
        move(to=3)
        with pytest.raises(moves.CannotMove) as refusal:
            moves.undo(checklist.pk, owner, move=first)
        assert refusal.value.code == "ticked"

    def test_is_only_of_this_checklists_moves(self, checklist, owner, framework, publish, move, whole):
        other = make_checklist(framework=framework)
        publish(title="Second")
        others = moves.move(other.pk, Owner(guest=other.guest), to=2).moves.get().pk
        move(to=2)
        before = whole()
        with pytest.raises(moves.CannotMove) as refusal:
            moves.undo(checklist.pk, owner, move=others)
        assert refusal.value.code == "unknown"
        assert whole() == before
        assert not RevisionMove.objects.exclude(undone_at=None).exists()

    def test_is_kept_too_and_lets_one_move_again(self, publish, move, undo):
        publish(title="Second")
        move(to=2)
        undo()
        assert move(to=2).revision.number == 2
        first, second = RevisionMove.objects.order_by("id")
        assert first.undone_at >= first.moved_at
        assert second.undone_at is None

    @pytest.mark.parametrize(
        "change", [Change("chair", State.DONE), Change("chair", note="By the window")], ids=["tick", "note"]
    )
    def test_is_refused_once_something_was_changed(self, publish, move, undo, ticks, whole, change):
        publish(title="Second")
        move(to=2)
        ticks(change)
        before = whole()
        with pytest.raises(moves.CannotMove) as refusal:
            undo()
        assert refusal.value.code == "ticked"
        assert whole() == before

    def test_is_still_possible_after_asking_for_what_is_so_already(self, publish, move, undo, ticks):
        ticks(Change("chair", State.DONE))
        publish(title="Second")
        move(to=2)
        ticks(Change("chair", State.DONE))
        assert undo().revision.number == 1

    def test_is_refused_where_there_was_no_move(self, undo):
        with pytest.raises(moves.CannotMove) as refusal:
            undo()
        assert refusal.value.code == "unknown"


@pytest.mark.django_db(transaction=True)
class TestTwoTabsThatMoveAtOnce:
    def test_move_once(self, checklist, owner, publish, on_another_connection):
        publish(title="Second")

        @on_another_connection
        def move(_):
            return moves.move(checklist.pk, owner, to=2).revision.number

        with ThreadPoolExecutor(2) as pool:
            assert list(pool.map(move, range(2))) == [2, 2]
        assert RevisionMove.objects.count() == 1
