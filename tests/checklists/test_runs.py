"""The life of a run."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest

from checklists import consents, moves, runs
from checklists.models import Checklist, RevisionMove, State, StorageConsent, Tick, TickChange
from checklists.owners import Owner
from checklists.signals import carried_over
from checklists.ticking import Change, tick
from frameworks.models import HelpContact
from tests.factories import make_checklist, make_framework, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def stranger():
    return Owner(reader=make_user("other@example.com").pk)


@pytest.fixture
def carried():
    """What went on where something else ended: the old checklist and the new one."""
    told = []

    def listen(sender, old, new, **kwargs):
        told.append((old, new))

    carried_over.connect(listen)
    yield told
    carried_over.disconnect(listen)


class TestStarting:
    def test_makes_a_checklist_on_the_current_revision_with_all_its_items(self, framework, owner, publish):
        revision = publish(title="Second")
        started = runs.start(framework, owner, supervision_confirmed=False)
        assert (started.reader_id, started.guest) == (owner.reader, None)
        assert started.revision == revision
        assert started.item_keys == ["chair", "four-rounds"]
        assert started.archived_at is None
        assert started.notes_on

    def test_gives_the_one_that_is_open_already(self, framework, owner, checklist):
        assert runs.start(framework, owner, supervision_confirmed=False) == checklist
        assert Checklist.objects.count() == 1

    def test_keeps_the_consent_once(self, framework, owner):
        runs.start(framework, owner, supervision_confirmed=False)
        runs.start(framework, owner, supervision_confirmed=False)
        assert consents.standing_consent(owner).version == consents.VERSION
        assert StorageConsent.objects.count() == 1

    def test_keeps_when_supervision_was_confirmed(self, owner):
        required = make_framework(published=True, supervision="professional-required")
        started = runs.start(required, owner, supervision_confirmed=True)
        assert started.supervision_confirmed_at == started.started_at

    def test_keeps_no_confirmation_that_nobody_asked_for(self, framework, owner):
        assert runs.start(framework, owner, supervision_confirmed=True).supervision_confirmed_at is None

    def test_has_notes_off_on_a_sensitive_framework(self, owner):
        HelpContact.objects.create(
            key="gb-999", country="GB", kind="emergency", name="Emergency", number="999", link="tel:999"
        )
        sensitive = make_framework(published=True, sensitive=True)
        assert not runs.start(sensitive, owner, supervision_confirmed=False).notes_on

    def test_is_refused_of_a_withdrawn_framework(self, framework, owner):
        framework.withdraw(reason="A trial found harm.")
        with pytest.raises(runs.CannotStart):
            runs.start(framework, owner, supervision_confirmed=False)
        assert not StorageConsent.objects.exists()

    def test_is_refused_of_a_draft(self, owner):
        with pytest.raises(runs.CannotStart):
            runs.start(make_framework(slug="draft"), owner, supervision_confirmed=False)

    def test_is_each_persons_own(self, framework, owner, checklist, stranger):
        others = runs.start(framework, stranger, supervision_confirmed=False)
        guests = runs.start(framework, Owner.new_guest(), supervision_confirmed=False)
        assert len({checklist.pk, others.pk, guests.pk}) == 3


class TestStartingAgain:
    def test_archives_the_old_run_and_opens_a_new_one(self, framework, owner, checklist, rows):
        tick(checklist.pk, owner, [Change("chair", State.DONE, "By the window")])
        fresh = runs.start(framework, owner, supervision_confirmed=False, instead_of=checklist.pk)
        checklist.refresh_from_db()
        assert checklist.archived_at == fresh.started_at
        assert fresh != checklist
        assert rows(fresh) == {}
        assert rows(checklist) == {"chair": ("done", "By the window")}

    def test_twice_by_a_second_click_starts_once(self, framework, owner, checklist):
        first = runs.start(framework, owner, supervision_confirmed=False, instead_of=checklist.pk)
        second = runs.start(framework, owner, supervision_confirmed=False, instead_of=checklist.pk)
        assert first == second
        assert Checklist.objects.count() == 2

    def test_archives_nothing_of_somebody_elses(self, framework, checklist, stranger):
        runs.start(framework, stranger, supervision_confirmed=False, instead_of=checklist.pk)
        checklist.refresh_from_db()
        assert checklist.archived_at is None

    def test_keeps_the_scope_of_the_old_run(self, framework, owner, publish, items):
        chosen = make_checklist(framework=framework, guest=None, item_keys=["chair"])
        guest = Owner(guest=chosen.guest)
        publish(checklist=items("walk", "chair"))
        framework.refresh_from_db()
        assert runs.items_again(chosen.pk, 2) == 1
        again = runs.start(framework, guest, supervision_confirmed=False, instead_of=chosen.pk)
        assert again.item_keys == ["chair"]

    def test_takes_all_items_where_none_of_the_old_ones_is_left(self, framework, publish, items):
        chosen = make_checklist(framework=framework, item_keys=["chair"])
        publish(checklist=items("walk", "run"))
        framework.refresh_from_db()
        assert runs.items_again(chosen.pk, 2) == 2
        guest = Owner(guest=chosen.guest)
        again = runs.start(framework, guest, supervision_confirmed=False, instead_of=chosen.pk)
        assert again.item_keys == ["walk", "run"]

    def test_tells_what_hangs_on_the_old_run_once(self, framework, owner, checklist, carried):
        again = runs.start(framework, owner, supervision_confirmed=False, instead_of=checklist.pk)
        runs.start(framework, owner, supervision_confirmed=False, instead_of=checklist.pk)
        assert carried == [(checklist, again)]

    def test_archives_nothing_where_it_cannot_start(self, framework, owner, checklist):
        framework.withdraw(reason="A trial found harm.")
        with pytest.raises(runs.CannotStart):
            runs.start(framework, owner, supervision_confirmed=False, instead_of=checklist.pk)
        checklist.refresh_from_db()
        assert checklist.archived_at is None


@pytest.mark.django_db(transaction=True)
class TestTwoTabsThatStartAtOnce:
    @pytest.mark.parametrize("again", [False, True])
    def test_get_the_same_checklist(self, framework, owner, on_another_connection, monkeypatch, again):
        consents.give(owner)
        old = runs.start(framework, owner, supervision_confirmed=False).pk if again else None
        both_are_here = Barrier(2)

        def meet(_owner):
            with suppress(BrokenBarrierError):
                both_are_here.wait(timeout=5)

        monkeypatch.setattr(consents, "give", meet)

        @on_another_connection
        def start(_):
            return runs.start(framework, owner, supervision_confirmed=False, instead_of=old).pk

        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(start, range(2))
        assert first == second != old
        assert Checklist.objects.filter(archived_at=None).count() == 1

    def test_keep_one_consent(self, framework, owner, on_another_connection):
        @on_another_connection
        def start(_):
            return runs.start(framework, owner, supervision_confirmed=False).pk

        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(start, range(2))
        assert first == second
        assert StorageConsent.objects.count() == 1


class TestArchiving:
    def test_closes_the_run_and_keeps_it(self, checklist, owner, rows):
        tick(checklist.pk, owner, [Change("chair", State.DONE)])
        assert runs.archive(checklist.pk, owner)
        checklist.refresh_from_db()
        assert checklist.archived_at >= checklist.started_at
        assert rows(checklist) == {"chair": ("done", "")}

    def test_twice_is_once(self, checklist, owner):
        runs.archive(checklist.pk, owner)
        checklist.refresh_from_db()
        first = checklist.archived_at
        assert not runs.archive(checklist.pk, owner)
        checklist.refresh_from_db()
        assert checklist.archived_at == first

    def test_is_the_owners_alone(self, checklist, stranger):
        assert not runs.archive(checklist.pk, stranger)
        assert not runs.archive(checklist.pk, Owner())


class TestTakingUpAgain:
    def test_opens_it_with_all_that_was_ticked(self, checklist, owner, rows):
        tick(checklist.pk, owner, [Change("chair", State.DONE)])
        runs.archive(checklist.pk, owner)
        assert runs.take_up_again(checklist.pk, owner)
        checklist.refresh_from_db()
        assert checklist.archived_at is None
        assert tick(checklist.pk, owner, [Change("four-rounds", State.DONE)]) == {"four-rounds"}
        assert rows(checklist) == {"chair": ("done", ""), "four-rounds": ("done", "")}

    def test_is_refused_where_another_run_is_open_and_names_it(self, framework, checklist, owner):
        fresh = runs.start(framework, owner, supervision_confirmed=False, instead_of=checklist.pk)
        with pytest.raises(runs.AlreadyOpen) as refusal:
            runs.take_up_again(checklist.pk, owner)
        assert refusal.value.checklist == fresh
        checklist.refresh_from_db()
        assert checklist.archived_at is not None

    def test_is_the_owners_alone(self, checklist, owner, stranger):
        runs.archive(checklist.pk, owner)
        assert not runs.take_up_again(checklist.pk, stranger)
        checklist.refresh_from_db()
        assert checklist.archived_at is not None


class TestDeletingForGood:
    @pytest.fixture(autouse=True)
    def used(self, checklist, owner, publish):
        tick(checklist.pk, owner, [Change("chair", State.DONE, "By the window")])
        RevisionMove.objects.create(
            checklist=checklist,
            from_revision=checklist.revision,
            to_revision=publish(title="Second"),
            from_item_keys=checklist.item_keys,
            moved_at=checklist.started_at,
        )

    def test_leaves_nothing_of_it(self, checklist, owner):
        other = make_checklist()
        tick(other.pk, Owner(guest=other.guest), [Change("chair", State.DONE)])
        assert runs.delete(checklist.pk, owner)
        assert Checklist.objects.get() == other
        assert Tick.objects.get().checklist == other
        assert TickChange.objects.get().checklist == other
        assert not RevisionMove.objects.exists()

    def test_can_be_done_with_an_archived_one(self, checklist, owner):
        runs.archive(checklist.pk, owner)
        assert runs.delete(checklist.pk, owner)
        assert not Checklist.objects.exists()

    def test_is_the_owners_alone(self, checklist, stranger, rows):
        for other in (stranger, Owner.new_guest(), Owner()):
            assert not runs.delete(checklist.pk, other)
        assert rows(checklist) == {"chair": ("done", "By the window")}

    def test_again_finds_nothing(self, checklist, owner):
        runs.delete(checklist.pk, owner)
        assert not runs.delete(checklist.pk, owner)


class TestNotes:
    def test_are_put_away_and_shown_again_with_what_was_written(self, checklist, owner, stranger, rows):
        tick(checklist.pk, owner, [Change("chair", note="By the window")])
        assert runs.turn_notes(checklist.pk, owner, on=False)
        checklist.refresh_from_db()
        assert not checklist.notes_on
        assert rows(checklist) == {"chair": ("open", "By the window")}
        assert not runs.turn_notes(checklist.pk, stranger, on=True)
        checklist.refresh_from_db()
        assert not checklist.notes_on

    def test_of_earlier_are_forgotten_and_the_present_ones_stay(
        self, checklist, owner, stranger, rows, history
    ):
        for change in (
            Change("chair", note="First"),
            Change("chair", State.DONE, "Second"),
            Change("four-rounds", note="First"),
        ):
            tick(checklist.pk, owner, [change])
        assert runs.forget_earlier_notes(checklist.pk, stranger) == 0
        assert runs.forget_earlier_notes(checklist.pk, owner) == 1
        assert rows(checklist) == {"chair": ("done", "Second"), "four-rounds": ("open", "First")}
        assert history(checklist) == [
            ("chair", None, ""),
            ("chair", "done", "Second"),
            ("four-rounds", None, "First"),
        ]
        assert runs.forget_earlier_notes(checklist.pk, owner) == 0

    def test_that_were_emptied_are_forgotten_too(self, checklist, owner, history):
        tick(checklist.pk, owner, [Change("chair", note="First")])
        tick(checklist.pk, owner, [Change("chair", note="")])
        assert runs.forget_earlier_notes(checklist.pk, owner) == 1
        assert history(checklist) == [("chair", None, ""), ("chair", None, "")]


class TestWidening:
    def test_takes_items_of_its_revision_in_their_order(self, framework):
        narrow = make_checklist(framework=framework, item_keys=["four-rounds"])
        assert runs.widen(narrow, ["chair", "four-rounds", "unknown"]) == 1
        narrow.refresh_from_db()
        assert narrow.item_keys == ["chair", "four-rounds"]

    def test_is_as_if_they_had_been_there_from_the_start(self, framework, publish, items):
        narrow = make_checklist(framework=framework, item_keys=["four-rounds"])
        guest = Owner(guest=narrow.guest)
        publish(checklist=items("walk", "chair", "four-rounds"))
        moves.move(narrow.pk, guest, to=2)
        narrow.refresh_from_db()
        assert narrow.item_keys == ["four-rounds"]
        runs.widen(narrow, ["chair", "walk"])
        last = narrow.moves.get()
        undone = moves.undo(narrow.pk, guest, move=last.pk)
        assert undone.item_keys == ["chair", "four-rounds"]
        publish(checklist=items("chair", "walk", "four-rounds", "rest"))
        assert "chair" in moves.move(narrow.pk, guest, to=3).item_keys
