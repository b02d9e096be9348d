"""A checklist that is started from a handout: on its revision, with what the clinician chose in scope."""

import json
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import ClinicianProfile
from checklists import consents, joining, runs
from checklists.joining import Choice
from checklists.models import Checklist, State, StorageConsent, Tick
from checklists.owners import Owner, guest_to_be
from checklists.ticking import Change, tick
from frameworks.models import SafetyNotice
from frameworks.public_page import find_article
from sharing.models import Handout, HandoutStart, ProgressConsent
from tests.factories import (
    AGREED,
    PASSWORD,
    make_checklist,
    make_clinician,
    make_framework,
    make_handout,
    make_user,
)

from .conftest import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def handout(clinician, framework):
    """Of both steps and one item."""
    return make_handout(clinician, framework, item_keys=["chair"])


@pytest.fixture
def address(handout):
    return f"{handout.path}start/"


@pytest.fixture
def reader():
    return make_user()


@pytest.fixture
def browser(reader):
    return signed_in(reader)


@pytest.fixture
def mine(reader, framework):
    """The reader's own checklist of the framework, of all its items, with one ticked."""
    checklist = make_checklist(reader, framework=framework)
    tick(checklist.pk, Owner(reader=reader.pk), [Change("four-rounds", State.DONE, "By the window")])
    return checklist


def chosen(choice, mine, **more):
    """What the form sends where this checklist is open."""
    return AGREED | {"choice": choice, "mine": str(mine.pk), **more}


def the_open_one() -> Checklist:
    return Checklist.objects.get(archived_at=None)


class TestStarting:
    def test_takes_what_was_chosen_on_the_revision_that_was_given(self, browser, handout, address, publish):
        publish(checklist=[{"key": "chair", "text": "I have another chair"}])
        answer = browser.post(address, AGREED)
        started = the_open_one()
        assert (answer.status_code, answer.url) == (303, started.get_absolute_url())
        assert started.item_keys == ["chair"]
        assert started.revision == handout.revision
        assert started.handout_start.handout == handout

    def test_shows_the_warnings_first_and_asks_for_consent(self, patient, address):
        page = patient.get(address).text
        assert page.index("You may faint.") < page.index("I agree that Tracework keeps this for me.")
        assert "1 item, chosen for you by Dr Amara Osei, on revision 1." in page

    def test_shows_what_holds_now_whatever_is_pinned(self, patient, framework, address, publish):
        SafetyNotice.objects.create(framework=framework, text="Not after a meal.")
        publish(warnings=[{"key": "stroke", "level": "danger", "text": "After a stroke, ask first."}])
        page = patient.get(address).text
        assert "Not after a meal." in page
        assert "After a stroke, ask first." in page

    def test_is_of_a_guest_where_nobody_is_signed_in(self, patient, address):
        answer = patient.post(address, AGREED)
        assert the_open_one().guest is not None
        assert patient.get(answer.url).status_code == 200
        assert Client().get(answer.url).status_code == 302

    def test_starts_nothing_without_consent(self, patient, address):
        answer = patient.post(address)
        assert answer.status_code == 422
        assert "Without it nothing can be kept" in answer.text
        assert not Checklist.objects.exists()

    def test_refuses_consent_to_what_was_not_seen(self, patient, handout, address, publish):
        publish()
        handout.renew(*(find_article("box-breathing", number) for number in (1, 2)))
        answer = patient.post(address, {**AGREED, "revision": "1"})
        assert answer.status_code == 422
        assert "This page changed while you were reading it." in answer.text

    @pytest.mark.parametrize("which", ["this", "the current"])
    def test_asks_for_supervision_where_this_or_the_current_revision_requires_it(
        self, patient, clinician, which
    ):
        required, free = {"supervision": "professional-required"}, {"supervision": "self-guided"}
        framework = make_framework(published=True, **(required if which == "this" else free))
        handout = make_handout(clinician, framework)
        make_framework(published=True, kind="safety", **(free if which == "this" else required))
        answer = patient.post(f"{handout.path}start/", AGREED)
        assert answer.status_code == 422
        assert "Tick this only if it is so." in answer.text
        patient.post(f"{handout.path}start/", {**AGREED, "supervised": "on"})
        assert the_open_one().supervision_confirmed_at is not None

    def test_twice_is_once(self, browser, address):
        first = browser.post(address, AGREED)
        assert browser.post(address, AGREED).url == first.url
        assert browser.get(address).url == first.url
        assert Checklist.objects.count() == HandoutStart.objects.count() == 1

    def test_starts_nothing_by_looking(self, browser, address):
        assert browser.get(address).status_code == browser.head(address).status_code == 200
        assert browser.put(address).status_code == 405
        assert not Checklist.objects.exists()

    def test_is_not_counted_as_opened(self, browser, handout, address):
        browser.get(address)
        browser.post(address, AGREED)
        assert Handout.objects.get().opens == 0

    def test_is_told_to_nobody(self, browser, desk, address):
        browser.post(address, AGREED)
        assert "Show you their progress" not in desk.get("/handouts/").text

    def test_takes_as_many_statements_for_two_items_as_for_forty(self, patient, clinician, statements):
        found = []
        for count in (2, 40):
            items = [{"key": f"item-{n}", "text": f"Do {n}"} for n in range(count)]
            framework = make_framework(published=True, slug=f"of-{count}", checklist=items)
            handout = make_handout(clinician, framework)
            patient.get(f"{handout.path}start/")
            found.append(len(statements(lambda handout=handout: patient.get(f"{handout.path}start/"))))
        assert found == [2, 2]


