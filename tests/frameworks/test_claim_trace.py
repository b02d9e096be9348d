"""Where the sources of one claim lead, and where the way stops to count."""

from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from django.template.loader import render_to_string
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from frameworks.article import Article, Live, Update
from frameworks.claim_trace import DEEPEST, MOST_SOURCES
from frameworks.document import ChangeKind, Stance
from frameworks.evidence import Tier
from frameworks.models.sources import UpdateType
from tests.factories import make_document, make_source
from tests.strategies import documents

DENIED = {"checked": "does-not-say-it", "checked_by": "An editor", "checked_on": "2026-11-23"}


def article(document, retracted=()):
    updates = tuple(Update(key, UpdateType.RETRACTION, date(2026, 5, 4), "") for key in retracted)
    return Article(
        slug="box-breathing",
        document=document,
        number=1,
        kind=ChangeKind.EDITORIAL,
        note="",
        published_at=datetime(2026, 11, 24, tzinfo=UTC),
        live=Live(category="Stress", updates=updates),
        current_number=1,
        current=None,
    )


def leads(sources, *citations, retracted=()):
    """Where the one claim leads that cites these: each a source's key with a stance, and more where it matters."""
    cited = [{"source": key, "stance": stance, **dict(*more)} for key, stance, *more in citations]
    claims = [{"key": "calms", "text": "So.", "citations": cited}]
    document = make_document(claims=claims, citations=[], sources=sources)
    return article(document, retracted).ledger[0].leads


def shape(nodes):
    """Each source as its key, in brackets where the way to it does not count, with those behind it."""
    return {
        node.cited.source.key if node.counts else f"({node.cited.source.key})": shape(node.behind)
        for node in nodes
    }


def every(nodes):
    for node in nodes:
        yield node
        yield from every(node.behind)


def review(key, *draws_on, design="review", **fields):
    return make_source(key, study_design=design, draws_on=draws_on, **fields)


def podcast(key, *draws_on):
    return make_source(key, type="broadcast", study_design=None, draws_on=draws_on)


class TestTheTraceOfAClaim:
    def test_leads_through_guidelines_and_reviews_to_studies(self):
        sources = [
            review("nice", "cochrane", "old", design="practice-guideline"),
            review("cochrane", "trial"),
            review("old"),
        ]
        assert shape(leads(sources, ("nice", "supports")).nodes) == {
            "nice": {"cochrane": {"trial": {}}, "old": {}}
        }

    def test_is_none_where_no_source_leads_on(self):
        assert leads([review("cochrane")], ("cochrane", "supports"), ("trial", "supports")) is None
        assert leads([]) is None

    def test_ends_at_a_primary_study(self):
        trial = make_source("trial", draws_on=["earlier"])
        assert leads([trial], ("trial", "supports")) is None
        found = leads([review("cochrane", "trial"), trial], ("cochrane", "supports"))
        assert shape(found.nodes) == {"cochrane": {"trial": {}}}

    def test_shows_only_what_leads_on(self):
        found = leads([review("cochrane", "trial")], ("other", "supports"), ("cochrane", "disputes"))
        assert shape(found.nodes) == {"cochrane": {"trial": {}}}

    @pytest.mark.parametrize(
        "through",
        [
            podcast("through", "trial"),
            make_source("through", type="book", study_design=None, draws_on=["trial"]),
            review("through", "trial", design="consensus-statement"),
            review("through", "trial", type="webpage", design=None),
        ],
        ids=["a podcast", "a book", "a consensus", "what is unclassified"],
    )
    def test_stops_to_count_behind_anything_else(self, through):
        found = leads([through], ("through", "supports"))
        assert shape(found.nodes) == {"through": {"(trial)": {}}}
        assert found.nodes[0].behind[0].why_not == "reached through no review or guideline"

    def test_counts_from_one_podcast_to_another_and_no_further(self):
        sources = [podcast("post", "episode"), podcast("episode", "trial")]
        assert shape(leads(sources, ("post", "supports")).nodes) == {"post": {"episode": {"(trial)": {}}}}

    @pytest.mark.parametrize(
        ("citation", "why"),
        [
            (("cochrane", "origin"), "origin and background support nothing"),
            (("cochrane", "background"), "origin and background support nothing"),
            (("cochrane", "supports", DENIED), "it does not say it"),
        ],
    )
    def test_does_not_count_where_it_bears_on_nothing(self, citation, why):
        found = leads([review("cochrane", "trial")], citation)
        assert shape(found.nodes) == {"(cochrane)": {"(trial)": {}}}
        assert [node.why_not for node in every(found.nodes)] == [why, ""]

    def test_stops_to_count_at_what_was_retracted(self):
        sources = [review("nice", "cochrane", design="practice-guideline"), review("cochrane", "trial")]
        found = leads(sources, ("nice", "supports"), retracted=["cochrane"])
        assert shape(found.nodes) == {"nice": {"(cochrane)": {"(trial)": {}}}}
        assert [node.why_not for node in every(found.nodes)] == ["", "retracted", ""]
        found = leads(sources, ("nice", "supports"), retracted=["nice"])
        assert shape(found.nodes) == {"(nice)": {"(cochrane)": {"(trial)": {}}}}

    def test_opens_a_source_once_and_where_it_counts(self):
        sources = [review("nice", "cochrane", design="practice-guideline"), review("cochrane", "trial")]
        found = leads(sources, ("cochrane", "background"), ("nice", "supports"))
        assert shape(found.nodes) == {"nice": {"cochrane": {"trial": {}}}, "(cochrane)": {}}
        assert [node.again for node in every(found.nodes)] == [False, False, False, True]

    def test_ends_where_sources_go_round_in_a_circle(self):
        document = make_document(
            claims=[{"key": "calms", "text": "So.", "citations": [{"source": "one", "stance": "supports"}]}],
            citations=[],
            sources=[review("one", "two"), review("two", "trial")],
        )
        one, trial, two = document.sources
        two = two.model_copy(update={"draws_on": ("one", "trial")})
        found = article(document.model_copy(update={"sources": (one, trial, two)})).ledger[0].leads
        assert shape(found.nodes) == {"one": {"two": {"one": {}, "trial": {}}}}


