"""What readers see of a framework's revisions: the list of them, and what differs between two."""

import pytest

from frameworks import known_documents
from frameworks.drafts import write_draft
from frameworks.models import SafetyNotice
from tests.factories import make_document, make_framework

pytestmark = pytest.mark.django_db


@pytest.fixture
def framework():
    """Box breathing in three revisions: a danger was added, then a word changed."""
    framework = make_framework(published=True)
    document = make_document()
    faint = document.warnings[0].model_copy(update={"key": "cold", "text": "Never in cold water."})
    document = document.model_copy(update={"warnings": (*document.warnings, faint)})
    write_draft(framework, document)
    framework.publish(by=None, kind="safety", note="Cold water was added.")
    item = document.checklist[0].model_copy(update={"text": "I have a steady chair"})
    write_draft(framework, document.model_copy(update={"checklist": (item, *document.checklist[1:])}))
    framework.publish(by=None, kind="editorial", note="")
    return framework


class TestTheRevisionsOfAFramework:
    address = "/frameworks/box-breathing/revisions/"

    def test_are_listed_latest_first_each_with_its_kind_and_note(self, client, framework):
        page = client.get(self.address).content.decode()
        places = [page.index(f"Revision {number}</a>") for number in (3, 2, 1)]
        assert places == sorted(places)
        assert "Cold water was added." in page
        assert page.index("Safety</span>") < places[1]

    def test_lead_to_what_changed_in_each_but_the_first(self, client, framework):
        page = client.get(self.address).content.decode()
        assert f"{self.address}1...2/" in page
        assert f"{self.address}2...3/" in page
        assert f"{self.address}0...1/" not in page

    def test_lead_to_what_differs_between_any_two(self, client, framework):
        page = client.get(self.address).content.decode()
        for name in ("old", "new"):
            assert f'<select name="{name}"' in page
        assert page.count('<option value="1" selected>') == 1
        for old, new in ((1, 3), (3, 1), (2, 2)):
            answer = client.get(self.address, {"old": old, "new": new})
            assert (answer.status_code, answer.url) == (302, f"{self.address}{old}...{new}/")

    def test_say_so_where_one_of_two_is_not_there(self, client, framework):
        for chosen in ({"old": "1", "new": "9"}, {"old": "1"}, {"new": ""}, {"old": "x", "new": "1"}):
            answer = client.get(self.address, chosen)
            assert answer.status_code == 404, chosen
            page = answer.content.decode()
            assert "Nothing was compared: there is no such revision." in page
            assert "Revision 3</a>" in page

    def test_offer_a_choice_of_two_where_it_is_one(self, client):
        framework = make_framework(published=True)
        for more in range(2):
            assert "<select" not in client.get(self.address).content.decode()
            write_draft(framework, make_document(title=f"Breathing, {more}"))
            framework.publish(by=None, kind="editorial", note="")
        assert "<select" in client.get(self.address).content.decode()

    def test_show_what_is_live_over_all_of_them(self, client, framework):
        SafetyNotice.objects.create(framework=framework, level="danger", text="Two people fainted.")
        framework.withdraw(reason="A better one is there.")
        for address in (self.address, f"{self.address}1...3/"):
            page = client.get(address).content.decode()
            assert "Two people fainted." in page
            assert "A better one is there." in page

    def test_take_two_statements_however_many_there_are(self, client, framework, django_assert_num_queries):
        known_documents.forget()
        with django_assert_num_queries(2):
            client.get(self.address)

    def test_are_not_there_for_what_was_never_published(self, client):
        make_framework(slug="draft")
        assert client.get("/frameworks/draft/revisions/").status_code == 404
        assert client.get("/frameworks/none/revisions/").status_code == 404

    def test_are_found_from_the_frameworks_page(self, client, framework):
        assert f'href="{self.address}"' in client.get("/frameworks/box-breathing/").content.decode()

    def test_are_for_reading_only(self, client, framework):
        assert client.post(self.address).status_code == 405


class TestAComparison:
    def compare(self, client, numbers):
        return client.get(f"/frameworks/box-breathing/revisions/{numbers}/")

    def test_tells_warnings_first(self, client, framework):
        page = self.compare(client, "1...3").content.decode()
        assert page.index("Never in cold water.") < page.index("steady")

    def test_marks_the_words_that_came_and_those_that_went(self, client, framework):
        forwards = self.compare(client, "2...3").content.decode()
        backwards = self.compare(client, "3...2").content.decode()
        assert "steady" in forwards[forwards.index("<ins>") : forwards.index("</ins>")]
        assert "<del>" not in forwards
        assert "steady" in backwards[backwards.index("<del>") : backwards.index("</del>")]

    def test_of_a_revision_with_itself_says_that_nothing_differs(self, client, framework):
        assert "Nothing that a reader sees differs" in self.compare(client, "2...2").content.decode()

    def test_is_not_there_where_one_of_both_is_not(self, client, framework):
        assert self.compare(client, "1...4").status_code == 404
        assert self.compare(client, "0...1").status_code == 404

    def test_takes_three_statements_cold_and_warm(self, client, framework, django_assert_num_queries):
        for forget in (True, False):
            if forget:
                known_documents.forget()
            with django_assert_num_queries(3):
                self.compare(client, "1...3")

    def test_is_asked_for_each_time_and_kept_from_search_engines(self, client, framework):
        response = self.compare(client, "1...2")
        assert response.headers["Cache-Control"] == "public, no-cache"
        assert "noindex" in response.content.decode()
        assert not response.cookies

    def test_of_two_older_ones_shows_the_dangers_that_came_later_in_full_and_first(self, client, framework):
        document = make_document()
        fire = document.warnings[0].model_copy(update={"key": "fire", "text": "Never beside an open fire."})
        write_draft(framework, document.model_copy(update={"warnings": (*document.warnings, fire)}))
        framework.publish(by=None, kind="safety")
        page = self.compare(client, "1...2").content.decode()
        assert 0 < page.index("Never beside an open fire.") < page.index("Never in cold water.")
