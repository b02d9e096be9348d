"""An editor brings sources out of a reference manager, in a browser: from the list to a citation."""

import pytest

from frameworks.drafts import read_draft
from frameworks.models import Framework, Source
from tests.factories import make_framework
from tests.frameworks.desk import address, browser_of
from tests.pages.checks import breaks_no_rule, serves_everybody

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SOURCES = b"""% of a reference manager
@article{a, author = {Feder, Adriana and others}, title = {Efficacy of ketamine}, year = 2014, doi = {10.1001/x},
  keywords = {Randomized Controlled Trial}, publisher = {AMA}}
@article{b, author = {Lee, A}, title = {Slow breathing and a pulse}, year = 2020, journal = {Examples}}
@article{c, title = {Other words}, year = 2020, volume = 3, doi = {10.1234/lee.2020}}
@misc{d, title = {}, doi = {wrong}}
@article{open, title = {no end
"""


@pytest.mark.parametrize("javascript", [True, False], ids=["with script", "without"])
class TestImportingSources:
    def test_ends_in_a_citation(self, signed_in_page, javascript):
        framework = make_framework()
        person = browser_of("editor").person
        page = signed_in_page(person, "/admin/frameworks/source/", javascript=javascript)
        page.get_by_role("link", name="Import").click()
        file = {"name": "sources.bib", "mimeType": "application/x-bibtex", "buffer": SOURCES}
        page.get_by_label("File").set_input_files(file)
        page.get_by_role("button", name="Look at them").click()
        page.get_by_text("1 new · 1 perhaps there already · 1 in the bibliography already").wait_for()
        assert page.get_by_label("feder2014").is_checked()
        assert not page.get_by_label("lee2020b").is_checked()
        page.get_by_role("button", name="Store what is ticked").click()
        page.get_by_text("1 source stored: feder2014.").wait_for()
        assert Source.objects.filter(title="Efficacy of ketamine").get().key == "feder2014"
        page.goto(address(framework))
        page.locator("#part-claims").get_by_label("Source", exact=True).first.fill("feder2014")
        page.get_by_role("button", name="Save the draft").click()
        page.locator(".messagelist").wait_for()
        cited = read_draft(Framework.objects.get()).claims[0].citations
        assert [citation.source for citation in cited] == ["feder2014"]


class TestThePagesOfTheImport:
    def test_break_no_rule_of_axe_and_fit_on_a_telephone(self, signed_in_page):
        make_framework()
        person = browser_of("editor").person
        page = signed_in_page(person, "/admin/frameworks/source/import/", reduced_motion="reduce")
        serves_everybody(page, "import")
        page.get_by_label("Or its text").fill("Feder A. 2014.")
        page.get_by_role("button", name="Look at them").click()
        page.get_by_role("alert").wait_for()
        breaks_no_rule(page, "a refusal")
        page.get_by_label("Or its text").fill(SOURCES.decode())
        page.get_by_role("button", name="Look at them").click()
        page.get_by_role("heading", name="Not understood").wait_for()
        page.get_by_text("The text, to mend it here").click()
        serves_everybody(page, "dry run")