class TestALargeTrace:
    def test_says_that_there_is_more_and_shows_the_path_that_counts(self):
        many = [f"a{n:03}" for n in range(200)]
        sources = [
            review("wide", *many, "z", design="meta-analysis"),
            *map(review, many),
            review("z", "trial"),
        ]
        found = leads(sources, ("wide", "supports"))
        assert found.is_cut
        assert len(list(every(found.nodes))) <= MOST_SOURCES + 1
        assert shape(found.nodes)["wide"]["z"] == {"trial": {}}

    def test_goes_only_so_deep(self):
        keys = [f"r{n:03}" for n in range(300)]
        found = leads([review(*two) for two in pairwise(keys)], ("r000", "supports"))
        assert found.is_cut
        assert len(list(every(found.nodes))) == DEEPEST

    def test_is_not_cut_where_all_is_shown(self):
        assert not leads([review("cochrane", "trial")], ("cochrane", "supports")).is_cut


class TestAnyDocument:
    @settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
    @given(documents(), st.sets(st.sampled_from(["feder2014", "lee2020", "talk", "nice-2022", "who"])))
    def test_counts_as_the_verdict_does(self, document, retracted):
        for entry in article(document, retracted).ledger:
            straight = [
                each
                for each in entry.supporting
                if each.source.tier is Tier.PRIMARY and not each.source.retracted
            ]
            through = [
                node
                for root in (entry.leads.nodes if entry.leads else ())
                if root.citation.citation.stance is Stance.SUPPORTS
                for node in every([root])
                if node.counts and node.cited.tier is Tier.PRIMARY
            ]
            # A source that a claim cites twice is opened once.
            again = entry.leads and any(node.again for node in every(entry.leads.nodes))
            assert bool(straight or through or (again and entry.trace.traced)) == entry.trace.traced

    @settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
    @given(documents())
    def test_can_be_read(self, document):
        for entry in article(document).ledger:
            if entry.leads:
                page = render_to_string(
                    "frameworks/sections/claim_trace.html", {"number": entry.number, "trace": entry.leads}
                )
                assert page.count("<li") == len(list(every(entry.leads.nodes)))
                assert page.count("does not count") == sum(
                    not node.counts for node in every(entry.leads.nodes)
                )


def test_the_order_of_citations_changes_nothing_that_counts():
    sources = [review("cochrane", "trial"), podcast("pod", "cochrane")]
    citations = [("pod", "supports"), ("cochrane", "supports"), ("cochrane", "origin")]
    found = [leads(sources, *order) for order in (citations, citations[::-1])]
    assert len({str(sorted(shape(each.nodes).items())) for each in found}) == 1