class TestNothingIsStarted:
    def test_of_a_link_that_is_closed(self, browser, handout, address):
        handout.revoke()
        answer = browser.post(address, AGREED)
        assert answer.status_code == 410
        assert "This handout is closed" in answer.text
        assert not Checklist.objects.exists()

    @pytest.mark.parametrize("close", ["revoke", "replace_link", "unverify", "renew"])
    def test_of_a_link_that_was_closed_or_renewed_meanwhile(
        self, patient, handout, address, publish, monkeypatch, close
    ):
        """Between the moment at which it was found open, and that at which the checklist begins."""
        publish()
        acts = {
            "revoke": handout.revoke,
            "replace_link": lambda: handout.replace_link(instead_of=1),
            "unverify": lambda: ClinicianProfile.objects.update(verified_at=None),
            "renew": lambda: handout.renew(*(find_article("box-breathing", number) for number in (1, 2))),
        }
        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(
                "sharing.views.guest_to_be", lambda request: acts[close]() or guest_to_be(request)
            )
            assert patient.post(address, AGREED).url == address
        assert patient.get(address).status_code == (200 if close == "renew" else 410)
        assert not Checklist.objects.exists()
        assert not HandoutStart.objects.exists()

    def test_of_a_link_that_never_was(self, browser):
        assert browser.get(f"/h/{'A' * 48}/start/").status_code == 404

    def test_of_a_framework_that_was_withdrawn(self, browser, framework, address):
        framework.withdraw(reason="A trial found harm.")
        answer = browser.post(address, AGREED)
        assert answer.status_code == 422
        assert "A trial found harm." in answer.text
        assert "can no longer be started" in answer.text
        assert not Checklist.objects.exists()

    def test_where_no_item_was_chosen(self, browser, clinician, framework):
        handout = make_handout(clinician, framework, item_keys=[])
        answer = browser.post(f"{handout.path}start/", AGREED)
        assert answer.status_code == 422
        assert "This handout has no items" in answer.text

    def test_where_another_tab_started_one_meanwhile(self, browser, mine, address, monkeypatch):
        with monkeypatch.context() as before:
            before.setattr("sharing.views.open_standing", lambda slug, owner: None)
            assert browser.post(address, AGREED).url == address
        assert the_open_one() == mine
        assert not HandoutStart.objects.exists()
        assert "You have one open already" in browser.get(address).text


