"""The framework is published anew, gets a notice or is withdrawn, while somebody has a checklist of it."""

import pytest
from playwright.sync_api import expect

from checklists.models import State, Tick
from checklists.owners import Owner
from checklists.ticking import Change, tick
from frameworks.models import SafetyNotice
from tests.factories import make_document, make_user

from .conftest import ITEMS
from .reader import done, stored

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

STILL_DONE = "Reworded since you ticked it: still done?"
DIZZY = make_document().warnings[0].model_dump()
HEART = {
    "key": "heart",
    "level": "danger",
    "text": "Not after a heart attack.",
    "what_to_do": "Ask your doctor.",
}


@pytest.fixture
def checklist(started):
    """On revision 1, with the chair and the feet ticked, and a note at the chair."""
    checklist = started(make_user())
    owner = Owner(reader=checklist.reader.pk)
    tick(checklist.pk, owner, [Change("chair", State.DONE, "In the kitchen"), Change("feet", State.DONE)])
    return checklist


@pytest.fixture
def revision_2(checklist, publish):
    """A danger more, the chair reworded, the feet gone, one item new."""
    chair, _feet, rounds, got_up = ITEMS
    items = [{**chair, "text": "I have a chair with a back"}, rounds, got_up]
    items.append({"key": "water", "text": "I drank some water", "step": "breathe"})
    return publish(kind="safety", note="A danger was added.", warnings=[DIZZY, HEART], checklist=items)


class TestAReaderWhoseFrameworkChanged:
    def test_sees_what_changed_moves_and_is_asked_whether_it_still_holds(
        self, checklist, revision_2, reader, javascript
    ):
        page = reader(checklist.reader, checklist.get_absolute_url(), javascript=javascript)
        page.sees("This framework changed: revision 2")
        page.sees("Not after a heart attack.")  # although the checklist is on revision 1
        page.sees_ticked("I have a chair", "My feet are on the floor")
        page.sees("2 of 4 done")
        page.follows("See what changed")

        page.sees("This framework changed")
        page.sees("A danger was added.")
        parts = page.page.locator("main section h2").all_inner_texts()
        assert "warnings" in parts[0].lower()
        said = page.page.locator("main").inner_text()
        for text in (
            "Not after a heart attack.",
            "My feet are on the floor",
            "I drank some water",
            "with a back",
        ):
            assert text in said
        page.presses("Move to revision 2")

        page.sees("Moved to revision 2. Your ticks and notes came along.")
        page.sees("1 of 4 done")
        page.sees_ticked("I have a chair with a back")
        expect(page.row("I have a chair with a back")).to_contain_text(STILL_DONE)
        expect(page.row("I have a chair with a back")).to_contain_text("In the kitchen")
        page.sees("Removed in revision 2. You ticked it: today")

        page.asks("I have a chair with a back", "Yes, still done")
        expect(page.row("I have a chair with a back")).not_to_contain_text(STILL_DONE)
        page.sees_ticked("I have a chair with a back")
        assert not Tick.objects.filter(reworded=True).exists()
        assert done(checklist) == {"chair", "feet"}

    def test_may_say_that_it_no_longer_holds(self, checklist, revision_2, reader, javascript):
        page = reader(checklist.reader, f"{checklist.get_absolute_url()}changes/", javascript=javascript)
        page.presses("Move to revision 2")
        page.asks("I have a chair with a back", "No, open it again")
        page.sees_open("I have a chair with a back")
        page.sees("0 of 4 done")
        assert stored(checklist) == {"chair": "open", "feet": "done"}

    def test_goes_back_to_the_revision_before(self, checklist, revision_2, reader):
        page = reader(checklist.reader, f"{checklist.get_absolute_url()}changes/", javascript=False)
        page.presses("Move to revision 2")
        page.presses("Go back to revision 1")
        page.sees("Back on the revision before. Your ticks and notes are as they were.")
        page.sees_ticked("I have a chair", "My feet are on the floor")
        expect(page.row("I have a chair")).not_to_contain_text(STILL_DONE)
        page.sees("2 of 4 done")
        page.sees("This framework changed: revision 2")
        page.follows("See what changed")
        page.presses("Move to revision 2")
        page.ticks("I did four rounds")
        page.page.reload()
        expect(page.page.get_by_role("button", name="Go back to revision 1")).to_have_count(0)

    def test_is_not_asked_about_a_comma(self, checklist, publish, reader):
        publish(kind="editorial", checklist=[{**ITEMS[0], "text": "I have a chair."}, *ITEMS[1:]])
        page = reader(checklist.reader, f"{checklist.get_absolute_url()}changes/")
        page.presses("Move to revision 2")
        page.sees_ticked("I have a chair.")
        expect(page.row("I have a chair.")).not_to_contain_text(STILL_DONE)

    def test_who_moved_meanwhile_elsewhere_loses_no_tick_of_a_stale_page(
        self, checklist, revision_2, reader, javascript
    ):
        stale = reader(checklist.reader, checklist.get_absolute_url(), javascript=javascript)
        other = reader(checklist.reader, f"{checklist.get_absolute_url()}changes/")
        other.presses("Move to revision 2")
        other.sees("Moved to revision 2.")
        stale.ticks("I did four rounds")
        assert done(checklist) == {"chair", "feet", "four-rounds"}
        stale.sees("2 of 4 done")

    def test_is_told_where_an_item_of_a_stale_page_is_gone(self, checklist, revision_2, reader, javascript):
        stale = reader(checklist.reader, checklist.get_absolute_url(), javascript=javascript)
        other = reader(checklist.reader, f"{checklist.get_absolute_url()}changes/")
        other.presses("Move to revision 2")
        other.sees("Moved to revision 2.")
        stale.box("My feet are on the floor").click()
        if not javascript:
            stale.presses("Save")
        stale.sees("Not saved: this item is not part of your checklist now.")
        assert done(checklist) == {"chair", "feet"}


class TestANoticeAndAWithdrawal:
    def test_show_at_the_next_look_whatever_the_revision(self, checklist, revision_2, reader):
        page = reader(checklist.reader, checklist.get_absolute_url(), javascript=False)
        SafetyNotice.objects.create(framework=checklist.framework, level="danger", text="Two people fainted.")
        page.page.reload()
        page.sees("Two people fainted.")
        checklist.framework.refresh_from_db()
        checklist.framework.withdraw(reason="A trial found harm.")
        page.page.reload()
        page.sees("A trial found harm.")
        page.sees("Two people fainted.")
        page.page.goto("/checklists/")
        page.sees("Withdrawn on")
        page.sees("Two people fainted.")
        page.page.goto("/checklists/start/box-breathing/")
        page.sees("A trial found harm.")
        page.page.goto(checklist.get_absolute_url())
        page.ticks("I did four rounds")  # what was begun can be kept up
        assert "four-rounds" in done(checklist)
