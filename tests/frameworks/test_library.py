"""The library's list: its facets, its orders, its pages and what it says when there is nothing."""

import gzip
import itertools
import re
from html import unescape

import pytest

from frameworks.library import PAGE_SIZE, SORTS, Selection, browse
from frameworks.models import Listing
from tests.factories import make_category, make_framework
from tests.frameworks.listed import fits, list_many, parameters_of, slugs, text_of

pytestmark = pytest.mark.django_db

SORT_KEYS = {
    "recent": lambda row: (-row.published_at.timestamp(), -row.framework_id),
    "evidence": lambda row: (row.certainty_rank, row.sort_title, row.framework_id),
    "quickest": lambda row: (row.time_rank, row.sort_title, row.framework_id),
    "title": lambda row: (row.sort_title, row.framework_id),
}
#: Selections that leave everything, most, some, few and nothing of 45: both ways of reading a page are walked.
NARROWED = {
    "everything": {},
    "one facet": {"supervision": ("self-guided",)},
    "two words of a facet": {"certainty": ("high", "moderate")},
    "most": {"certainty": ("high", "moderate", "low", "not-graded")},
    "two facets": {"category": ("sleep",), "time": ("minutes", "weeks", "not-stated")},
    "all four": {
        "category": ("sleep", "stress"),
        "time": ("minutes", "days", "weeks"),
        "supervision": ("self-guided", "ask-first"),
        "certainty": ("low", "very-low", "not-graded"),
    },
    "nothing": {
        "category": ("sleep",),
        "time": ("minutes",),
        "supervision": ("ask-first",),
        "certainty": ("high",),
    },
}


@pytest.fixture
def rows():
    list_many(45)
    return list(Listing.objects.select_related("category"))


class TestPages:
    @pytest.mark.parametrize(("sort", "narrowed"), [*itertools.product(SORTS, NARROWED)])
    def test_forwards_and_backwards_lose_and_repeat_nothing(self, rows, sort, narrowed):
        selection = Selection(sort=sort, **NARROWED[narrowed])
        expected = [row.slug for row in sorted(rows, key=SORT_KEYS[sort]) if fits(row, selection)]
        pages = [browse(selection)]
        while pages[-1].has_next:
            after = pages[-1].entries[-1].slug
            pages.append(browse(Selection(sort=sort, after=after, **NARROWED[narrowed])))
        assert [slug for page in pages for slug in slugs(page)] == expected
        assert all(len(page.entries) == PAGE_SIZE for page in pages[:-1])
        assert [page.has_previous for page in pages] == [n > 0 for n in range(len(pages))]
        assert {page.total for page in pages} == {len(expected)}

        back = pages[-1:]
        while back[-1].has_previous:
            before = back[-1].entries[0].slug
            back.append(browse(Selection(sort=sort, before=before, **NARROWED[narrowed])))
        assert [slugs(page) for page in reversed(back)] == [slugs(page) for page in pages]
        assert [page.has_next for page in back] == [n > 0 for n in range(len(back))]

    def test_are_reached_by_links_that_keep_everything_else(self, rows, client):
        page = client.get(
            "/", {"certainty": ["high", "moderate", "low", "not-graded"], "sort": "title"}
        ).content.decode()
        link = unescape(re.search(r'href="([^"]*)" rel="next"', page)[1])
        chosen = {"certainty": ["high", "moderate", "low", "not-graded"], "sort": ["title"]}
        ahead = [row.slug for row in sorted(rows, key=SORT_KEYS["title"]) if row.certainty != "very-low"]
        assert parameters_of(link) == {**chosen, "after": [ahead[PAGE_SIZE - 1]]}
        following = client.get(link).content.decode()
        assert 'rel="prev"' in following

    @pytest.mark.parametrize("edge", ["after", "before"])
    @pytest.mark.parametrize("slug", ["gone", "NO SLUG", "../etc", "x" * 500])
    def test_whose_place_is_gone_begin_anew(self, rows, client, edge, slug):
        response = client.get("/", {edge: slug, "sort": "title"})
        assert response.status_code == 200
        assert slugs(browse(Selection(sort="title")))[0] in response.content.decode()

    def test_say_that_their_place_is_gone(self, rows, client):
        assert "The list has changed" in text_of(client.get("/", {"after": "gone"}))

    def test_say_where_they_stand_as_far_as_that_is_known(self, rows, client):
        first = client.get("/")
        second = client.get(unescape(re.search(r'href="([^"]*)" rel="next"', first.content.decode())[1]))
        third = client.get(unescape(re.search(r'href="([^"]*)" rel="next"', second.content.decode())[1]))
        assert "45 frameworks · the first 20 shown" in text_of(first)
        assert "45 frameworks · 20 shown" in text_of(second)
        assert "45 frameworks · the last 5 shown" in text_of(third)


