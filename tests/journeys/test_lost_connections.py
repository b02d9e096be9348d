"""A change that does not arrive, or of which no answer comes back: the page never shows more than is stored."""

import pytest
from playwright.sync_api import expect

from checklists.models import Tick
from tests.factories import make_user

from .reader import HeldBack, done, stored

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ITEMS = "**/items/**"
NO_ANSWER = "No answer from the server, so this is not saved as far as we know."
OUR_SIDE = "Not saved: something went wrong on our side."


def unplug(page):
    page.context.set_offline(True)
    return lambda: page.context.set_offline(False)


def abort(page):
    page.route(ITEMS, lambda route: route.abort())
    return lambda: page.unroute(ITEMS)


def hang(page):
    page.route(ITEMS, lambda route: None)
    page.evaluate("htmx.config.timeout = 150")

    def mend():
        page.unroute(ITEMS)
        page.evaluate("htmx.config.timeout = 10000")

    return mend


def fail(page):
    page.route(ITEMS, lambda route: route.fulfill(status=500, content_type="text/html", body="<h1>Oh</h1>"))
    return lambda: page.unroute(ITEMS)


@pytest.fixture
def page(reader, started):
    user = make_user()
    checklist = started(user)
    page = reader(user, checklist.get_absolute_url())
    page.checklist = checklist
    return page


class TestAChangeThatIsNotSaved:
    @pytest.mark.parametrize(
        ("breaking", "told"),
        [(unplug, NO_ANSWER), (abort, NO_ANSWER), (hang, NO_ANSWER), (fail, OUR_SIDE)],
        ids=["network down", "request aborted", "no answer in time", "server error"],
    )
    def test_goes_back_to_what_is_stored_says_so_and_can_be_tried_again(self, page, breaking, told):
        page.ticks("I did four rounds")
        mend = breaking(page.page)

        page.box("I have a chair").click()
        expect(page.row("I have a chair")).to_contain_text(told)
        expect(page.status).to_contain_text(told)
        page.sees_open("I have a chair")
        page.box("I did four rounds").click()
        expect(page.row("I did four rounds")).to_contain_text(told)
        page.sees_ticked("I did four rounds")
        assert stored(page.checklist) == {"four-rounds": "done"}

        mend()
        page.tries_again("I have a chair")
        page.saves()
        page.sees_ticked("I have a chair")
        expect(page.box("I have a chair")).to_be_focused()
        expect(page.row("I have a chair")).not_to_contain_text(told)
        assert stored(page.checklist) == {"four-rounds": "done", "chair": "done"}
        page.tries_again("I did four rounds")
        page.saves()
        page.sees_open("I did four rounds")
        assert done(page.checklist) == {"chair"}

    def test_may_be_stored_after_all_and_trying_again_makes_it_no_second_change(self, page):
        held = HeldBack(page.page)
        page.box("I have a chair").check()
        sent = held.arrives()
        sent.commit()
        sent.lose()
        expect(page.row("I have a chair")).to_contain_text(NO_ANSWER)
        held.let_all_go()
        page.tries_again("I have a chair")
        page.saves()
        page.sees_ticked("I have a chair")
        assert page.checklist.changes.count() == 1

    def test_to_leave_an_item_out_is_tried_again_as_just_that(self, page):
        mend = fail(page.page)
        page.asks("I got up slowly", "Not for me")
        expect(page.row("I got up slowly")).to_contain_text(OUR_SIDE)
        mend()
        page.tries_again("I got up slowly")
        page.saves()
        expect(page.row("I got up slowly")).to_contain_text("Not for me, so it does not count")
        assert stored(page.checklist) == {"got-up": "not-for-me"}

    def test_of_a_note_keeps_what_was_typed(self, page):
        mend = fail(page.page)
        page.writes("I have a chair", "The one in the kitchen")
        page.asks("I have a chair", "Save note")
        expect(page.row("I have a chair")).to_contain_text(OUR_SIDE)
        note = page.row("I have a chair").get_by_label("Private note")
        expect(note).to_have_value("The one in the kitchen")
        mend()
        page.tries_again("I have a chair")
        page.saves()
        assert Tick.objects.get().note == "The one in the kitchen"

    def test_is_not_forgotten_because_another_one_is_saved(self, page):
        mend = abort(page.page)
        page.box("I have a chair").click()
        expect(page.row("I have a chair")).to_contain_text(NO_ANSWER)
        mend()
        page.ticks("I did four rounds")
        expect(page.row("I have a chair")).to_contain_text(NO_ANSWER)
        page.tries_again("I have a chair")
        page.saves()
        assert done(page.checklist) == {"chair", "four-rounds"}

    def test_of_a_page_that_was_open_for_too_long_leads_to_a_new_one(self, page):
        page.page.context.clear_cookies(name="csrftoken")
        page.box("I have a chair").click()
        expect(page.row("I have a chair")).to_contain_text("this page has been open for too long")
        page.sees_open("I have a chair")
        page.presses("Load the page again")
        page.ticks("I have a chair")
        assert done(page.checklist) == {"chair"}


class TestTheStatusLine:
    def test_says_saving_on_the_way_and_saved_only_after_the_commit(self, page):
        expect(page.status).to_have_text("Each tick is saved to your account as you make it.")
        held = HeldBack(page.page)
        page.box("I have a chair").check()
        sent = held.arrives()
        expect(page.status).to_have_text("Saving")
        expect(page.row("I have a chair")).to_contain_text("Saving")
        assert stored(page.checklist) == {}
        sent.commit()
        assert stored(page.checklist) == {"chair": "done"}
        expect(page.status).to_have_text("Saving")  # committed, and the page does not know it yet
        sent.answer()
        expect(page.status).to_have_text("Saved · 1 of 4 done")
        expect(page.row("I have a chair")).to_contain_text("Done · today")

    def test_says_nothing_of_saved_while_another_change_is_on_its_way(self, page):
        held = HeldBack(page.page)
        page.box("I have a chair").check()
        page.box("I did four rounds").check()
        held.arrives().answer()
        last = held.arrives()
        expect(page.row("I have a chair")).to_contain_text("Done · today")
        expect(page.status).to_have_text("Saving")
        last.answer()
        expect(page.status).to_have_text("Saved · 2 of 4 done")
