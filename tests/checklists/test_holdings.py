"""What is held of a person, and what becomes of guests who stay away."""

import io
import json
import zipfile
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from accounts import personal_data
from checklists import consents, moves, runs
from checklists.holdings import CHECKLISTS
from checklists.models import Checklist, RevisionMove, State, StorageConsent, Tick, TickChange
from checklists.owners import Owner
from checklists.ticking import Change, tick
from tests.factories import make_checklist, make_framework, make_user

pytestmark = pytest.mark.django_db

TABLES = (Checklist, Tick, TickChange, RevisionMove, StorageConsent)


@pytest.fixture
def used(checklist, owner, publish):
    """A checklist of which there is a row in every table."""
    tick(checklist.pk, owner, [Change("chair", State.DONE, "By the window, where Ann sits")])
    publish(title="Second")
    moves.move(checklist.pk, owner, to=2)
    return checklist


class TestWhatIsHeld:
    def test_is_said_in_plain_words(self, reader, checklist):
        assert "1 checklist:" in CHECKLISTS.describe(reader)
        assert "None yet." in CHECKLISTS.describe(make_user("other@example.com"))

    def test_can_be_taken_along(self, reader, owner, used):
        archive = zipfile.ZipFile(io.BytesIO(personal_data.as_zip(reader)))
        (name,) = [
            name for name in archive.namelist() if name.endswith("box-breathing-" + day(used) + ".json")
        ]
        record = json.loads(archive.read(name))
        assert (record["framework"], record["revision"]) == ("Second", 2)
        assert record["totals"] == {"done": 1, "open": 1, "not_for_me": 0}
        assert record["items"][0]["note"] == "By the window, where Ann sits"
        assert [line["state"] for line in record["history"]] == ["done"]
        assert [(move["from_revision"], move["to_revision"]) for move in record["moves"]] == [(1, 2)]
        (agreement,) = json.loads(archive.read("checklists/agreements.json"))
        assert agreement["version"] == consents.VERSION

    def test_holds_every_checklist_also_archived_ones_and_nobody_elses(self, reader, owner, framework, used):
        runs.start(framework, owner, supervision_confirmed=False, instead_of=used.pk)
        make_checklist(make_user("other@example.com"), framework=framework)
        names = [name for name, _content in CHECKLISTS.export(reader)]
        assert len([name for name in names if name.endswith(".json") and "agreements" not in name]) == 2
        assert len(names) == len(set(names))

    def test_is_erased_with_the_account(self, reader, used):
        other = make_user("other@example.com")
        kept = make_checklist(other)
        tick(kept.pk, Owner(reader=other.pk), [Change("chair", State.DONE)])
        personal_data.erase(reader)
        connection.check_constraints()
        assert Checklist.objects.get() == kept
        assert Tick.objects.get().checklist == TickChange.objects.get().checklist == kept
        assert not RevisionMove.objects.exists()
        assert StorageConsent.objects.get().reader == other


def day(checklist):
    return f"{checklist.started_at:%Y-%m-%d}"


class TestGuestsWhoStayAway:
    @pytest.fixture
    def guest(self):
        return Owner.new_guest()

    @pytest.fixture
    def used(self, guest, framework, publish):
        checklist = make_checklist(guest=guest, framework=framework)
        tick(checklist.pk, guest, [Change("chair", State.DONE, "By the window")])
        publish(title="Second")
        moves.move(checklist.pk, guest, to=2)
        return checklist

    @pytest.fixture
    def after(self, monkeypatch):
        """Run the command so many days from now."""
        now = timezone.now()

        def after(days, *options):
            with monkeypatch.context() as clock:
                clock.setattr(timezone, "now", lambda: now + timedelta(days=days))
                out = StringIO()
                call_command("remove_expired_guests", *options, stdout=out)
            return out.getvalue().strip()

        return after

    def test_are_kept_for_thirty_days(self, used, after):
        assert after(29) == "0 checklists of guests deleted."
        assert all(model.objects.exists() for model in TABLES)

    def test_are_forgotten_afterwards(self, used, after):
        assert after(31) == "1 checklists of guests deleted."
        assert not any(model.objects.exists() for model in TABLES)
        assert after(31) == "0 checklists of guests deleted."

    def test_are_forgotten_only_in_words_by_a_dry_run(self, used, after):
        assert after(31, "--dry-run") == "1 checklists of guests would be deleted."
        assert all(model.objects.exists() for model in TABLES)

    def of_days_ago(self, framework, revision, *, guest=None, started=50, ticked=50, moved=50):
        """A guest's checklist that was started, ticked and moved so many days ago."""
        now = timezone.now()
        checklist = make_checklist(guest=guest, framework=framework, started_at=now - timedelta(days=started))
        TickChange.objects.create(
            checklist=checklist, item="chair", state="done", changed_at=now - timedelta(days=ticked)
        )
        RevisionMove.objects.create(
            checklist=checklist,
            from_revision=checklist.revision,
            to_revision=revision,
            from_item_keys=checklist.item_keys,
            moved_at=now - timedelta(days=moved),
        )
        return checklist

    @pytest.mark.parametrize("last", ["started", "ticked", "moved"])
    def test_are_kept_from_their_last_change_on(self, framework, after, last):
        revision = make_framework(slug="other", published=True).current_revision
        checklist = self.of_days_ago(framework, revision, **{last: 20})
        assert after(9) == "0 checklists of guests deleted."
        assert Checklist.objects.get() == checklist
        assert after(11) == "1 checklists of guests deleted."

    def test_keep_all_of_their_checklists_as_long_as_they_use_one(self, guest, framework, after):
        other = make_framework(slug="other", published=True)
        self.of_days_ago(framework, other.current_revision, guest=guest)
        make_checklist(guest=guest, framework=other)
        assert after(29) == "0 checklists of guests deleted."
        assert Checklist.objects.count() == 2
        assert after(31) == "2 checklists of guests deleted."

    def test_leave_no_consent_behind_though_they_never_started(self, guest, after):
        consents.give(guest)
        after(29)
        assert consents.standing_consent(guest)
        after(31)
        assert not StorageConsent.objects.exists()

    def test_are_not_readers_of_whom_everything_stays(self, checklist, owner, used, after):
        tick(checklist.pk, owner, [Change("chair", State.DONE)])
        assert after(4000) == "1 checklists of guests deleted."
        assert Checklist.objects.get() == checklist
        assert Tick.objects.get().checklist == TickChange.objects.get().checklist == checklist
        assert consents.standing_consent(owner)
