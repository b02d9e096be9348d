"""The search: what it finds, in which order, how it shows where, and how calmly it takes anything."""

import re
from html import unescape
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from frameworks.library import SORTS, Selection
from frameworks.models import Listing
from frameworks.prose import Prose
from frameworks.search import LONGEST_QUERY, MOST_RANKED, search
from tests.factories import make_framework
from tests.frameworks.listed import fits, list_many, parameters_of, slugs, text_of

pytestmark = pytest.mark.django_db


def found(q, **parameters):
    return slugs(search(Selection(q=q, **parameters)))


@pytest.fixture
def shelf():
    """Three frameworks that are easily told apart."""
    make_framework(
        slug="ketamine",
        published=True,
        title="Ketamine-assisted psychotherapy",
        tagline="For trauma that other treatments left behind",
        category="mental-health",
        supervision="professional-required",
        overview="An *infusion*, then talking therapy. Naïve expectations fade. Sleep may suffer.",
    )
    make_framework(
        slug="cbt-i",
        published=True,
        title="Habits against insomnia",
        tagline="What rebuilds sleep",
        category="sleep",
        supervision="ask-first",
        overview="Therapy by talking about the bed, and waking at one time.",
    )
    make_framework(slug="box-breathing", published=True)


@pytest.mark.usefixtures("shelf")
class TestWords:
    def test_are_found_wherever_they_stand_and_however_they_end(self):
        assert found("infusions") == ["ketamine"]
        assert found("KETAMINE") == ["ketamine"]
        assert set(found("Lee pulse")) == {"box-breathing", "ketamine", "cbt-i"}

    def test_are_all_looked_for_unless_or_stands_between_them(self):
        assert found("insomnia ketamine") == []
        assert set(found("insomnia or ketamine")) == {"cbt-i", "ketamine"}

    def test_are_found_with_accents_and_without(self):
        assert found("naive") == found("naïve") == found("NAÏVE") == ["ketamine"]

    def test_in_quotes_stand_side_by_side(self):
        assert set(found("talking therapy")) == {"ketamine", "cbt-i"}
        assert found('"talking therapy"') == ["ketamine"]

    def test_after_a_minus_are_left_out(self):
        assert set(found("therapy")) == {"ketamine", "cbt-i"}
        assert found("therapy -infusion") == ["cbt-i"]

    def test_in_title_or_tagline_come_before_any_mention(self):
        assert found("sleep") == ["cbt-i", "ketamine"]

    def test_are_no_longer_found_in_what_was_withdrawn(self):
        Listing.objects.get(slug="ketamine").framework.withdraw(reason="Harm.")
        assert found("infusion") == []


@pytest.mark.usefixtures("shelf")
class TestANearMiss:
    @pytest.mark.parametrize(
        ("typed", "instead", "slug"),
        [
            ("ketmaine", "ketamine", "ketamine"),
            ("Ketmaine", "ketamine", "ketamine"),
            ("insomina", "insomnia", "cbt-i"),
            ("ketmaine truama", "ketamine trauma", "ketamine"),
            ("ketmaine infusion", "ketamine infusion", "ketamine"),
            ("insomina -infusion", "insomnia -infusion", "cbt-i"),
            ("breahting", "breathing", "box-breathing"),
        ],
    )
    def test_finds_what_was_meant_and_says_so(self, client, typed, instead, slug):
        results = search(Selection(q=typed))
        assert (results.instead, slugs(results)[0]) == (instead, slug)
        assert f"Nothing has “ {typed} ”. Showing results for “ {instead} ”." in text_of(
            client.get("/", {"q": typed})
        )

    def test_leads_to_a_search_for_just_what_was_typed(self, client):
        results = search(Selection(q="ketmaine"))
        assert parameters_of(results.exactly) == {"q": ['"ketmaine"']}
        exact = search(Selection(q='"ketmaine"'))
        assert (exact.entries, exact.instead) == ((), "")

    def test_is_not_sought_where_every_word_is_known(self):
        results = search(Selection(q="insomnia ketamine"))
        assert (results.entries, results.instead) == ((), "")

    def test_leads_to_nothing_that_is_no_longer_there(self):
        Listing.objects.get(slug="ketamine").framework.withdraw(reason="Harm.")
        assert search(Selection(q="ketmaine")).instead == ""

    def test_of_nothing_at_all_gives_advice(self, client):
        page = text_of(client.get("/?q=xqzzwv"))
        assert "Nothing has “ xqzzwv ”" in page
        assert "Try fewer words" in page

    def test_keeps_the_filters_and_says_what_opening_them_finds(self, client):
        page = text_of(client.get("/?q=ketmaine&supervision=self-guided"))
        assert "Whatever the supervision · 1 framework" in page
        assert "Showing results for “ ketamine ”" in page


