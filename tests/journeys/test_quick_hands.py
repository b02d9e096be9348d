"""Ticking faster than the server answers, and by keyboard: what the page shows in the end is what is stored."""

import pytest
from playwright.sync_api import expect

from checklists.models import Tick
from tests.factories import make_user

from .reader import HeldBack, done, stored

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TEXTS = ["I have a chair", "My feet are on the floor", "I did four rounds", "I got up slowly"]


@pytest.fixture
def page(reader, started):
    user = make_user()
    checklist = started(user)
    page = reader(user, checklist.get_absolute_url())
    page.checklist = checklist
    return page


class TestTickingFasterThanTheServerAnswers:
    @pytest.mark.parametrize("clicks", [2, 3])
    def test_on_and_off_ends_as_the_box_shows_it(self, page, clicks):
        held = HeldBack(page.page)
        for _ in range(clicks):
            page.box("I have a chair").click()
        for _ in range(clicks):
            expect(page.status).to_have_text("Saving")
            assert page.box("I have a chair").is_checked() == bool(clicks % 2)
            held.arrives().answer()
        page.saves()
        assert held.nothing_more
        assert page.box("I have a chair").is_checked() == bool(clicks % 2)
        assert stored(page.checklist).get("chair", "open") == ("done" if clicks % 2 else "open")

    def test_of_which_the_last_is_lost_shows_what_the_first_has_stored(self, page):
        held = HeldBack(page.page)
        page.box("I have a chair").click()
        first = held.arrives()
        first.commit()
        page.box("I have a chair").click()
        first.answer()
        held.arrives().lose()
        expect(page.row("I have a chair")).to_contain_text("No answer from the server")
        page.sees_ticked("I have a chair")
        assert done(page.checklist) == {"chair"}

    def test_of_many_boxes_stores_them_all_and_shows_the_right_number(self, page):
        held = HeldBack(page.page)
        for text in TEXTS:
            page.box(text).click()
        page.sees_ticked(*TEXTS)
        assert stored(page.checklist) == {}
        held.arrives().answer()
        held.arrives().lose()
        held.arrives().answer()
        held.arrives().answer()
        expect(page.row(TEXTS[1])).to_contain_text("No answer from the server")
        expect(page.row(TEXTS[3])).to_contain_text("Done")
        assert done(page.checklist) == {"chair", "four-rounds", "got-up"}
        assert page.boxes == {"chair": True, "feet": False, "four-rounds": True, "got-up": True}
        page.sees("3 of 4 done")

    def test_and_leaving_the_item_out_at_once_ends_with_what_was_asked_last(self, page):
        page.opens_more("I have a chair")
        held = HeldBack(page.page)
        page.box("I have a chair").click()
        page.asks("I have a chair", "Not for me")
        held.arrives().answer()
        held.arrives().answer()
        page.saves()
        expect(page.row("I have a chair")).to_contain_text("Not for me, so it does not count")
        assert stored(page.checklist) == {"chair": "not-for-me"}


class TestANoteThatIsBeingWritten:
    def test_survives_that_its_item_is_ticked(self, page):
        page.writes("I have a chair", "Not saved yet")
        page.ticks("I have a chair")
        note = page.row("I have a chair").get_by_label("Private note")
        expect(note).to_be_visible()
        expect(note).to_have_value("Not saved yet")
        assert Tick.objects.get().note == ""
        page.asks("I have a chair", "Save note")
        page.saves()
        assert Tick.objects.get().note == "Not saved yet"

    def test_survives_that_an_earlier_wording_of_it_is_being_saved(self, page):
        held = HeldBack(page.page)
        page.writes("I have a chair", "First")
        page.asks("I have a chair", "Save note")
        sent = held.arrives()
        note = page.row("I have a chair").get_by_label("Private note")
        note.press("End")
        note.press_sequentially(", second")
        sent.answer()
        page.saves()
        expect(note).to_be_visible()
        expect(note).to_have_value("First, second")
        expect(note).to_be_focused()
        assert Tick.objects.get().note == "First"

    def test_goes_on_where_the_cursor_was(self, page):
        page.writes("I have a chair", "in the kitchen")
        held = HeldBack(page.page)
        page.box("I have a chair").check()
        sent = held.arrives()
        note = page.row("I have a chair").get_by_label("Private note")
        note.press("Home")
        note.press_sequentially("The one ")
        sent.answer()
        page.saves()
        page.page.keyboard.type("there ")
        expect(note).to_have_value("The one there in the kitchen")


class TestByKeyboard:
    def test_space_ticks_and_tab_goes_on_from_there(self, page):
        page.box("I have a chair").focus()
        page.page.keyboard.press("Space")
        page.saves()
        expect(page.box("I have a chair")).to_be_focused()
        page.page.keyboard.press("Tab")
        expect(page.row("I have a chair").locator("summary")).to_be_focused()
        page.page.keyboard.press("Tab")
        expect(page.box("My feet are on the floor")).to_be_focused()

    def test_whoever_has_gone_on_already_is_not_called_back(self, page):
        held = HeldBack(page.page)
        page.box("I have a chair").focus()
        page.page.keyboard.press("Space")
        page.page.keyboard.press("Tab")
        held.arrives().answer()
        page.saves()
        expect(page.row("I have a chair").locator("summary")).to_be_focused()

    def test_leaving_an_item_out_and_taking_it_back_keeps_the_place(self, page):
        page.opens_more("I have a chair")
        page.page.keyboard.press("Tab")
        page.row("I have a chair").get_by_role("button", name="Not for me").press("Enter")
        page.saves()
        expect(page.row("I have a chair").locator("summary")).to_be_focused()
        page.page.keyboard.press("Enter")
        page.row("I have a chair").get_by_role("button", name="Count it again").press("Enter")
        page.saves()
        expect(page.box("I have a chair")).to_be_focused()

    def test_the_same_where_notes_are_off(self, page):
        page.presses("Put the notes away")
        page.row("I have a chair").get_by_role("button", name="Not for me").press("Enter")
        page.saves()
        expect(page.row("I have a chair").get_by_role("button", name="Count it again")).to_be_focused()

    def test_enter_in_a_box_presses_no_button_of_an_item(self, reader, started, javascript):
        user = make_user()
        checklist = started(user)
        page = reader(user, checklist.get_absolute_url(), javascript=javascript)
        page.box("I did four rounds").focus()
        with page.page.expect_navigation():
            page.page.keyboard.press("Enter")
        page.sees("0 of 4 done")
        assert stored(checklist) == {}