class TestWhereOneIsOpen:
    def test_asks_what_should_become_of_it(self, browser, mine, address):
        page = browser.get(address).text
        assert "You have one open already" in page
        assert "It has all items of the handout already." in page
        answer = browser.post(address)
        assert answer.status_code == 422
        assert "Choose what should become of the checklist that you have open." in answer.text
        assert the_open_one() == mine

    def test_keeps_mine(self, browser, mine, address):
        answer = browser.post(address, {"choice": "keep-mine"})
        assert answer.url == mine.get_absolute_url()
        assert the_open_one() == mine
        assert not HandoutStart.objects.exists()

    def test_starts_this_one_and_archives_mine(self, browser, mine, handout, address):
        answer = browser.post(address, chosen("take-this", mine))
        started = the_open_one()
        assert answer.url == started.get_absolute_url() != mine.get_absolute_url()
        assert started.item_keys == ["chair"]
        assert started.handout_start.handout == handout
        assert Tick.objects.get().checklist == mine

    def test_joins_both(self, browser, reader, clinician, framework):
        mine = make_checklist(reader, framework=framework, item_keys=["four-rounds"])
        handout = make_handout(clinician, framework, item_keys=["chair"])
        assert "1 item of the handout comes in." in browser.get(f"{handout.path}start/").text
        answer = browser.post(f"{handout.path}start/", chosen("join-both", mine), follow=True)
        assert "Joined: 1 item came in." in answer.text
        assert "Checklist started." not in answer.text
        joined = the_open_one()
        assert joined == mine
        assert joined.item_keys == ["chair", "four-rounds"]
        assert joined.handout_start.handout == handout

    @pytest.mark.parametrize("choice", ["take-this", "join-both"])
    def test_asks_for_consent_to_a_new_wording_and_keeps_that_it_was_given(
        self, browser, reader, mine, address, choice
    ):
        unsaid = chosen(choice, mine)
        unsaid.pop("consent")
        StorageConsent.objects.update(version="2020-01-01")
        assert "Without it nothing can be kept" in browser.post(address, unsaid).text
        browser.post(address, chosen(choice, mine))
        assert consents.standing_consent(Owner(reader=reader.pk)) is not None

    def test_says_what_cannot_come_in(self, browser, mine, clinician, publish, framework):
        publish(checklist=[{"key": "chair", "text": "I have a chair"}, {"key": "walk", "text": "Walk"}])
        handout = make_handout(clinician, framework)
        page = browser.get(f"{handout.path}start/").text
        assert "1 item is not in revision 1, which yours is on, and stays out." in page
        answer = browser.post(f"{handout.path}start/", chosen("join-both", mine, revision="2"), follow=True)
        assert "Joined: no item came in that was not here already." in answer.text
        assert the_open_one().item_keys == ["chair", "four-rounds"]

    @pytest.mark.parametrize("choice", ["take-this", "join-both"])
    def test_asks_for_supervision_and_keeps_that_it_was_confirmed(
        self, browser, mine, address, publish, choice
    ):
        publish(kind="safety", supervision="professional-required")
        assert browser.post(address, chosen(choice, mine)).status_code == 422
        browser.post(address, chosen(choice, mine, supervised="on"))
        assert the_open_one().supervision_confirmed_at is not None

    def test_refuses_a_choice_about_another_one(self, browser, mine, address):
        choice = AGREED | {"choice": "take-this"}
        for said in ({"mine": str(mine.framework_id)}, {}):
            answer = browser.post(address, choice | said)
            assert answer.status_code == 422
            assert "This page changed while you were reading it." in answer.text
        assert the_open_one() == mine

    def test_shows_it_no_longer_to_whom_it_was_shown(self, browser, reader, mine, clinician, framework):
        first = make_clinician("first@example.com")
        browser.post(f"{make_handout(first, framework).path}start/", chosen("join-both", mine))
        shown = ProgressConsent.objects.create(checklist=mine, clinician=first, name="M.", version="x")
        second = f"{make_handout(clinician, framework).path}start/"
        assert "Whoever can see its progress now no longer can." in browser.get(second).text
        browser.post(second, chosen("join-both", mine))
        shown.refresh_from_db()
        assert shown.lapsed_at is not None

    def test_goes_on_showing_it_to_the_same_clinician(self, browser, mine, clinician, framework):
        browser.post(f"{make_handout(clinician, framework).path}start/", chosen("join-both", mine))
        shown = ProgressConsent.objects.create(checklist=mine, clinician=clinician, name="M.", version="x")
        browser.post(f"{make_handout(clinician, framework).path}start/", chosen("join-both", mine))
        shown.refresh_from_db()
        assert shown.stands


class TestTheTie:
    def test_comes_along_when_a_guest_signs_in(self, patient, reader, handout, address):
        patient.post(address, AGREED)
        started = the_open_one()
        joining.adopt(reader, started.guest)
        assert the_open_one().reader == reader
        assert HandoutStart.objects.get(checklist=started).handout == handout

    def test_comes_along_into_the_one_that_both_were_joined_to(self, patient, reader, mine, handout, address):
        patient.post(address, AGREED)
        guests = Checklist.objects.exclude(guest=None).get()
        joining.settle(reader, guests.guest, guests.pk, Choice.JOIN_BOTH)
        assert HandoutStart.objects.get(checklist=mine).handout == handout

    def test_leaves_that_of_the_one_it_was_joined_to(self, patient, reader, browser, clinician, framework):
        own, other = (make_handout(clinician, framework) for _ in range(2))
        browser.post(f"{own.path}start/", AGREED)
        mine = the_open_one()
        patient.post(f"{other.path}start/", AGREED)
        guests = Checklist.objects.exclude(guest=None).get()
        joining.settle(reader, guests.guest, guests.pk, Choice.JOIN_BOTH)
        assert HandoutStart.objects.get(checklist=mine).handout == own

    def test_comes_along_when_it_is_started_again_and_so_does_the_scope(self, browser, handout, address):
        browser.post(address, AGREED)
        first = the_open_one()
        again = f"/checklists/start/box-breathing/?instead_of={first.pk}"
        assert "1 item, on revision 1." in browser.get(again).text
        browser.post("/checklists/start/box-breathing/", AGREED | {"instead_of": str(first.pk)})
        second = the_open_one()
        assert second != first
        assert second.item_keys == ["chair"]
        assert second.handout_start.handout == handout

    def test_goes_with_the_checklist(self, browser, reader, address):
        browser.post(address, AGREED)
        runs.delete(the_open_one().pk, Owner(reader=reader.pk))
        assert not HandoutStart.objects.exists()
        assert Handout.objects.exists()

    def test_goes_with_the_consent_to_be_kept(self, browser, reader, address):
        browser.post(address, AGREED)
        consents.withdraw(Owner(reader=reader.pk))
        assert not HandoutStart.objects.exists()


