"""What a guest ticked is joined, at the sign-in, with a checklist that a clinician sees."""

import pytest
from django.test import Client

from checklists.models import Checklist, State
from checklists.owners import Owner
from checklists.ticking import Change, tick
from sharing import progress
from sharing.models import HandoutStart, ProgressConsent
from tests.factories import AGREED, PASSWORD, make_checklist, make_clinician, make_handout, make_user

from .conftest import signed_in

pytestmark = pytest.mark.django_db

NO_LONGER = "Whoever sees the progress of the one in your account will no longer see it."
AS_WELL = "Whoever sees the progress of the one in your account will see what comes in as well."


@pytest.fixture
def reader():
    return make_user()


@pytest.fixture
def consent(reader, clinician, framework):
    """By which the clinician sees one item, not done, of a checklist from their handout."""
    handout = make_handout(clinician, framework, step_keys=["sit"], item_keys=["chair"])
    checklist = make_checklist(reader, framework=framework, item_keys=["chair"])
    HandoutStart.objects.create(checklist=checklist, handout=handout)
    return progress.grant(checklist.pk, reader, handout=handout.pk, name="M. B.")


@pytest.fixture
def where_it_began(clinician, framework):
    """Where a guest starts the framework: from its page, or from a handout."""
    other = make_clinician("second@example.com", name="Dr Bea Other")
    return {
        "the framework": "/checklists/start/box-breathing/",
        "another clinician's handout": f"{make_handout(other, framework).path}start/",
        "the same clinician's handout": f"{make_handout(clinician, framework).path}start/",
    }


@pytest.fixture
def ticked(reader, consent, where_it_began):
    """A browser whose guest started there and ticked, and whose reader then signed in: `ticked("the framework")`."""

    def ticked(where):
        browser = Client()
        browser.post(where_it_began[where], AGREED)
        guests = Checklist.objects.exclude(guest=None).get()
        changes = [Change("chair", State.DONE), Change("four-rounds", State.DONE)]
        tick(guests.pk, Owner(guest=guests.guest), changes)
        answer = browser.post("/account/login/", {"login": reader.email, "password": PASSWORD})
        assert answer.url == "/checklists/join/"
        browser.guests = guests
        return browser

    return ticked


def choose(browser, choice):
    return browser.post("/checklists/join/", {f"choice-{browser.guests.pk}": choice})


class TestWhatWasNotOfTheClinicianWhoSees:
    @pytest.fixture(params=["the framework", "another clinician's handout"])
    def browser(self, request, ticked):
        return ticked(request.param)

    def test_is_joined_and_shown_to_them_no_longer(self, browser, desk, consent):
        assert "0 of 1 done" in desk.get(consent.get_absolute_url()).text
        assert NO_LONGER in browser.get("/checklists/join/").text
        choose(browser, "join-both")
        assert "2 of 2 done" in browser.get(consent.checklist.get_absolute_url()).text
        consent.refresh_from_db()
        assert consent.lapsed_at is not None
        assert desk.get(consent.get_absolute_url()).status_code == 404
        assert "M. B." not in desk.get("/handouts/").text

    def test_leaves_the_reader_told_and_free_to_show_it_anew(self, browser, clinician, consent):
        choose(browser, "join-both")
        assert "until it ended by itself on" in browser.get("/checklists/shown/").text
        address = consent.checklist.get_absolute_url()
        assert f'href="{address}show/"' in browser.get(address).text
        told = {"handout": str(consent.checklist.handout_start.handout_id), "wording": progress.VERSION}
        browser.post(f"{address}show/", told | {"name": "M. B."})
        assert ProgressConsent.objects.standing().get().clinician == clinician

    @pytest.mark.parametrize("choice", ["keep-mine", "take-this"])
    def test_changes_nothing_of_what_they_see_where_it_is_not_joined(self, browser, desk, consent, choice):
        choose(browser, choice)
        assert "0 of 1 done" in desk.get(consent.get_absolute_url()).text


class TestWhatCameFromAHandoutOfTheClinicianWhoSees:
    def test_is_joined_and_shown_to_them_as_the_choice_says(self, ticked, desk, consent):
        browser = ticked("the same clinician's handout")
        page = browser.get("/checklists/join/").text
        assert AS_WELL in page
        assert NO_LONGER not in page
        choose(browser, "join-both")
        consent.refresh_from_db()
        assert consent.stands
        assert "2 of 2 done" in desk.get(consent.get_absolute_url()).text


def test_nothing_is_said_of_a_checklist_that_nobody_sees(ticked, consent):
    ProgressConsent.objects.all().delete()
    page = ticked("the framework").get("/checklists/join/").text
    assert "Join both" in page
    assert NO_LONGER not in page
    assert AS_WELL not in page


def test_what_is_shown_of_another_reader_stays_shown(ticked, clinician, framework):
    other = make_user("other@example.com")
    handout = make_handout(clinician, framework)
    signed_in(other).post(f"{handout.path}start/", AGREED)
    checklist = Checklist.objects.get(reader=other)
    others = progress.grant(checklist.pk, other, handout=handout.pk, name="O.")
    choose(ticked("the framework"), "join-both")
    others.refresh_from_db()
    assert others.stands
