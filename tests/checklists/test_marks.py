"""The marks of claims about items and warnings: wherever these stand, they lead to the claims with their sources."""

import pytest

from frameworks import bibliography
from frameworks.drafts import write_draft
from frameworks.models import Source, SourceUpdate
from tests.factories import make_checklist, make_document, make_framework, make_source

pytestmark = pytest.mark.django_db

PAGE = "/frameworks/box-breathing/"
CLAIMS = [
    {
        "key": "chairs",
        "text": "A chair helps.",
        "about": ["chair", "dizzy", "no-driving"],
        "citations": [{"source": "lee2020", "stance": "supports"}],
    },
    {"key": "own", "text": "Any chair will do.", "about": ["chair"]},
]


def mark(ledger, key, words):
    return f'<a class="cite" href="{ledger}#{key}"><span class="hush">Claim </span>{words}</a>'


def at(page, id):
    """The element of the page that has this id, as far as the end of its list item."""
    return page[page.index(f'id="{id}"') :].partition("</li>")[0]


@pytest.fixture
def framework():
    return make_framework(make_document(claims=CLAIMS), published=True)


@pytest.fixture
def checklist(reader, framework):
    return make_checklist(reader, framework=framework)


class TestAMarkStandsAtItsItem:
    def test_on_the_page_of_the_framework(self, client, framework):
        item = at(client.get(PAGE).text, "chair")
        assert mark("", "chairs", "1") in item
        assert mark("", "own", "2 no source") in item

    @pytest.mark.parametrize("page", ["framework", "checklist"])
    def test_in_a_readers_checklist(self, browser, checklist, page):
        page = browser.get(PAGE if page == "framework" else checklist.get_absolute_url()).text
        assert mark(PAGE, "chairs", "1") in at(page, "chair")
        assert mark(PAGE, "own", "2 no source") in at(page, "chair")
        assert 'class="cite"' not in at(page, "four-rounds")

    def test_in_the_answer_to_a_script(self, browser, checklist):
        address = f"{checklist.get_absolute_url()}items/chair/"
        saved = browser.post(address, {"state": "done"}, headers={"HX-Request": "true"}).text
        assert mark(PAGE, "chairs", "1") in saved

    def test_of_a_framework_of_which_a_clinician_chose_other_items(self, reader, browser, framework):
        make_checklist(reader, framework=framework, item_keys=["four-rounds"])
        assert mark("", "chairs", "1") in at(browser.get(PAGE).text, "chair")

    def test_and_says_at_once_that_its_source_was_retracted(self, client, browser, checklist):
        SourceUpdate.objects.create(
            source=Source.objects.get(key="lee2020"), type="retraction", date="2026-05-04"
        )
        assert mark("", "chairs", "1 no source") in at(client.get(PAGE).text, "chair")
        page = browser.get(checklist.get_absolute_url()).text
        assert mark(PAGE, "chairs", "1 no source") in at(page, "chair")

    def test_and_leads_to_the_claims_of_its_own_revision(self, browser, framework, checklist):
        write_draft(framework, make_document(title="Again", claims=[]))
        framework.publish(by=None, kind="editorial")
        revision = f"{PAGE}revisions/1/"
        assert mark(revision, "chairs", "1") in at(browser.get(checklist.get_absolute_url()).text, "chair")
        assert 'id="chairs"' in browser.get(revision).text

    def test_and_at_the_warnings_of_a_checklists_page(self, browser, checklist):
        page = browser.get(checklist.get_absolute_url()).text
        assert mark(PAGE, "chairs", "1") in page[page.index("You may faint.") :].partition("</li>")[0]
        assert mark(PAGE, "chairs", "1") in at(page, "no-driving").partition("</div>")[0]


class TestADangerThatCameLater:
    @pytest.fixture
    def framework(self, framework):
        """On revision 3: a danger came in the second, with a claim about it that another source supports."""
        faint = {"key": "cold", "level": "danger", "text": "Never in cold water."}
        cold = {"key": "colds", "text": "Cold harms.", "about": ["cold"]}
        cold["citations"] = [{"source": "roe2021", "stance": "supports"}]
        warnings = [*make_document().warnings, faint]
        bibliography.save([make_source("roe2021")])
        for title in ("Again", "And again"):
            write_draft(framework, make_document(title=title, warnings=warnings, claims=[*CLAIMS, cold]))
            framework.publish(by=None, kind="safety")
        return framework

    @pytest.mark.parametrize("page", ["revisions/1/", "revisions/1/share/"])
    def test_is_marked_with_the_claims_of_the_current_revision(self, client, framework, page):
        later = client.get(PAGE + page).text
        later = later[later.index("Never in cold water.") :].partition("</li>")[0]
        assert mark(PAGE, "colds", "3") in later
        assert 'id="colds"' in client.get(PAGE).text

    def test_is_marked_in_a_comparison_of_older_revisions(self, client, framework):
        page = client.get(f"{PAGE}revisions/1...1/").text
        assert mark(PAGE, "colds", "3") in page[page.index("Never in cold water.") :].partition("</li>")[0]

    def test_is_said_to_have_no_source_where_that_was_retracted(self, client, framework):
        SourceUpdate.objects.create(
            source=Source.objects.get(key="roe2021"), type="retraction", date="2026-05-04"
        )
        page = client.get(f"{PAGE}revisions/1/").text
        assert mark(PAGE, "colds", "3 no source") in page
        assert "A source of this page" not in page, "it is none of this revision"
