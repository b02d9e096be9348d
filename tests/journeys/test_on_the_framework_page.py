"""The checklist where the framework is read, and on paper."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from checklists.models import State
from checklists.owners import Owner
from checklists.ticking import Change, tick
from tests.factories import make_user

from .conftest import ITEMS
from .reader import done, stored

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGE = "/frameworks/box-breathing/"


@pytest.fixture
def checklist(started):
    return started(make_user())


class TestThePageOfAFramework:
    def test_has_the_boxes_of_who_is_on_its_revision_and_stays_there_when_one_is_ticked(
        self, checklist, reader, javascript
    ):
        page = reader(checklist.reader, PAGE, javascript=javascript)
        page.ticks("I did four rounds")
        assert done(checklist) == {"four-rounds"}
        assert urlsplit(page.page.url).path == PAGE
        page.sees_ticked("I did four rounds")
        page.sees("1 of 4 done")

        page.asks("I got up slowly", "Not for me")
        page.sees("1 of 3 done · 1 not for me")
        assert urlsplit(page.page.url).path == PAGE
        if not javascript:
            assert urlsplit(page.page.url).fragment == "got-up"
        page.asks("I got up slowly", "Count it again")
        page.sees("1 of 4 done")
        assert stored(checklist) == {"four-rounds": "done", "got-up": "open"}

    def test_has_one_line_for_who_is_on_another_revision(self, checklist, publish, reader):
        tick(checklist.pk, Owner(reader=checklist.reader.pk), [Change("chair", State.DONE)])
        publish(kind="clinical", checklist=ITEMS[:3])
        page = reader(checklist.reader, PAGE)
        page.sees("Your checklist is on revision 1. 1 of 4 done")
        expect(page.page.get_by_role("checkbox")).to_have_count(0)
        page.follows("Continue")
        page.sees_ticked("I have a chair")
        page.page.goto(f"{PAGE}revisions/1/")
        page.sees_ticked("I have a chair")  # there it is the same revision

    def test_has_the_start_and_no_boxes_for_anybody_else(self, checklist, reader):
        page = reader(make_user("other@example.com"), PAGE)
        expect(page.page.get_by_role("checkbox")).to_have_count(0)
        expect(page.page.get_by_role("link", name="Start this checklist")).to_be_visible()


class TestOnPaper:
    @pytest.mark.parametrize("path", ["the checklist", "the framework"])
    def test_the_boxes_stand_with_their_state_and_no_buttons(self, checklist, publish, reader, path):
        publish(kind="clinical", checklist=[{**ITEMS[0], "text": "I have a chair with a back"}, *ITEMS[1:]])
        page = reader(checklist.reader, checklist.get_absolute_url())
        page.ticks("I have a chair")
        page.page.goto(f"{checklist.get_absolute_url()}changes/")
        page.presses("Move to revision 2")
        page.sees("still done?")
        if path == "the framework":
            page.page.goto(PAGE)
        page.page.emulate_media(media="print")
        expect(page.box("I have a chair with a back")).to_be_visible()
        expect(page.box("I have a chair with a back")).to_be_checked()
        expect(page.box("I did four rounds")).to_be_visible()
        page.sees("1 of 4 done")
        shown = page.page.locator("main button, main textarea, main summary").filter(visible=True)
        assert shown.all_inner_texts() == []
