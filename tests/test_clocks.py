"""What is to end ends, also where the server that ends it has a clock behind that of the server that began it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts import personal_data
from checklists import consents, joining, runs
from checklists.models import Checklist, StorageConsent
from checklists.owners import Owner
from frameworks.models import SafetyNotice
from sharing import progress
from sharing.models import Handout, HandoutStart, ProgressConsent
from tests.factories import make_checklist, make_handout, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def handout():
    return make_handout()


@pytest.fixture
def checklist(handout):
    checklist = make_checklist(make_user(), framework=handout.framework)
    HandoutStart.objects.create(checklist=checklist, handout=handout)
    return checklist


@pytest.fixture
def owner(checklist):
    return Owner(reader=checklist.reader_id)


@pytest.fixture
def behind(monkeypatch):
    """From here on the clock is behind all that has begun: `behind()`."""

    def behind():
        now = timezone.now() - timedelta(seconds=2)
        monkeypatch.setattr(timezone, "now", lambda: now)

    return behind


class TestAClockThatIsBehind:
    def test_lets_a_reader_stop_showing_progress(self, handout, checklist, behind):
        consent = progress.grant(checklist.pk, checklist.reader, handout=handout.pk, name="M. B.")
        browser = Client()
        browser.force_login(checklist.reader)
        behind()
        assert browser.post(f"/checklists/shown/{consent.pk}/withdraw/").status_code == 303
        assert not ProgressConsent.objects.visible_to(handout.clinician).exists()
        consent.refresh_from_db()
        assert consent.withdrawn_at == consent.granted_at

    def test_lets_a_clinician_revoke_a_handout_and_leave(self, handout, behind):
        other = make_handout(handout.clinician)
        behind()
        handout.revoke()
        personal_data.erase(handout.clinician)
        for one in (handout, other):
            one.refresh_from_db()
            assert one.revoked_at == one.created_at

    def test_lets_a_reader_archive_a_checklist(self, checklist, owner, behind):
        behind()
        assert runs.archive(checklist.pk, owner)
        checklist.refresh_from_db()
        assert checklist.archived_at == checklist.started_at

    def test_lets_a_reader_start_again(self, checklist, owner, behind):
        behind()
        new = runs.start(checklist.framework, owner, supervision_confirmed=False, instead_of=checklist.pk)
        assert Checklist.objects.get(reader=checklist.reader, archived_at=None) == new != checklist

    @pytest.mark.parametrize("choice", joining.Choice)
    def test_lets_a_reader_choose_what_becomes_of_two(self, checklist, behind, choice):
        guests = make_checklist(framework=checklist.framework)
        behind()
        joining.settle(checklist.reader, guests.guest, guests.pk, choice)
        assert Checklist.objects.filter(reader=checklist.reader, archived_at=None).count() == 1

    def test_lets_a_reader_take_the_agreement_to_be_kept_back(self, checklist, owner, behind):
        behind()
        consents.withdraw(owner)
        consent = StorageConsent.objects.get()
        assert consent.withdrawn_at == consent.given_at

    def test_lets_an_editor_lift_a_safety_notice(self, handout, behind):
        notice = SafetyNotice.objects.create(framework=handout.framework, text="Care.")
        behind()
        notice.lift()
        assert notice.lifted_at == notice.issued_at


def test_a_handout_that_was_revoked_keeps_the_moment_when_its_clinician_leaves(handout):
    handout.revoke()
    handout.refresh_from_db()
    revoked_at = handout.revoked_at
    personal_data.erase(handout.clinician)
    assert Handout.objects.get().revoked_at == revoked_at