@pytest.mark.usefixtures("shelf")
class TestASnippet:
    def snippet(self, q):
        return search(Selection(q=q)).entries[0].snippet

    def test_shows_the_words_where_they_stand_marked(self):
        assert self.snippet("infusion") == (
            "An <mark>infusion</mark>, then talking therapy. Naïve expectations fade. Sleep may suffer."
        )

    def test_marks_accented_and_irregular_words_too(self):
        assert "<mark>Naïve</mark>" in self.snippet("naive")
        assert "<mark>waking</mark>" in self.snippet("wake")

    def test_says_where_it_was_cut(self):
        make_framework(slug="long", published=True, overview="before " * 60 + "quetzal" + " after" * 60)
        snippet = self.snippet("quetzal")
        assert snippet.startswith("… ")
        assert snippet.endswith(" …")
        assert len(snippet) < 400

    def test_prefers_the_passage_that_has_most_of_the_words(self):
        make_framework(
            slug="two",
            published=True,
            problem="A quetzal sings.",
            overview="The quetzal flies over the volcano.",
        )
        assert self.snippet("volcano quetzal") == (
            "The <mark>quetzal</mark> flies over the <mark>volcano</mark>."
        )

    def test_is_not_shown_where_the_words_stand_in_the_title_alone(self):
        (entry,) = search(Selection(q="habits insomnia")).entries
        assert entry.title == "<mark>Habits</mark> against <mark>insomnia</mark>"
        assert entry.snippet == ""

    @pytest.mark.parametrize(
        "text",
        [
            "<script>alert('quetzal')</script> quetzal",
            "a quetzal <img src=x onerror=alert(1)> & <b>bold</b>",
            "quetzal </mark><script>",
            "If efficiency <85 and quetzal >90 & more",
            "&lt;script&gt; quetzal",
        ],
    )
    def test_escapes_every_piece_and_leaves_out_none(self, client, text):
        make_framework(
            slug="hostile", published=True, title="Birds", tagline="", problem="None", overview=text
        )
        page = client.get("/?q=quetzal").content.decode()
        shown = re.search(r'<p class="snippet">(.*?)</p>', page, re.DOTALL)[1]
        assert "<script" not in page
        assert set(re.findall(r"<[^>]*>", shown)) == {"<mark>", "</mark>"}
        assert unescape(re.sub("</?mark>", "", shown)) == Prose(text).plain

    def test_cannot_be_forged_by_a_query(self, client):
        page = client.get("/", {"q": "infusion \x02<script>\x03"}).content.decode()
        assert "<script" not in page
        assert "\x02" not in page


class TestPagesOfHits:
    @pytest.mark.parametrize("sort", ["", "relevance", *SORTS])
    def test_forwards_and_backwards_lose_and_repeat_nothing(self, sort):
        rows = {row.slug for row in list_many(45)}
        page = search(Selection(q="breathe", sort=sort))
        pages = [page]
        while page.has_next:
            page = search(Selection(q="breathe", sort=sort, after=page.entries[-1].slug))
            pages.append(page)
        forwards = [slugs(page) for page in pages]
        assert sorted(slug for page in forwards for slug in page) == sorted(rows)
        assert [(page.first, page.last) for page in pages] == [(1, 20), (21, 40), (41, 45)]
        back = [page]
        while back[-1].has_previous:
            back.append(search(Selection(q="breathe", sort=sort, before=back[-1].entries[0].slug)))
        assert [slugs(page) for page in reversed(back)] == forwards

    def test_say_where_they_stand(self, client):
        list_many(25)
        assert "25 frameworks · 1 to 20 shown" in text_of(client.get("/?q=breathe"))

    @pytest.mark.parametrize("edge", ["after", "before"])
    def test_whose_place_is_gone_begin_anew(self, edge):
        list_many(25)
        results = search(Selection(q="breathe", **{edge: "gone"}))
        assert (results.first, results.begins_anew) == (1, True)

    def test_link_on_with_words_filters_and_order(self):
        list_many(50)
        results = search(Selection(q="breathe", category=("sleep",), sort="title"))
        assert parameters_of(results.next) == {
            "q": ["breathe"],
            "category": ["sleep"],
            "sort": ["title"],
            "after": [results.entries[-1].slug],
        }


