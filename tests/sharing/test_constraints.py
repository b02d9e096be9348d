"""What the database itself refuses of handouts, by the name of the promise."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib import admin
from django.db.models import F

from frameworks.models import Revision
from sharing.models import Handout
from tests.factories import make_framework
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
