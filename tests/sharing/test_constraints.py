"""What the database itself refuses of handouts, by the name of the promise."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib import admin
from django.db.models import F

from frameworks.models import Revision
from sharing import progress
from sharing.models import Handout, HandoutStart, ProgressConsent
from tests.factories import make_checklist, make_clinician, make_framework, make_user
from tests.promises import Refuses

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("handout")]


class TestAHandout:
    def test_has_a_step_or_an_item(self):
        Handout.objects.update(step_keys=[])
        with Refuses("a_handout_has_a_step_or_an_item"):
            Handout.objects.update(step_keys=[], item_keys=[])

    @pytest.mark.parametrize(
        "kept",
        [{"message": "Bring your tablets"}, {"step_keys": ["sit"]}, {"item_keys": ["chair"]}, {"opens": 1}],
    )
    def test_without_its_clinician_is_closed_and_empty(self, kept):
        with Refuses("a_handout_without_its_clinician_is_closed_and_empty"):
            Handout.objects.update(clinician=None)
        Handout.objects.all().forget_clinician()
        with Refuses("a_handout_without_its_clinician_is_closed_and_empty"):
            Handout.objects.update(**kept)
        with Refuses("a_handout_without_its_clinician_is_closed_and_empty"):
            Handout.objects.update(revoked_at=None)

    def test_expires_after_it_was_made(self):
        with Refuses("a_handout_expires_after_it_was_made"):
            Handout.objects.update(expires_at=F("created_at"))

    @pytest.mark.parametrize("days", [-1, 2])
    def test_expires_at_the_end_of_its_last_day(self, days):
        with Refuses("a_handout_expires_at_the_end_of_its_last_day"):
            Handout.objects.update(last_on=F("last_on") + timedelta(days=days))

    def test_is_revoked_after_it_was_made(self):
        with Refuses("a_handout_is_revoked_after_it_was_made"):
            Handout.objects.update(revoked_at=F("created_at") - timedelta(seconds=1))

    def test_counts_the_generations_of_its_link_from_one(self):
        with Refuses("generations_of_a_link_are_counted_from_one"):
            Handout.objects.update(generation=0)

    def test_is_pinned_to_a_revision_of_its_framework(self):
        make_framework(slug="other", published=True)
        with Refuses("a_handouts_revision_is_of_its_framework"):
            Handout.objects.update(revision=Revision.objects.get(framework__slug="other"))

    def test_stands_in_no_admin(self):
        assert not admin.site.is_registered(Handout)


def test_every_promise_has_its_test():
    text = Path(__file__).read_text()
    # The length of a message is a promise of the column as well, which speaks first.
    named = {constraint.name for constraint in Handout._meta.constraints} - {"a_message_is_not_too_long"}
    assert all(f'"{name}"' in text for name in named)


@pytest.fixture
def consent(handout):
    checklist = make_checklist(make_user(), framework=handout.framework)
    HandoutStart.objects.create(checklist=checklist, handout=handout)
    return progress.grant(checklist.pk, checklist.reader, handout=handout.pk, name="M.")


class TestAConsentToShowProgress:
    def test_is_to_one_clinician_at_a_time(self, consent):
        with Refuses("a_checklist_is_shown_to_one_clinician_at_a_time"):
            ProgressConsent.objects.create(
                checklist=consent.checklist,
                clinician=make_clinician("second@example.com"),
                name="M.",
                version="x",
            )

    def test_has_a_name(self, consent):
        with Refuses("a_reader_has_a_name_for_the_clinician"):
            ProgressConsent.objects.update(name="")

    def test_is_withdrawn_after_it_was_given(self, consent):
        with Refuses("a_consent_to_show_is_withdrawn_after_it_was_given"):
            ProgressConsent.objects.update(withdrawn_at=F("granted_at") - timedelta(seconds=1))

    def test_without_its_clinician_is_over(self, consent):
        with Refuses("a_consent_without_its_clinician_is_over"):
            ProgressConsent.objects.update(clinician=None)
        ProgressConsent.objects.all().forget_clinician()
        with Refuses("a_consent_without_its_clinician_is_over"):
            ProgressConsent.objects.update(lapsed_at=None)