class TestItsAnswers:
    def test_are_kept_by_no_cache_and_listed_nowhere(self, patient, address):
        answer = patient.get(address)
        assert "no-store" in answer["Cache-Control"]
        assert answer["X-Robots-Tag"] == "noindex"

    def test_tell_other_pages_the_site_and_not_the_token(self, patient, address):
        assert patient.get(address)["Referrer-Policy"] == "strict-origin"


class TestSigningInOnTheWay:
    """Somebody who has an account, or wants one, comes back to the handout; its address goes nowhere else."""

    def signs_in(self, browser, reader, answer):
        going = parse_qs(urlsplit(answer.url).query)["next"][0]
        return browser.post("/account/login/", {"login": reader.email, "password": PASSWORD, "next": going})

    def test_leads_back_to_the_start_of_the_checklist(self, patient, reader, address, handout):
        page = patient.get(address).text
        assert re.search(r'<button[^>]* form="doors" name="first" value="sign-up">Make an account<', page)
        answer = patient.post(address, {"first": "sign-in"})
        assert (answer.status_code, answer.url) == (303, "/account/login/?next=%2Fh%2Fback%2F")
        answer = self.signs_in(patient, reader, answer)
        assert answer.url == "/h/back/"
        answer = patient.get("/h/back/")
        assert answer.url == address
        assert "no-store" in answer.headers["Cache-Control"]
        assert 'value="sign-up"' not in patient.get(address).text
        patient.post(address, AGREED)
        assert the_open_one().reader == reader

    def test_leads_back_after_making_an_account(self, patient, address):
        answer = patient.post(address, {"first": "sign-up"})
        assert answer.url == "/account/signup/?next=%2Fh%2Fback%2F"
        form = {"email": "new@example.com", "password1": PASSWORD, "display_name": "", "next": "/h/back/"}
        patient.post("/account/signup/", form)
        code = re.search(r"\b\d{3}-\d{3}-\d{3}\b", mail.outbox[-1].body)[0]
        assert patient.post("/account/confirm-email/", {"code": code}).url == "/h/back/"
        assert patient.get("/h/back/").url == address

    def test_keeps_no_token_on_the_way(self, patient, address, handout):
        patient.post(address, {"first": "sign-in"})
        token = handout.path.split("/")[2]
        assert token not in json.dumps(dict(patient.session.items()))

    def test_leads_there_once_and_within_an_hour(self, patient, reader, address, clock):
        answer = patient.post(address, {"first": "sign-in"})
        self.signs_in(patient, reader, answer)
        patient.get("/h/back/")
        assert patient.get("/h/back/").url == "/checklists/"
        patient = Client()
        self.signs_in(patient, reader, patient.post(address, {"first": "sign-in"}))
        clock(timezone.now() + timedelta(minutes=61))
        assert patient.get("/h/back/").url == "/checklists/"

    def test_signs_nobody_out_in_an_hour(self, patient, reader, address):
        self.signs_in(patient, reader, patient.post(address, {"first": "sign-in"}))
        assert patient.session.get_expire_at_browser_close()

    def test_is_not_asked_of_who_is_signed_in_or_for_a_link_that_opens_nothing(
        self, browser, patient, address, handout
    ):
        assert browser.post(address, {"first": "sign-in"}).status_code == 422
        handout.revoke()
        assert patient.post(address, {"first": "sign-in"}).status_code == 410


class TestAnError:
    def test_stands_first_on_the_page_and_leads_to_the_box(self, patient, address):
        page = patient.post(address, {}).text
        main = page[page.index("<main") :]
        assert main.index('<a href="#id_consent">') < main.index("<h1>")
        assert 'id="id_consent"' in main
