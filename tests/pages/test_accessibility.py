"""axe-core finds nothing on any page, in either scheme; no page scrolls sideways, and none needs a script."""

import pytest

from .checks import DESKTOP, serves_everybody
from .conftest import ADDRESSES

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("starting_library"),
]


class TestEveryPage:
    def test_breaks_no_rule_of_axe_and_never_scrolls_sideways(self, open_page):
        page = open_page(reduced_motion="reduce")
        for name, address in ADDRESSES.items():
            page.set_viewport_size(DESKTOP)
            page.goto(address)
            serves_everybody(page, name)

    def test_says_the_same_without_a_script(self, open_page):
        for name in ("library", "ketamine"):
            texts = [
                open_page(ADDRESSES[name], javascript=on).locator("main").inner_text() for on in (True, False)
            ]
            assert texts[0] == texts[1]


class TestAReaderAtTheKeyboard:
    def test_skips_to_the_content_first(self, open_page):
        page = open_page("/frameworks/ketamine-assisted-psychotherapy/")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
        assert page.locator(".skip").is_visible()

    def test_opens_the_contents_on_a_phone(self, open_page):
        page = open_page("/frameworks/ketamine-assisted-psychotherapy/", width=390)
        contents = page.get_by_role("navigation", name="On this page")
        assert not contents.get_by_role("link", name="Steps").is_visible()
        contents.locator("summary").focus()
        page.keyboard.press("Enter")
        assert contents.get_by_role("link", name="Steps").is_visible()

    def test_finds_a_framework_by_its_words_and_goes_there(self, open_page):
        page = open_page("/")
        page.get_by_role("searchbox").fill("insomnia")
        page.keyboard.press("Enter")
        page.get_by_role("heading", level=3).get_by_role("link").first.press("Enter")
        page.wait_for_url("**/frameworks/cbt-i-for-insomnia/")

    def test_sees_the_contents_beside_the_text_all_the_way_down(self, open_page):
        page = open_page("/frameworks/ketamine-assisted-psychotherapy/")
        page.locator("#sources").scroll_into_view_if_needed()
        assert (
            page.get_by_role("navigation", name="On this page").get_by_role("link", name="Steps").is_visible()
        )
        box = page.get_by_role("navigation", name="On this page").bounding_box()
        assert 0 <= box["y"] < 800
