"""What must hold when something else happened meanwhile: on another device, in another tab, by an editor."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from checklists import consents, joining, moves, runs, unsaved
from checklists.history import activity
from checklists.joining import Choice
from checklists.models import Checklist, State, StorageConsent, Tick
from checklists.owners import Owner
from checklists.standing import standing
from checklists.ticking import Change, tick
from frameworks.models import SafetyNotice
from tests.factories import AGREED, PASSWORD, make_checklist, make_document, make_framework

pytestmark = pytest.mark.django_db

START = "/checklists/start/box-breathing/"


@pytest.fixture
def address(checklist):
    return checklist.get_absolute_url()


def states(checklist):
    return {one.item: one.state for one in Tick.objects.filter(checklist=checklist)}


def item(checklist, key):
    return reverse("checklists:item", args=[checklist.pk, key])


class TestSeveralChangesAfterTheSessionHadEnded:
    def sign_in(self, browser):
        browser.post("/account/login/", {"login": "reader@example.com", "password": PASSWORD})

    def test_all_wait(self, checklist, address):
        browser = Client()
        for key in ("chair", "four-rounds"):
            browser.post(item(checklist, key), {"state": "done"}, headers={"HX-Request": "true"})
        self.sign_in(browser)
        assert browser.get(address).text.count("Changed, and not saved yet") == 2

    def test_keep_waiting_while_another_item_is_saved(self, checklist, address):
        browser = Client()
        browser.post(item(checklist, "chair"), {"state": "done", "note": "Kitchen"})
        self.sign_in(browser)
        browser.post(item(checklist, "four-rounds"), {"state": "done"}, headers={"HX-Request": "true"})
        assert states(checklist) == {"four-rounds": "done"}
        assert browser.get(address).text.count("Changed, and not saved yet") == 1

    def test_are_forgotten_when_the_reader_says_so(self, checklist, address):
        browser = Client()
        browser.post(item(checklist, "chair"), {"state": "done"})
        self.sign_in(browser)
        browser.post(f"{address}unsaved/forget/")
        assert "Changed, and not saved yet" not in browser.get(address).text
        assert not states(checklist)

    def test_are_not_kept_for_a_checklist_that_is_not_there(self, checklist):
        browser = Client()
        gone = item(checklist, "chair")
        checklist.delete()
        assert browser.post(gone, {"state": "done"}).status_code == 303
        assert unsaved._NAME not in browser.session

    def test_do_not_sign_the_reader_out_in_an_hour(self, checklist):
        browser = Client()
        browser.post(item(checklist, "chair"), {"state": "done"})
        assert browser.session.get_expiry_age() <= unsaved.SECONDS
        self.sign_in(browser)
        assert browser.session.get_expiry_age() > unsaved.SECONDS


class TestAFormOfAnEarlierRevision:
    @pytest.fixture
    def moved(self, publish, items, checklist, owner):
        """The form was made on revision 1; the checklist is on 2, where one item reads differently."""
        publish("safety", checklist=items("chair", **{"four-rounds": "I did no round at all"}))
        moves.move(checklist.pk, owner, to=2)

    def test_is_saved_where_an_item_still_reads_the_same(self, browser, checklist, address, moved):
        browser.post(address, {"revision": "1", "was": "", "item": ["chair"]})
        assert states(checklist) == {"chair": "done"}

    def test_is_refused_where_it_reads_differently_with_the_change_filled_in(
        self, browser, checklist, address, moved
    ):
        answer = browser.post(address, {"revision": "1", "was": "", "item": ["chair", "four-rounds"]})
        assert answer.status_code == 409
        assert "is on revision 2 now, where this reads differently" in answer.text
        assert "I did no round at all" in answer.text
        assert answer.text.count("Changed, and not saved yet") == 1
        assert states(checklist) == {"chair": "done"}

    def test_does_not_answer_whether_a_reworded_item_still_holds(
        self, browser, checklist, owner, publish, items
    ):
        tick(checklist.pk, owner, [Change("four-rounds", State.DONE)])
        publish("safety", checklist=items("chair", **{"four-rounds": "I did no round at all"}))
        moves.move(checklist.pk, owner, to=2)
        sent = {"revision": "1", "state": "done"}
        answer = browser.post(item(checklist, "four-rounds"), sent, headers={"HX-Request": "true"})
        assert answer.status_code == 409
        assert Tick.objects.get().reworded


class TestAnItemWhoseKeyLooksLikeAFieldsName:
    def test_has_a_note_like_any_other(self, reader, browser):
        items = [{"key": "was-restful", "text": "Was it restful?"}]
        framework = make_framework(slug="rest", published=True, checklist=items)
        checklist = make_checklist(reader, framework=framework)
        browser.post(checklist.get_absolute_url(), {"note:was-restful": "Rather"})
        assert Tick.objects.get().note == "Rather"


class TestWarningsOfAStepWithoutItems:
    def test_stand_on_the_checklists_page(self, reader, browser):
        warned = {
            "key": "double",
            "title": "Breathe in twice",
            "body": "In, and in again.",
            "warnings": [{"key": "not-diving", "level": "contraindication", "text": "Never before diving."}],
        }
        steps = [*make_document().model_dump()["steps"], warned]
        framework = make_framework(slug="twice", published=True, steps=steps)
        page = browser.get(make_checklist(reader, framework=framework).get_absolute_url()).text
        assert page.count("Never before diving.") == 1
        assert page.count("Never while driving.") == 1


class TestAFrameworkThatChangesWhileItIsBeingStarted:
    def test_is_shown_again_with_its_new_warning(self, browser, framework, publish):
        later = {"key": "cold", "level": "contraindication", "text": "Never in cold water."}
        publish("safety", warnings=[later])
        answer = browser.post(START, AGREED)
        assert answer.status_code == 422
        assert "This page changed while you were reading it." in answer.text
        assert "Never in cold water." in answer.text
        assert not Checklist.objects.exists()

    def test_is_not_agreed_to_in_words_that_were_not_read(self, browser, framework):
        answer = browser.post(START, AGREED | {"wording": "2020-01-01"})
        assert answer.status_code == 422
        assert not StorageConsent.objects.exists()

    @pytest.mark.parametrize("unsaid", ["revision", "wording"])
    def test_is_not_started_by_who_does_not_say_what_they_read(self, browser, framework, unsaid):
        answer = browser.post(START, {name: sent for name, sent in AGREED.items() if name != unsaid})
        assert answer.status_code == 422
        assert "This page changed while you were reading it." in answer.text
        assert not Checklist.objects.exists()

    def test_says_what_the_page_showed(self, browser, framework):
        page = browser.get(START).text
        assert '<input type="hidden" name="revision" value="1">' in page
        assert f'<input type="hidden" name="wording" value="{consents.VERSION}">' in page


class TestTwoTabsOfANewGuest:
    def test_that_start_at_once_get_the_same_checklist(self, framework):
        browser = Client(enforce_csrf_checks=True)
        browser.get(START)
        sent = AGREED | {"csrfmiddlewaretoken": browser.cookies["csrftoken"].value}
        tabs = []
        for _tab in range(2):
            browser.cookies.pop("guest", None)  # the other's answer is still on its way
            tabs.append(browser.post(START, sent).url)
        assert tabs[0] == tabs[1]
        assert Checklist.objects.count() == 1


class TestMovingToARevisionThatRequiresAProfessional:
    @pytest.fixture
    def stricter(self, publish):
        publish("safety", supervision="professional-required")

    def test_asks_whether_there_is_one(self, browser, checklist, address, stricter):
        assert 'name="supervised"' in browser.get(f"{address}changes/").text
        browser.post(f"{address}changes/", {"to": "2"})
        checklist.refresh_from_db()
        assert (checklist.revision.number, checklist.supervision_confirmed_at) == (1, None)

    def test_keeps_the_confirmation_with_its_date(self, browser, checklist, address, stricter):
        browser.post(f"{address}changes/", {"to": "2", "supervised": "on"})
        checklist.refresh_from_db()
        assert checklist.revision.number == 2
        assert checklist.supervision_confirmed_at


class TestWhatIsLive:
    @pytest.mark.parametrize("page", ["changes/", "history/"])
    def test_stands_on_every_page_of_a_checklist(self, browser, framework, address, page):
        SafetyNotice.objects.create(framework=framework, level="danger", text="Two people fainted.")
        assert "Two people fainted." in browser.get(address + page).text

    def test_stands_unfolded_over_the_archive(self, browser, framework, checklist, owner, publish):
        later = {"key": "cold", "level": "danger", "text": "Never in cold water."}
        publish("safety", warnings=[later])
        runs.archive(checklist.pk, owner)
        page = browser.get("/checklists/").text
        assert 0 < page.index("Never in cold water.") < page.index("Show the archive")


class TestAGuestWhoLeaves:
    def test_takes_along_what_waited_for_a_choice(self, framework, reader, checklist, owner):
        browser = Client()
        browser.post(START, AGREED)
        guests = Checklist.objects.exclude(guest=None).get()
        browser.post("/account/login/", {"login": "reader@example.com", "password": PASSWORD})
        assert Checklist.objects.filter(pk=guests.pk, reader=None).exists()
        browser.post("/account/leave/", {"password": PASSWORD})
        assert not Checklist.objects.exists()
        assert not StorageConsent.objects.exists()
        assert browser.cookies["guest"].value == ""

    def test_who_withdraws_instead_has_nothing_left_to_come_along(self, framework, reader, checklist):
        browser = Client()
        browser.post(START, AGREED)
        browser.post("/account/login/", {"login": "reader@example.com", "password": PASSWORD})
        browser.post("/checklists/agreement/")
        assert not Checklist.objects.exists()


class TestTakingOver:
    def test_says_how_many_came_along(self, framework, reader):
        browser = Client()
        browser.post(START, AGREED)
        browser.post("/account/login/", {"login": "reader@example.com", "password": PASSWORD})
        assert "1 checklist came along from this browser" in browser.get("/checklists/").text

    def test_takes_nothing_that_nobody_agreed_to(self, framework, reader):
        guest = Owner.new_guest()
        make_checklist(guest=guest)
        StorageConsent.objects.all().delete()
        assert joining.adopt(reader, guest.guest) == 0
        assert Checklist.objects.filter(guest=guest.guest).exists()

    def test_asks_again_about_what_was_ticked_under_other_words(self, reader, framework, publish, items):
        guest = Owner.new_guest()
        theirs = make_checklist(guest=guest)
        tick(theirs.pk, guest, [Change("chair", State.DONE), Change("four-rounds", State.DONE)])
        publish("clinical", checklist=items("four-rounds", chair="I have a stable chair"))
        mine = make_checklist(reader)
        joining.settle(reader, guest.guest, theirs.pk, Choice.JOIN_BOTH)
        kept = standing(mine.pk, Owner(reader=reader.pk))
        assert kept.kept("chair").reworded
        assert not kept.kept("four-rounds").reworded

    def test_counts_an_item_once_in_the_picture_of_twelve_weeks(self, reader, framework, owner):
        guest = Owner.new_guest()
        theirs = make_checklist(guest=guest)
        tick(theirs.pk, guest, [Change("chair", State.DONE)])
        make_checklist(reader)
        joining.settle(reader, guest.guest, theirs.pk, Choice.JOIN_BOTH)
        assert activity(owner).ticked == 1


class TestANoteThatCannotBeShownAtItsItem:
    def test_is_shown_all_the_same_when_the_run_was_archived(self, browser, checklist, owner, address):
        runs.archive(checklist.pk, owner)
        answer = browser.post(address, {"note:chair": "By the window"})
        assert answer.status_code == 409
        assert "By the window" in answer.text

    def test_is_shown_all_the_same_when_the_item_is_gone(
        self, browser, checklist, owner, address, publish, items
    ):
        publish(checklist=items("chair"))
        moves.move(checklist.pk, owner, to=2)
        answer = browser.post(address, {"note:four-rounds": "Five, even"})
        assert answer.status_code == 404
        assert "Five, even" in answer.text


class TestAGuestWhoWasSignedInBefore:
    def test_finds_the_change_filled_in_after_signing_in(self, checklist, address):
        make_framework(slug="other", published=True)
        browser = Client()
        browser.post("/checklists/start/other/", AGREED)
        answer = browser.post(item(checklist, "chair"), {"state": "done"}, headers={"HX-Request": "true"})
        assert answer.status_code == 404
        assert answer.headers["X-Sign-In"]
        browser.post("/account/login/", {"login": "reader@example.com", "password": PASSWORD})
        assert "Changed, and not saved yet" in browser.get(address).text


class TestWaitingTooLong:
    def test_lets_the_change_go(self, checklist, address, monkeypatch):
        browser = Client()
        browser.post(item(checklist, "chair"), {"state": "done"})
        browser.post("/account/login/", {"login": "reader@example.com", "password": PASSWORD})
        later = timezone.now() + timedelta(seconds=unsaved.SECONDS + 1)
        monkeypatch.setattr(unsaved.timezone, "now", lambda: later)
        assert "Changed, and not saved yet" not in browser.get(address).text
