"""A patient starts from a handout, shows the clinician the progress, and takes that back."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts import clinicians
from accounts.models import User
from checklists.models import Checklist
from sharing.models import Handout, HandoutStart, ProgressConsent
from tests.clinicians import make_verifier
from tests.factories import make_clinician, make_handout, make_user

from .reader import done

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def handout(publish):
    """Of the first step's items, by Dr Amara Osei."""
    return make_handout(make_clinician(), publish(), item_keys=["chair", "feet"])


def agrees(patient, name):
    patient.page.get_by_label("The name that they see").fill(name)
    patient.presses("Let Dr Amara Osei see this")


class TestAPatient:
    def test_starts_as_a_guest_makes_an_account_shows_progress_and_takes_it_back(
        self, handout, reader, javascript
    ):
        patient = reader(path=handout.path, javascript=javascript, width=390)
        patient.follows("Start this checklist")
        patient.sees("2 items, chosen for you by Dr Amara Osei")
        patient.sees("You may faint.")
        patient.box("I agree that Tracework keeps this for me.").check()
        patient.presses("Start this checklist")
        patient.sees("Checklist started.")
        assert set(patient.boxes) == {"chair", "feet"}
        patient.ticks("I have a chair")
        patient.sees("With an account you can let Dr Amara Osei")

        patient.follows("Make an account")
        patient.signs_up("robin@example.com")
        patient.page.goto(Checklist.objects.get().get_absolute_url())
        patient.sees_ticked("I have a chair")
        patient.follows("Let Dr Amara Osei see your progress")
        patient.sees("Your notes. What you marked as not for you")
        patient.presses("Let Dr Amara Osei see this")
        patient.sees("Write a name or initials by which they know you.")
        agrees(patient, "Robin")
        patient.sees("Dr Amara Osei can see which items are done.")
        assert Checklist.objects.get().reader == User.objects.get(email="robin@example.com")

        clinician = reader(handout.clinician, "/handouts/", javascript=javascript)
        clinician.follows("Robin")
        clinician.sees("1 of 2 done")
        clinician.sees("Robin is told that you looked, and when.")

        patient.page.reload()
        patient.sees("Looked 1 time, last today")
        patient.presses("Stop showing my progress")
        patient.sees("Withdrawn. From now on nobody but you sees this checklist.")

        clinician.page.reload()
        clinician.sees("Not shown to you, or no longer")
        clinician.page.locator("main").get_by_role("link", name="Your handouts").click()
        expect(clinician.page.locator("main")).not_to_contain_text("Robin")
        patient.page.goto("/checklists/shown/")
        patient.sees("Nobody but you.")
        patient.sees("Looked 1 time")

    def test_who_has_one_open_chooses_what_becomes_of_it(self, handout, started, reader, javascript):
        user = make_user()
        mine = started(user, handout.framework)
        patient = reader(user, handout.path, javascript=javascript)
        patient.follows("Start this checklist")
        patient.sees("You have one open already")
        patient.presses("Go on")
        patient.sees("Choose what should become of the checklist that you have open.")
        patient.page.get_by_text("Start the one of this handout").click()
        patient.presses("Go on")
        patient.sees("From a handout of Dr Amara Osei.")
        assert set(patient.boxes) == {"chair", "feet"}
        mine.refresh_from_db()
        assert mine.archived_at is not None

    def test_joins_both_and_keeps_every_tick(self, handout, started, reader):
        user = make_user()
        mine = started(user, handout.framework)
        patient = reader(user, mine.get_absolute_url())
        patient.ticks("I got up slowly")
        patient.page.goto(f"{handout.path}start/")
        patient.page.get_by_text("Join both").click()
        patient.presses("Go on")
        patient.sees_ticked("I got up slowly")
        assert done(mine) == {"got-up"}
        assert HandoutStart.objects.get().checklist == mine


class TestWhatEnds:
    @pytest.fixture
    def patient(self, handout, started, reader):
        user = make_user()
        checklist = started(user, handout.framework)
        HandoutStart.objects.create(checklist=checklist, handout=handout)
        patient = reader(user, f"{checklist.get_absolute_url()}show/")
        agrees(patient, "Robin")
        patient.sees("Dr Amara Osei can see which items are done.")
        return patient

    def test_is_the_link_when_its_time_is_over_and_nothing_of_the_reader(self, handout, patient, reader):
        stranger = reader(path=handout.path, width=390)
        stranger.sees("Dr Amara Osei")
        now = timezone.now()
        Handout.objects.update(created_at=now - timedelta(days=90), last_on=now.date(), expires_at=now)
        stranger.page.reload()
        stranger.sees("It was open for a limited time, which has passed.")
        patient.page.reload()
        patient.sees("Dr Amara Osei: which items are done")
        clinician = reader(handout.clinician, "/handouts/")
        clinician.sees("Expired")
        clinician.follows("Robin")
        clinician.sees("0 of 4 done")

    def test_is_everything_of_the_clinician_with_their_verification(self, handout, patient, reader):
        clinician = reader(handout.clinician, "/handouts/")
        clinicians.revoke(
            handout.clinician.clinician, by=make_verifier(), reason="The registration has ended."
        )
        stranger = reader(path=handout.path, width=390)
        stranger.sees("Tracework no longer confirms who made it.")
        clinician.follows("Robin")
        clinician.sees("Handouts are made by verified clinicians")
        patient.page.reload()
        patient.sees("Tracework no longer confirms who made the handout that this checklist came from.")
        expect(patient.page.locator("main")).not_to_contain_text("Osei")
        patient.ticks("I have a chair")
        assert ProgressConsent.objects.get().lapsed_at is not None
        patient.page.goto("/checklists/shown/")
        patient.sees("until it ended by itself on")
