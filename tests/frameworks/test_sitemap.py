"""The sitemap: what search engines are to find."""

from xml.etree import ElementTree

import pytest

from frameworks import sitemaps
from frameworks.models import Framework, Listing
from tests.factories import make_document, make_framework, make_source

pytestmark = pytest.mark.django_db

SITE = "https://tracework.example"
SPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture(autouse=True)
def one_page_each(monkeypatch):
    """However high the ids are that the database gives in this run."""
    for section in (sitemaps.Frameworks, sitemaps.Sources):
        monkeypatch.setattr(section, "size", 10**9)


def found(client, address="/sitemap.xml"):
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/xml"
    return [place.text for place in ElementTree.fromstring(answer.content).iter(f"{SPACE}loc")]


def everything(client):
    """What the whole sitemap lists, section by section and page by page."""
    return [place for section in found(client) for place in found(client, section.removeprefix(SITE))]


class TestTheSitemap:
    def test_lists_live_frameworks_with_the_day_of_their_revision(self, client):
        make_framework(published=True)
        make_framework(slug="draft")
        make_framework(slug="gone", published=True).withdraw(reason="Harm.")
        day = Listing.objects.get().published_at.date().isoformat()
        assert found(client, "/sitemap-frameworks.xml") == [f"{SITE}/frameworks/box-breathing/"]
        assert f"<lastmod>{day}</lastmod>" in client.get("/sitemap-frameworks.xml").text

    def test_lists_the_sources_that_live_frameworks_cite_or_draw_on(self, client):
        beneath = make_source("beneath2001")
        cited = make_source("cited2002", draws_on=["beneath2001"])
        citations = [{"source": "cited2002", "stance": "background"}]
        document = make_document(sources=[beneath, cited], claims=[], citations=citations)
        make_framework(document, published=True)
        only = [{"source": "withdrawn2003", "stance": "background"}]
        make_framework(slug="gone", claims=[], citations=only, published=True).withdraw(reason="Harm.")
        draft = [{"source": "draft2004", "stance": "background"}]
        make_framework(slug="draft", claims=[], citations=draft)
        assert set(found(client, "/sitemap-sources.xml")) == {
            f"{SITE}/sources/beneath2001/",
            f"{SITE}/sources/cited2002/",
        }

    def test_lists_pages_about_the_site(self, client):
        assert f"{SITE}/" in found(client, "/sitemap-pages.xml")
        assert f"{SITE}/accessibility/" in found(client, "/sitemap-pages.xml")

    def test_lists_nothing_that_is_not_there_or_not_to_be_indexed(self, client):
        make_framework(published=True)
        places = everything(client)
        assert len(places) == len(set(places)) == 8
        for place in places:
            page = client.get(place.removeprefix(SITE))
            assert page.status_code == 200
            assert "noindex" not in page.text

    def test_names_its_own_address_whatever_the_request_says(self, client):
        make_framework(published=True)
        for address in ("/sitemap.xml", "/sitemap-frameworks.xml"):
            assert "localhost" not in client.get(address, headers={"host": "localhost"}).text

    def test_of_an_empty_library_has_pages_alone(self, client):
        assert found(client) == [f"{SITE}/sitemap-pages.xml"]


class TestItsPages:
    @pytest.fixture(autouse=True)
    def four_frameworks(self, one_page_each, monkeypatch):
        """The first page ends before the second of them."""
        made = [make_framework(slug=f"framework-{number}", published=True) for number in range(4)]
        monkeypatch.setattr(sitemaps.Frameworks, "size", made[1].pk)

    def number_of(self, framework):
        return framework.pk // sitemaps.Frameworks.size + 1

    def test_hold_every_framework_once(self, client):
        frameworks = [place for place in everything(client) if "/frameworks/" in place]
        assert sorted(frameworks) == [f"{SITE}/frameworks/framework-{number}/" for number in range(4)]

    def test_are_listed_up_to_the_last(self, client):
        last = self.number_of(Framework.objects.latest("pk"))
        listed = [place for place in found(client) if "-frameworks.xml" in place]
        assert len(listed) == last > 1
        assert listed[-1] == f"{SITE}/sitemap-frameworks.xml?p={last}"

    def test_stay_as_they_are_when_one_is_withdrawn(self, client):
        first, second = Framework.objects.order_by("pk")[:2]
        page = f"/sitemap-frameworks.xml?p={self.number_of(second)}"
        before = found(client, page)
        first.withdraw(reason="Harm.")
        assert found(client, page) == before != []

    def test_that_lost_all_they_had_are_empty_and_there(self, client):
        first = Framework.objects.order_by("pk").first()
        page = f"/sitemap-frameworks.xml?p={self.number_of(first)}"
        assert found(client, page) != []
        first.withdraw(reason="Harm.")
        assert found(client, page) == []

    @pytest.mark.parametrize("page", ["0", "-1", "9999999", "9" * 30, "9" * 5000, "two", ""])
    def test_that_are_not_there_are_not_found(self, client, page):
        assert client.get("/sitemap-frameworks.xml", {"p": page}).status_code == 404

    def test_take_one_statement_each_and_the_index_two(self, client, django_assert_num_queries):
        page = self.number_of(Framework.objects.latest("pk"))
        for address in (f"/sitemap-frameworks.xml?p={page}", "/sitemap-sources.xml"):
            with django_assert_num_queries(1):
                client.get(address)
        with django_assert_num_queries(0):
            client.get("/sitemap-pages.xml")
        with django_assert_num_queries(2) as asked:
            client.get("/sitemap.xml")
        assert not any("COUNT" in one["sql"] for one in asked)


class TestWhoMayAndHow:
    ADDRESSES = ["/sitemap.xml", "/sitemap-pages.xml", "/sitemap-frameworks.xml", "/sitemap-sources.xml"]

    @pytest.fixture(autouse=True)
    def framework(self):
        return make_framework(published=True)

    @pytest.mark.parametrize("address", ADDRESSES)
    def test_caches_keep_it_for_an_hour(self, client, address):
        answer = client.get(address)
        assert answer.headers["Cache-Control"] == "public, max-age=3600"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        known = {"if-none-match": answer.headers["ETag"]}
        assert client.get(address, headers=known).status_code == 304

    @pytest.mark.parametrize("address", ADDRESSES)
    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
    def test_it_is_only_read(self, client, address, method):
        assert getattr(client, method)(address).status_code == 405
        assert client.head(address).status_code == 200

    def test_an_unknown_section_is_not_found(self, client):
        assert client.get("/sitemap-handouts.xml").status_code == 404