class TestFacetsOfHits:
    def test_narrow_and_count_what_was_found(self):
        list_many(45)
        make_framework(slug="other", published=True, title="Other", supervision="self-guided")
        rows = list(Listing.objects.select_related("category").filter(slug__startswith="listed-"))
        chosen = {"category": ("sleep",), "certainty": ("high", "not-graded")}
        results = search(Selection(q="number", **chosen))
        assert results.total == sum(fits(row, Selection(**chosen)) for row in rows)
        for name, options in results.options:
            for option in options:
                alone = Selection(**{**chosen, name: (option.value,)})
                assert option.count == sum(fits(row, alone) for row in rows), (name, option.value)

    def test_that_leave_nothing_say_what_the_words_alone_find(self, client):
        make_framework(slug="one", published=True, category="sleep")
        make_framework(slug="two", published=True, title="Other", overview="Zebra", category="stress")
        page = text_of(client.get("/?q=zebra&category=sleep"))
        assert "Nothing that has “ zebra ” fits these filters" in page
        assert "In any category · 1 framework" in page


class TestMoreThanCanBeRanked:
    @pytest.fixture(autouse=True)
    def many(self):
        list_many(MOST_RANKED + 20)

    def test_is_said_and_not_counted(self, client):
        results = search(Selection(q="breathe"))
        assert results.total is None
        assert {option.count for _name, options in results.options for option in options} == {None}
        page = text_of(client.get("/?q=breathe"))
        assert "More than 400 frameworks · 1 to 20 shown" in page
        assert "only 400 of them are listed" in page

    def test_can_all_be_paged_and_no_more(self):
        shown, page = [], search(Selection(q="breathe"))
        while True:
            shown += slugs(page)
            if not page.has_next:
                break
            page = search(Selection(q="breathe", after=page.entries[-1].slug))
        assert len(shown) == len(set(shown)) == MOST_RANKED

    def test_narrowed_finds_every_match_and_counts_them_exactly(self):
        rows = list(Listing.objects.select_related("category"))
        chosen = Selection(certainty=("high",), supervision=("self-guided",))
        results = search(Selection(q="breathe", certainty=("high",), supervision=("self-guided",)))
        assert results.total == sum(fits(row, chosen) for row in rows)

    def test_still_finds_what_names_the_word_first(self):
        make_framework(slug="named", published=True, title="To breathe well")
        assert found("breathe")[0] == "named"


class TestWhatNamesNothing:
    @pytest.mark.parametrize(
        "q", ["-sleep", "-sleep -breathing", "the", "of the and", ":*&|!<->", "-", '""', "...", "😀"]
    )
    def test_is_answered_with_advice(self, client, q):
        make_framework(published=True)
        response = client.get("/", {"q": q})
        assert response.status_code == 200
        page = text_of(response)
        assert "names nothing to look for" in page or "Nothing has" in page
        assert Selection(q=q).q in page

    @pytest.mark.parametrize("q", ["", "   ", "\t", "\x01\x02", "\u202e"])
    def test_of_blanks_alone_is_the_library_itself(self, client, q):
        make_framework(published=True)
        page = client.get("/", {"q": q})
        assert "1 framework" in text_of(page)
        assert "noindex" not in page.content.decode()


class TestALongSearch:
    def test_is_kept_as_typed_and_its_length_said(self, client):
        typed = "sleep " * 60
        response = client.get("/", {"q": typed})
        assert response.status_code == 200
        assert "This search has 359 characters. Shorten it to 200" in text_of(response)
        assert f'value="{typed}"' in response.content.decode()

    def test_of_just_the_length_is_made(self, client):
        make_framework(published=True)
        assert "Shorten" not in text_of(
            client.get("/", {"q": ("breathing " * 20).ljust(LONGEST_QUERY, "g")[:LONGEST_QUERY]})
        )


