"""Somebody passes on a framework: by its address, with scripts and without, on a screen and on paper."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

URL = "https://tracework.example/frameworks/box-breathing/"


@pytest.fixture
def sharing(publish, reader, live_server, javascript):
    """A visitor who came from the framework's page to the page that shares it."""
    publish()
    visitor = reader(path="/frameworks/box-breathing/", javascript=javascript)
    visitor.page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server.url)
    visitor.follows("Share")
    return visitor


class TestAnAddress:
    def test_is_copied_by_a_button_or_selected_in_its_field(self, sharing, javascript):
        page = sharing.page
        field = page.get_by_label("Breathe", exact=True)
        if javascript:
            page.get_by_role("button", name="Copy of step 1").click()
            page.get_by_role("button", name="Copy of step 2").click()
            expect(page.get_by_role("status").filter(has_text="Copied.")).to_have_count(1)
        else:
            expect(page.get_by_role("button", name="Copy")).to_have_count(0)
            field.focus()
            page.keyboard.press("ControlOrMeta+a")
            page.keyboard.press("ControlOrMeta+c")
        page.get_by_role("link", name="If you need help now").focus()
        assert pasted(page, sharing) == f"{URL}#breathe"

    def test_cannot_be_changed_by_a_slip_of_the_hand(self, sharing):
        field = sharing.page.get_by_label("Address").first
        field.focus()
        sharing.page.keyboard.type("x")
        expect(field).to_have_value(URL)

    def test_that_the_browser_does_not_copy_is_selected_and_the_page_says_so(self, publish, reader):
        publish()
        page = reader(path="/frameworks/box-breathing/share/").page
        page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error()); }")
        page.get_by_role("button", name="Copy Box breathing", exact=True).click()
        expect(page.get_by_role("status").filter(has_text="Not copied")).to_have_count(1)
        assert page.evaluate("getSelection().toString()") == URL


def pasted(page, sharing):
    """What is pasted into a search box of the library."""
    page.goto("/")
    search = page.get_by_role("searchbox")
    search.focus()
    page.keyboard.press("ControlOrMeta+v")
    return search.input_value()


class TestOnPaper:
    def test_a_framework_bears_the_address_of_its_revision(self, publish, reader):
        publish()
        page = reader(path="/frameworks/box-breathing/").page
        code = page.get_by_role("img", name="QR code of the address of this revision")
        expect(code).to_be_hidden()
        page.emulate_media(media="print")
        expect(code).to_be_visible()
        expect(page.get_by_text(f"{URL}revisions/1/", exact=True).filter(visible=True)).to_be_visible()
        title, drawn = page.locator("h1").bounding_box(), code.bounding_box()
        assert drawn["height"] > 90  # 25 mm: what a telephone reads from a sheet in the hand
        assert title["y"] < drawn["y"] + drawn["height"]

    def test_the_page_that_shares_is_a_notice_to_put_up(self, publish, reader):
        publish()
        page = reader(path="/frameworks/box-breathing/share/").page
        page.emulate_media(media="print")
        expect(page.locator("h1")).to_have_text(re.compile("Box breathing"))
        expect(page.get_by_role("img", name="QR code of the address of the framework")).to_be_visible()
        expect(page.get_by_text(URL, exact=True).filter(visible=True)).to_be_visible()
        for left_out in (page.get_by_text("Send by e-mail").first, page.get_by_text("says exactly this")):
            expect(left_out).to_be_hidden()
        assert len(re.findall(rb"/Type\s*/Page\b", page.pdf())) == 1
