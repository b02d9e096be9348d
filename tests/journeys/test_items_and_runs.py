"""One checklist from its first tick to its end: notes, items left out, finished, again, archived, deleted."""

import pytest
from playwright.sync_api import expect

from checklists.models import Checklist, Tick
from frameworks.models import HelpContact
from tests.factories import make_user

from .reader import stored

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def checklist(started):
    return started(make_user())


@pytest.fixture
def page(checklist, reader, javascript):
    return reader(checklist.reader, checklist.get_absolute_url(), javascript=javascript)


@pytest.fixture
def plain_page(checklist, reader):
    """Where a journey leads through forms that no script touches."""
    return reader(checklist.reader, checklist.get_absolute_url(), javascript=False)


def note_of(page, text):
    return page.row(text).get_by_label("Private note")


class TestNotes:
    def test_are_off_on_a_sensitive_framework_until_the_reader_turns_them_on(
        self, publish, started, reader, javascript
    ):
        HelpContact.objects.create(
            key="gb-999", country="GB", kind="emergency", name="Emergency", number="999", link="tel:999"
        )
        user = make_user()
        checklist = started(user, publish(sensitive=True))
        page = reader(user, checklist.get_absolute_url(), javascript=javascript)
        page.sees("Notes are off.")
        expect(note_of(page, "I have a chair")).to_have_count(0)
        page.presses("Turn notes on")
        page.sees("Notes are on.")
        page.writes("I have a chair", "In the kitchen")
        page.sees("Nobody but you can read this, and nobody watches it")
        page.asks("I have a chair", "Save note")
        page.sees("Note In the kitchen")
        page.presses("Put the notes away")
        assert "In the kitchen" not in page.page.content()
        assert Tick.objects.get().note == "In the kitchen"

    def test_that_are_too_long_are_kept_as_typed_until_they_are_shortened(self, page, javascript):
        page.writes("I have a chair", "x" * 1001)
        page.asks("I have a chair", "Save note")
        told = "This note is 1 character too long, and was not saved. Shorten it to 1000."
        expect(page.row("I have a chair")).to_contain_text(told)
        expect(note_of(page, "I have a chair")).to_have_value("x" * 1001)
        expect(note_of(page, "I have a chair")).to_be_visible()
        assert not Tick.objects.exists()
        note_of(page, "I have a chair").fill("y" * 1000)
        page.asks("I have a chair", "Save note")
        page.sees("Note " + "y" * 1000)
        assert "too long" not in page.page.locator("main").inner_text()
        assert Tick.objects.get().note == "y" * 1000

    def test_that_were_emptied_come_back_from_the_history(self, plain_page):
        page = plain_page
        page.writes("I have a chair", "In the <kitchen>")
        page.asks("I have a chair", "Save note")
        page.sees("Note In the <kitchen>")
        page.writes("I have a chair", "")
        page.asks("I have a chair", "Save note")
        expect(page.row("I have a chair").locator(".note")).to_have_count(0)
        assert Tick.objects.get().note == ""
        page.follows("Every change, with undo")
        page.presses("Bring back the note before", exact=False)
        page.sees("Note In the <kitchen>")
        assert Tick.objects.get().note == "In the <kitchen>"

    def test_and_ticks_are_saved_together_by_the_one_button(self, checklist, reader):
        page = reader(checklist.reader, checklist.get_absolute_url(), javascript=False)
        page.box("I did four rounds").check()
        page.writes("I have a chair", "In the kitchen")
        page.presses("Save")
        page.sees_ticked("I did four rounds")
        page.sees("Note In the kitchen")
        assert stored(checklist) == {"chair": "open", "four-rounds": "done"}


class TestARun:
    def test_is_finished_by_the_tick_that_leaves_nothing_open(self, page, checklist):
        page.asks("I got up slowly", "Not for me")
        page.sees("0 of 3 done · 1 not for me")
        page.ticks("I have a chair", "My feet are on the floor")
        page.sees("Still open: I did four rounds")
        page.ticks("I did four rounds")
        page.sees("3 of 3 done · 1 not for me")
        page.sees("All of it is ticked (today")
        expect(page.page.get_by_role("progressbar")).to_have_attribute("value", "3")
        expect(page.page.get_by_role("progressbar")).to_have_attribute("max", "3")

        page.asks("I got up slowly", "Count it again")
        page.sees("3 of 4 done")
        page.sees("Still open: I got up slowly")
        page.sees_open("I got up slowly")
        page.ticks("I got up slowly")
        page.unticks("I have a chair")
        page.sees("3 of 4 done")
        assert stored(checklist) == {
            "chair": "open",
            "feet": "done",
            "four-rounds": "done",
            "got-up": "done",
        }

    def test_that_is_done_is_started_again_archived_taken_up_again_and_deleted(self, plain_page, checklist):
        page = plain_page
        page.ticks("I have a chair")
        page.follows("Start again")
        page.sees("This run goes to your archive")
        page.presses("Archive it and start again")
        page.sees("0 of 4 done")
        again = Checklist.objects.get(archived_at=None)
        assert again != checklist

        page.page.goto(checklist.get_absolute_url())
        expect(page.box("I have a chair")).to_be_disabled()
        expect(page.box("I have a chair")).to_be_checked()
        page.presses("Take it up again")
        page.sees("You have another run of this open.")
        assert page.page.url.endswith(again.get_absolute_url())
        page.presses("Archive")
        page.sees("Archived.")
        page.page.goto("/checklists/")
        page.page.get_by_text("Show the archive").click()
        page.page.locator(f"a[href='{checklist.get_absolute_url()}']").click()
        page.presses("Take it up again")
        expect(page.box("I have a chair")).to_be_enabled()
        page.ticks("I did four rounds")

        page.follows("Delete for good")
        page.sees("Its ticks, its notes and its history of 2 changes are erased.")
        assert Checklist.objects.filter(pk=checklist.pk).exists()
        page.presses("Delete for good")
        page.sees("Deleted, with its ticks, notes and history.")
        assert list(Checklist.objects.all()) == [again]
        assert not Tick.objects.exists()


class TestTheHistory:
    def test_undoes_a_tick(self, plain_page, checklist):
        page = plain_page
        page.ticks("I have a chair")
        page.follows("Every change, with undo")
        page.presses("Undo", exact=False)
        page.sees_open("I have a chair")
        assert stored(checklist) == {"chair": "open"}


class TestANarrowScreen:
    def test_never_scrolls_sideways_with_everything_open(self, publish, started, reader):
        long_word = "Donaudampfschifffahrtsgesellschaftskapitän" * 3
        items = [
            {"key": "long", "text": long_word[:120], "step": "sit"},
            {"key": "b", "text": "Other", "step": "sit"},
        ]
        user = make_user()
        checklist = started(user, publish(checklist=items))
        page = reader(user, checklist.get_absolute_url(), width=390)
        page.writes("Other", long_word * 3)
        page.asks("Other", "Save note")
        page.saves()
        page.page.route("**/items/**", lambda route: route.abort())
        for summary in page.page.locator("summary").all():
            summary.click()
        page.box("Other").click()
        expect(page.row("Other")).to_contain_text("Try again")
        for width in (390, 320):
            page.page.set_viewport_size({"width": width, "height": 800})
            assert page.page.evaluate("document.documentElement.scrollWidth") <= width
        page.page.goto(f"{checklist.get_absolute_url()}history/")
        assert page.page.evaluate("document.documentElement.scrollWidth") <= 320