HOSTILE = {
    "operators": ":*&|!<->",
    "open quote": '"sleep',
    "many quotes": '"' * 100,
    "many minuses": "- " * 90,
    "minuses in a row": "-" * 150 + "sleep",
    "minuses among signs": "-.-(-!-'" * 20,
    "minuses before quotes": '-" -" ' * 30,
    "minuses and empty quotes": '-""' * 60,
    "alternatives of nothing": "or - " * 40,
    "parentheses": "((((((((((",
    "weights": "sleep:A & breath:*",
    "or alone": "or OR or",
    "backslashes": "\\\\\\'\\'",
    "SQL": "'; DROP TABLE frameworks_listing; --",
    "placeholders": "%s %(q)s %% {0} {q}",
    "LIKE": "%_%",
    "HTML": "<script>alert(1)</script>",
    "attribute": '"><svg onload=alert(1)>',
    "template": "{{ 7|add:7 }} {% debug %}",
    "right to left": "\u202egnihtaerb \u05d0\u05d1\u05d2",
    "emoji": "👩‍🚀🔥",
    "surrogate look-alike": "\ufffd\ufffe\uffff",
    "combining": "e" + "\u0301" * 150,
    "one long word": "a" * 200,
    "too long": "a" * 10_000,
    "private use": "\ue000\U000f0000",
    "regular expression": "(a+)+$ [[:alpha:]] \\m",
    "line breaks": "sleep\r\nSet-Cookie: x=1",
    "address": "http://example.org/?a=b&c=d#e",
}


class TestHostileQueries:
    @pytest.mark.parametrize("name", HOSTILE)
    def test_are_answered_calmly(self, client, name):
        make_framework(published=True)
        response = client.get("/", {"q": HOSTILE[name]})
        assert response.status_code == 200
        page = response.content.decode()
        assert "<script" not in page
        assert "<svg onload" not in page
        assert response.headers["Cache-Control"] == "public, no-cache"
        assert Listing.objects.count() == 1

    @pytest.mark.parametrize("query", ["q=%00", "q=sleep%00", "sort=%00", "after=%00"])
    def test_with_nul_are_refused_with_a_page_of_ours(self, client, query):
        response = client.get(f"/?{query}")
        assert response.status_code == 400
        assert "Tracework" in response.content.decode()

    @pytest.mark.parametrize(
        "query", ["q=%ff%fe", "q=%ed%a0%80", "q=%c3", "q=%F0%28%8C%BC", "%ff=%ff", "q=a&q=b&q=%80"]
    )
    def test_that_are_no_utf_8_are_read_as_far_as_they_go(self, client, query):
        assert client.get(f"/?{query}").status_code == 200

    @settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(q=st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=60))
    def test_of_any_kind_are_answered_and_never_reach_the_page_as_markup(self, client, q):
        response = client.get(f"/?q={quote(q)}")
        assert response.status_code == 200

    @settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        q=st.lists(
            st.sampled_from([*"-\"'(&\\:. _", "breathing", "-chair", " or ", "brething", "é", "the"]),
            max_size=60,
        ).map("".join)
    )
    def test_made_of_signs_and_words_are_answered(self, client, q):
        if not Listing.objects.exists():
            make_framework(published=True)
        assert client.get("/", {"q": q}).status_code == 200


@pytest.mark.parametrize("size", [10, 1000])
class TestStatements:
    def test_are_three_at_most_at_any_size(self, size, client, django_assert_max_num_queries):
        list_many(size, overview="Everyone breathes.")
        make_framework(slug="ketamine", published=True, title="Ketamine")
        for q in (
            "breathe",
            "breathe -chair",
            '"everyone breathes"',
            "ketmaine",
            "ketmaine brething",
            "xqzzwv",
            "-sleep",
        ):
            for rest in ("", "&category=sleep&certainty=high", "&sort=title&after=listed-3", "&after=gone"):
                with django_assert_max_num_queries(3):
                    assert client.get(f"/?q={quote(q)}{rest}").status_code == 200

    def test_are_two_for_what_is_found_at_once(self, size, client, django_assert_num_queries):
        list_many(size)
        with django_assert_num_queries(2):
            client.get("/?q=breathe")