class TestFacets:
    @pytest.mark.parametrize("narrowed", NARROWED)
    def test_count_what_each_option_would_leave_the_other_facets_being_as_they_are(self, rows, narrowed):
        selection = Selection(**NARROWED[narrowed])
        results = browse(selection)
        for name, options in results.options:
            for option in options:
                alone = Selection(**{**NARROWED[narrowed], name: (option.value,)})
                assert option.count == sum(fits(row, alone) for row in rows), (name, option.value)

    def test_offer_only_what_some_framework_has(self):
        make_category("empty")
        make_framework(published=True)
        offered = {
            name: [option.value for option in options] for name, options in browse(Selection()).options
        }
        assert offered == {
            "category": ["stress"],
            "time": ["minutes"],
            "supervision": ["self-guided"],
            "certainty": ["not-graded"],
        }

    def test_that_are_chosen_stay_on_offer_where_nothing_has_them(self):
        make_framework(published=True)
        results = browse(Selection(time=("years",)))
        assert [option.value for _facet, option in results.filters] == ["years"]
        assert not results.entries

    def test_are_each_taken_away_by_a_link_that_keeps_the_rest(self, rows):
        results = browse(Selection(category=("sleep",), certainty=("high", "low"), sort="title"))
        links = {option.value: parameters_of(option.without) for _facet, option in results.filters}
        assert links == {
            "sleep": {"certainty": ["high", "low"], "sort": ["title"]},
            "high": {"category": ["sleep"], "certainty": ["low"], "sort": ["title"]},
            "low": {"category": ["sleep"], "certainty": ["high"], "sort": ["title"]},
        }

    def test_order_and_search_survive_in_each_of_the_three_forms(self, rows, client):
        page = client.get("/", {"q": "breathe", "category": "sleep", "sort": "title"}).content.decode()
        search, facets, sort = re.findall(r"<form.*?</form>", page, re.DOTALL)
        hidden = [
            set(re.findall(r'type="hidden" name="(\w+)" value="([\w-]+)"', form))
            for form in (search, facets, sort)
        ]
        assert hidden == [
            {("category", "sleep"), ("sort", "title")},
            {("q", "breathe"), ("sort", "title")},
            {("q", "breathe"), ("category", "sleep")},
        ]

    def test_never_show_a_draft_or_what_was_withdrawn(self, client):
        make_framework(slug="draft")
        make_framework(slug="gone", published=True).withdraw(reason="Harm.")
        page = client.get("/")
        assert "The shelves are still empty" in text_of(page)
        assert "/frameworks/draft/" not in page.content.decode()
        assert "/frameworks/gone/" not in page.content.decode()


class TestAnAddressThatIsNotUnderstood:
    @pytest.mark.parametrize(
        "query",
        [
            "category=nowhere",
            "category=%3Cscript%3E",
            "category=%27%20OR%201%3D1--",
            "time=centuries",
            "supervision=alone",
            "certainty=grade-a",
            "sort=random",
            "sort=published_at%3BDROP%20TABLE",
            "category=%ff%fe&time=%f0%9f%98%80",
            "&".join(f"category=c{n}" for n in range(500)),
        ],
    )
    def test_leaves_out_what_is_wrong_and_says_so(self, rows, client, query):
        response = client.get(f"/?{query}")
        assert response.status_code == 200
        assert "45 frameworks" in text_of(response)
        assert "It was left out." in text_of(response)
        assert b"<script" not in response.content

    def test_keeps_what_is_right_beside_it(self, rows, client):
        response = client.get("/?category=sleep&category=nowhere&certainty=high")
        assert (
            f"{sum(fits(row, Selection(category=('sleep',), certainty=('high',))) for row in rows)} frameworks"
            in (text_of(response))
        )

    @pytest.mark.parametrize(
        "query", ["category=", "sort=&after=&before=&q=", "unknown=1", "time=minutes&time=minutes"]
    )
    def test_is_not_one_that_holds_nothing_or_something_of_somebody_elses(self, rows, client, query):
        assert "It was left out." not in text_of(client.get(f"/?{query}"))

    def test_of_a_thousand_parameters_and_more_is_refused_calmly(self, client):
        assert client.get("/?" + "&".join(["category=x"] * 2000)).status_code == 400


