"""What the database itself refuses of checklists, by the name of the promise. Through SQL, which passes no `save`."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import F

from checklists import consents
from checklists.models import Checklist, RevisionMove, State, StorageConsent, Tick, TickChange
from checklists.owners import Owner
from checklists.ticking import Change, tick
from tests.factories import make_checklist, make_framework
from tests.promises import Refuses

pytestmark = pytest.mark.django_db


def another(checklist, **fields) -> Checklist:
    """A second row like this one, not saved yet."""
    return Checklist(
        **{
            "framework": checklist.framework,
            "revision": checklist.revision,
            "item_keys": checklist.item_keys,
            **fields,
        }
    )


class TestChecklists:
    def test_one_belongs_to_a_reader_or_to_a_guest(self, checklist, reader):
        with Refuses("a_checklist_belongs_to_a_reader_or_to_a_guest"):
            Checklist.objects.update(reader=None)
        with Refuses("a_checklist_belongs_to_a_reader_or_to_a_guest"):
            Checklist.objects.update(guest=uuid.uuid4())

    def test_a_reader_has_one_open_checklist_per_framework(self, checklist, reader):
        with Refuses("a_reader_has_one_open_checklist_per_framework"):
            another(checklist, reader=reader).save()

    def test_a_guest_has_one_open_checklist_per_framework(self, framework):
        guest = uuid.uuid4()
        checklist = make_checklist(guest=guest, framework=framework)
        with Refuses("a_guest_has_one_open_checklist_per_framework"):
            another(checklist, guest=guest).save()

    def test_archived_ones_are_not_limited(self, checklist, reader):
        Checklist.objects.update(archived_at=F("started_at"))
        another(checklist, reader=reader).save()
        assert Checklist.objects.filter(reader=reader).count() == 2

    def test_one_has_an_item(self, checklist):
        with Refuses("a_checklist_has_an_item"):
            Checklist.objects.update(item_keys=[])

    def test_one_is_archived_after_it_started(self, checklist):
        with Refuses("a_checklist_is_archived_after_it_started"):
            Checklist.objects.update(archived_at=F("started_at") - timedelta(seconds=1))

    def test_its_revision_is_of_its_framework(self, checklist):
        other = make_framework(slug="other", published=True)
        with Refuses("a_checklists_revision_is_of_its_framework"):
            Checklist.objects.update(revision=other.current_revision)


class TestTicks:
    @pytest.fixture(autouse=True)
    def ticked(self, checklist, owner):
        tick(checklist.pk, owner, [Change("chair", State.DONE, "By the window")])

    def test_one_is_of_a_known_state(self):
        with Refuses("a_tick_is_of_a_known_state"):
            Tick.objects.update(state="half")

    def test_a_note_is_not_too_long(self):
        Tick.objects.update(note="é" * 1000)
        with Refuses("a_note_is_not_too_long"), connection.cursor() as cursor:
            connection.check_constraints()  # else the table waits for them, and cannot be altered
            cursor.execute("ALTER TABLE checklists_tick ALTER note TYPE text")
            cursor.execute("UPDATE checklists_tick SET note = repeat('é', 1001)")

    def test_an_item_has_one_row(self, checklist):
        with Refuses("checklists_tick_pkey"):
            Tick.objects.bulk_create([Tick(checklist=checklist, item="chair")])

    def test_a_change_is_of_a_known_state_or_of_a_note(self, checklist):
        name = "a_change_is_of_a_known_state_or_of_a_note"
        for fields in ({"state": "half"}, {"state": "half", "note": "A note"}, {}):
            with Refuses(name):
                TickChange.objects.create(
                    checklist=checklist, item="chair", changed_at=checklist.started_at, **fields
                )

    def test_a_note_in_the_history_is_not_too_long(self, checklist):
        with Refuses("a_note_in_the_history_is_not_too_long"), connection.cursor() as cursor:
            connection.check_constraints()
            cursor.execute("ALTER TABLE checklists_tickchange ALTER note TYPE text")
            TickChange.objects.create(
                checklist=checklist, item="chair", note="é" * 1001, changed_at=checklist.started_at
            )


class TestTheHistory:
    @pytest.fixture(autouse=True)
    def ticked(self, checklist, owner):
        tick(checklist.pk, owner, [Change("chair", State.DONE, "By the window")])
        tick(checklist.pk, owner, [Change("four-rounds", State.DONE)])

    @pytest.mark.parametrize(
        "what",
        [
            "state = 'open'",
            "item = 'other'",
            "changed_at = now()",
            "note = 'Something else'",
            "note = NULL",
            "note = '', state = 'open'",
        ],
    )
    def test_is_not_rewritten(self, what):
        with Refuses("history_is_kept"), connection.cursor() as cursor:
            cursor.execute(f"UPDATE checklists_tickchange SET {what} WHERE item = 'chair'")

    def test_gets_no_note_where_there_was_none(self):
        with Refuses("history_is_kept"):
            TickChange.objects.filter(item="four-rounds").update(note="")

    def test_lets_one_forget_what_a_note_once_said(self, checklist, history):
        TickChange.objects.filter(item="chair").update(note="")
        assert history(checklist) == [("chair", "done", ""), ("four-rounds", "done", None)]

    def test_is_not_deleted_while_its_checklist_stays(self):
        with Refuses("history_is_kept"), connection.cursor() as cursor:
            cursor.execute("DELETE FROM checklists_tickchange")

    def test_goes_with_its_checklist(self, checklist):
        with transaction.atomic():
            checklist.delete()
            connection.check_constraints()
        assert not TickChange.objects.exists()


class TestMoves:
    @pytest.fixture(autouse=True)
    def move(self, checklist, publish):
        return RevisionMove.objects.create(
            checklist=checklist,
            from_revision=checklist.revision,
            to_revision=publish(title="Breathing in a box"),
            from_item_keys=checklist.item_keys,
            moved_at=checklist.started_at,
        )

    def test_one_leads_to_another_revision(self):
        with Refuses("a_move_leads_to_another_revision"):
            RevisionMove.objects.update(to_revision=F("from_revision"))

    def test_one_is_undone_after_it_was_made(self):
        with Refuses("a_move_is_undone_after_it_was_made"):
            RevisionMove.objects.update(undone_at=F("moved_at") - timedelta(seconds=1))


class TestConsents:
    @pytest.fixture(autouse=True)
    def consent(self, owner):
        consents.give(owner)

    def test_one_is_a_readers_or_a_guests(self):
        with Refuses("a_consent_is_a_readers_or_a_guests"):
            StorageConsent.objects.update(reader=None)
        with Refuses("a_consent_is_a_readers_or_a_guests"):
            StorageConsent.objects.update(guest=uuid.uuid4())

    def test_a_reader_consents_once_to_a_wording(self, reader):
        with Refuses("a_reader_consents_once_to_a_wording"):
            StorageConsent.objects.create(reader=reader, version=consents.VERSION)

    def test_a_guest_consents_once_to_a_wording(self):
        guest = Owner.new_guest()
        consents.give(guest)
        with Refuses("a_guest_consents_once_to_a_wording"):
            StorageConsent.objects.create(guest=guest.guest, version=consents.VERSION)

    def test_one_is_withdrawn_after_it_was_given(self):
        with Refuses("a_consent_is_withdrawn_after_it_was_given"):
            StorageConsent.objects.update(withdrawn_at=F("given_at") - timedelta(seconds=1))


#: The trigger's names; what it refuses, it calls "history_is_kept".
HISTORY_IS_KEPT = {"history_never_changes", "history_is_deleted_only_with_its_checklist"}


class TestThisFile:
    def test_shows_every_named_promise_kept(self, request):
        """Read from the database, so that a promise added later is not forgotten here."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT conname FROM pg_constraint
                WHERE conrelid::regclass::text LIKE 'checklists%' AND contype <> 'n'
                UNION
                SELECT tgname FROM pg_trigger
                WHERE NOT tgisinternal AND tgrelid::regclass::text LIKE 'checklists%'
                UNION
                SELECT indexrelid::regclass::text FROM pg_index
                WHERE indisunique AND indrelid::regclass::text LIKE 'checklists%'
                """
            )
            promises = {name for (name,) in cursor if not name.startswith("checklists_")}
        source = request.path.read_text(encoding="utf-8")
        assert len(promises) > 15
        assert {name for name in promises if f'"{name}"' not in source} == set()
        assert promises >= HISTORY_IS_KEPT