class TestWhereThereIsNothing:
    def test_an_empty_library_says_how_it_is_filled(self, client):
        page = text_of(client.get("/"))
        assert "The shelves are still empty" in page
        assert "manage.py load_library content/" in page

    def test_filters_that_fit_nothing_together_are_opened_one_by_one_with_what_that_leaves(self):
        make_framework(slug="one", published=True, category="sleep", supervision="self-guided")
        make_framework(slug="two", published=True, category="stress", supervision="ask-first")
        results = browse(Selection(category=("sleep",), supervision=("ask-first",), sort="title"))
        assert [(opening.count, parameters_of(opening.address)) for opening in results.openings] == [
            (1, {"supervision": ["ask-first"], "sort": ["title"]}),
            (1, {"category": ["sleep"], "sort": ["title"]}),
        ]

    def test_filters_that_no_one_opening_helps_are_dropped_together(self, client):
        make_framework(published=True)
        page = text_of(client.get("/?time=years&supervision=ask-first"))
        assert "No framework fits all of these filters" in page
        assert "Show the one without filters" in page


class TestThePage:
    def test_shows_of_each_framework_what_a_reader_chooses_by(self, client):
        make_framework(published=True)
        page = text_of(client.get("/"))
        for words in ("Box breathing", "Stress", "Minutes to result", "Self-guided", "Certainty not graded"):
            assert words in page
        assert "1 of 1 claim traced" in page
        assert "contradicted" not in page

    def test_shows_how_many_claims_are_contradicted_beside_how_many_are_traced(self, client):
        citations = [{"source": "lee2020", "stance": stance} for stance in ("supports", "disputes")]
        make_framework(published=True, claims=[{"key": "calms", "text": "It calms.", "citations": citations}])
        assert "1 claim contradicted" in text_of(client.get("/"))
        assert "1 of 1 claim traced · 1 contradicted" in text_of(client.get("/frameworks/box-breathing/"))

    def test_has_its_headings_in_order_and_the_count_as_a_heading(self, client):
        make_framework(published=True)
        headings = re.findall(r"<h(\d)[^>]*>(.*?)</h\1>", client.get("/").content.decode(), re.DOTALL)
        assert [level for level, _text in headings] == ["1", "2", "3"]
        assert "1 framework" in headings[1][1]

    def test_escapes_what_a_document_says(self, client):
        make_framework(
            published=True, title="<script>alert(1)</script>", tagline='"><img src=x onerror=alert(1)>'
        )
        page = client.get("/").content.decode()
        assert "<script" not in page
        assert "<img" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page

    @pytest.mark.parametrize(
        ("query", "is_indexed"),
        [
            ("", True),
            ("?after=listed-3", True),
            ("?q=sleep", False),
            ("?category=sleep", False),
            ("?sort=title", False),
        ],
    )
    def test_is_indexed_as_it_stands_and_not_in_each_of_its_cuts(self, rows, client, query, is_indexed):
        assert ('content="noindex"' not in client.get(f"/{query}").content.decode()) == is_indexed


class TestTheAnswer:
    def test_may_be_kept_but_is_asked_for_each_time_and_tells_nobody_apart(self, rows, client):
        response = client.get("/")
        assert response.headers["Cache-Control"] == "public, no-cache"
        assert "Cookie" in response.headers["Vary"]
        assert not response.cookies
        assert "csrfmiddlewaretoken" not in response.content.decode()

    def test_is_304_until_something_is_published(self, client):
        make_framework(published=True)
        etag = client.get("/").headers["ETag"]
        assert client.get("/", headers={"If-None-Match": etag}).status_code == 304
        make_framework(published=True, tagline="Five slow counts")
        response = client.get("/", headers={"If-None-Match": etag})
        assert response.status_code == 200
        assert "Five slow counts" in text_of(response)

    def test_is_compressed_for_those_who_can_read_that(self, rows, client):
        plain, zipped = client.get("/"), client.get("/", headers={"Accept-Encoding": "gzip"})
        assert gzip.decompress(zipped.content) == plain.content
        assert "Accept-Encoding" in zipped.headers["Vary"]

    def test_is_given_to_get_and_head_alone(self, client):
        assert client.head("/").status_code == 200
        assert client.post("/").status_code == 405


@pytest.mark.parametrize("size", [10, 1000])
class TestStatements:
    def test_are_two_for_any_page_of_the_list_at_any_size(self, size, client, django_assert_num_queries):
        list_many(size)
        for query in (
            "",
            "?sort=title",
            "?sort=evidence&category=sleep",
            "?after=listed-5&supervision=self-guided",
        ):
            with django_assert_num_queries(2):
                assert client.get(f"/{query}").status_code == 200

    def test_are_three_where_the_place_in_the_list_is_gone(self, size, client, django_assert_num_queries):
        list_many(size)
        with django_assert_num_queries(3):
            client.get("/?after=gone")
