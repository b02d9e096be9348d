"""The rules of docs/evidence.md, one by one."""

import signal
from contextlib import contextmanager
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from frameworks.document import Citation, Claim, FrameworkDocument, Source, SourceType, StudyDesign
from frameworks.evidence import Tier, tier, traces, verdict
from tests.factories import make_document, make_source

TRIAL = "randomized-controlled-trial"


def podcast(key, **fields):
    return make_source(key, type="broadcast", study_design=None, **fields)


def review(key, *, draws_on=()):
    return make_source(key, study_design="systematic-review", draws_on=draws_on)


def cite(source, stance="supports", **fields):
    return {"source": source, "stance": stance, **fields}


CHECKED = {"checked": "says-it", "checked_by": "An editor", "checked_on": "2026-11-23"}
REFUTED = {"checked": "does-not-say-it", "checked_by": "An editor", "checked_on": "2026-11-23"}


def claims(*citations_of_each):
    return [
        {"key": f"claim-{n}", "text": f"Claim {n}.", "citations": citations}
        for n, citations in enumerate(citations_of_each, 1)
    ]


def document(*citations_of_each, sources=()):
    return make_document(claims=claims(*citations_of_each), citations=[], sources=sources)


def the_trace(*citations, sources=(), retracted=()):
    return traces(document(list(citations), sources=sources), retracted)["claim-1"]


class TestTheTierOfASource:
    @pytest.mark.parametrize(
        ("type", "design", "expected"),
        [
            ("article-journal", TRIAL, Tier.PRIMARY),
            ("article-journal", "cohort-study", Tier.PRIMARY),
            ("webpage", "government-publication", Tier.PRIMARY),
            ("document", "product-labeling", Tier.PRIMARY),
            ("article-journal", "systematic-review", Tier.SECONDARY),
            ("article-journal", "practice-guideline", Tier.SECONDARY),
            ("article-journal", "consensus-statement", Tier.SECONDARY),
            ("book", None, Tier.SECONDARY),
            ("entry-encyclopedia", None, Tier.TERTIARY),
            ("webpage", "patient-education-handout", Tier.TERTIARY),
            ("broadcast", None, Tier.POPULAR),
            ("speech", None, Tier.POPULAR),
            ("article-newspaper", None, Tier.POPULAR),
            ("article-journal", None, Tier.UNCLASSIFIED),
            ("webpage", None, Tier.UNCLASSIFIED),
        ],
    )
    def test_follows_from_its_type_and_design(self, type, design, expected):
        assert tier(make_source("one", type=type, study_design=design)) is expected

    def test_a_podcast_about_a_trial_stays_popular(self):
        assert tier(make_source("one", type="broadcast", study_design=TRIAL)) is Tier.POPULAR

    def test_every_type_and_design_has_an_answer(self):
        for type in SourceType:
            for design in [None, *StudyDesign]:
                assert tier(make_source("one", type=type, study_design=design)) in Tier

    def test_unclassified_never_counts_as_primary(self):
        assert not the_trace(cite("odd"), sources=[make_source("odd", study_design=None)]).traced


class TestAClaimIsTracedToPrimary:
    def test_by_a_trial_that_supports_it(self):
        assert the_trace(cite("trial")).traced

    def test_through_a_review_that_draws_on_a_trial(self):
        found = the_trace(cite("all"), sources=[review("all", draws_on=["trial"])])
        assert found.traced
        assert [source.key for source in found.path] == ["all", "trial"]

    def test_through_a_guideline_over_a_review(self):
        guideline = make_source("advice", study_design="practice-guideline", draws_on=["all"])
        assert the_trace(cite("advice"), sources=[guideline, review("all", draws_on=["trial"])]).traced

    def test_not_by_a_review_alone(self):
        found = the_trace(cite("all"), sources=[review("all")])
        assert not found.traced
        assert found.reaches is Tier.SECONDARY

    @pytest.mark.parametrize(
        "through",
        [
            podcast("via", draws_on=["trial"]),
            make_source("via", type="book", study_design=None, draws_on=["trial"]),
            make_source("via", type="entry-encyclopedia", study_design=None, draws_on=["trial"]),
            make_source("via", study_design="consensus-statement", draws_on=["trial"]),
            make_source("via", study_design=None, draws_on=["trial"]),
        ],
    )
    def test_never_through_anything_but_reviews_and_guidelines(self, through):
        assert not the_trace(cite("via"), sources=[through]).traced

    @pytest.mark.parametrize("stance", ["qualifies", "disputes", "background", "origin"])
    def test_by_nothing_but_support(self, stance):
        assert not the_trace(cite("trial", stance)).traced

    def test_not_by_a_retracted_source(self):
        assert not the_trace(cite("trial"), retracted={"trial"}).traced

    def test_not_through_a_retracted_review(self):
        sources = [review("all", draws_on=["trial"])]
        assert not the_trace(cite("all"), sources=sources, retracted={"all"}).traced

    def test_not_by_a_source_that_checking_found_not_to_say_it(self):
        assert not the_trace(cite("trial", **REFUTED)).traced

    def test_once_at_its_best_path(self):
        counted = verdict(document([cite("trial"), cite("other"), cite("show")], sources=[podcast("show")]))
        assert (counted.claims, counted.traced) == (1, 1)


class TestTheVerdict:
    def test_counts_the_claims_traced_to_primary(self):
        counted = verdict(document([cite("trial")], [cite("show")], [], sources=[podcast("show")]))
        assert (counted.traced, counted.claims) == (1, 3)

    def test_counts_the_claims_with_a_source_for_or_against(self):
        counted = verdict(
            document(
                [cite("trial")],
                [cite("other", "disputes")],
                [cite("show", "origin")],
                [],
                sources=[podcast("show")],
            )
        )
        assert counted.sourced == 2

    def test_counts_a_claim_as_checked_when_every_source_for_or_against_was_opened(self):
        counted = verdict(
            document(
                [cite("one", **CHECKED)],
                [cite("one", **CHECKED), cite("two", "disputes")],
                [cite("one", **CHECKED), cite("show", "origin")],
                sources=[podcast("show")],
            )
        )
        assert counted.checked == 2

    def test_does_not_call_a_claim_checked_because_what_was_not_opened_is_retracted(self):
        counted = verdict(document([cite("one", **CHECKED), cite("two")]), retracted={"two"})
        assert (counted.sourced, counted.checked) == (1, 0)

    def test_a_claim_of_which_every_source_was_retracted_has_none(self):
        trace = the_trace(cite("one"), cite("two", "disputes"), retracted={"one", "two"})
        assert (trace.sourced, trace.checked, trace.disputed) == (False, False, False)

    def test_counts_the_disputed_claims(self):
        assert (
            verdict(document([cite("one"), cite("two", "disputes")], [cite("one", "qualifies")])).disputed
            == 1
        )

    def test_counts_the_claims_that_end_at_a_review_or_guideline(self):
        counted = verdict(document([cite("all")], [cite("all"), cite("trial")], [], sources=[review("all")]))
        assert (counted.secondary, counted.traced) == (1, 1)

    def test_names_the_podcast_on_which_most_claims_rest(self):
        counted = verdict(
            document(
                [cite("show")],
                [cite("show"), cite("show", locator="23:34")],
                [cite("trial")],
                [cite("show"), cite("trial")],
                sources=[podcast("show")],
            )
        )
        assert (counted.rests_on.key, counted.resting) == ("show", 2)

    def test_a_review_that_draws_on_nothing_but_a_podcast_rests_on_it(self):
        counted = verdict(
            document([cite("all")], sources=[review("all", draws_on=["show"]), podcast("show")])
        )
        assert counted.rests_on.key == "show"
        assert (counted.traced, counted.secondary) == (0, 1), "it is still a review"

    def test_counts_the_claims_that_nothing_but_popular_sources_support(self):
        shows = [podcast("show"), podcast("other-show")]
        counted = verdict(
            document(
                [cite("show")],
                [cite("show"), cite("other-show")],
                [cite("show"), cite("trial")],
                [],
                sources=shows,
            )
        )
        assert (counted.popular, counted.sourced) == (2, 1)

    def test_counts_no_claim_as_sourced_or_checked_for_a_podcast_alone(self):
        counted = verdict(
            document([cite("show", **CHECKED)], [cite("show", "disputes")], sources=[podcast("show")])
        )
        assert (counted.sourced, counted.checked, counted.disputed) == (0, 0, 1)

    def test_a_podcast_beside_a_guideline_takes_nothing_off_it(self):
        counted = verdict(document([cite("all"), cite("show")], sources=[review("all"), podcast("show")]))
        assert (counted.rests_on.key, counted.resting) == ("all", 1)

    def test_a_post_about_an_episode_rests_on_the_episode(self):
        post = make_source("post", type="post-weblog", study_design=None, draws_on=["show"])
        episode = podcast("show", draws_on=["trial"])
        counted = verdict(document([cite("post")], [cite("show"), cite("post")], sources=[post, episode]))
        assert (counted.rests_on.key, counted.resting, counted.traced) == ("show", 2, 0)

    def test_names_the_weakest_of_those_that_carry_as_many(self):
        counted = verdict(document([cite("all")], [cite("show")], sources=[review("all"), podcast("show")]))
        assert counted.rests_on.key == "show"

    def test_a_claim_that_a_trial_disputes_and_nothing_supports_is_not_traced(self):
        counted = verdict(document([cite("trial", "disputes")]))
        assert (counted.claims, counted.sourced, counted.traced, counted.disputed) == (1, 1, 0, 1)

    def test_a_primary_study_is_no_weak_link(self):
        assert verdict(document([cite("trial")])).rests_on is None

    def test_of_no_claims_is_nothing(self):
        counted = verdict(document())
        assert (counted.claims, counted.traced, counted.rests_on) == (0, 0, None)

    def test_cannot_be_typed(self):
        assert not {"verdict", "traced", "trace_status"} & set(FrameworkDocument.model_fields)


class TestAClaimRestsOnRetractedSources:
    def test_when_all_that_support_it_were_retracted(self):
        assert the_trace(cite("one"), cite("two", "disputes"), retracted={"one"}).rests_on_retracted

    def test_when_the_only_other_was_found_not_to_say_it(self):
        assert the_trace(cite("one"), cite("two", **REFUTED), retracted={"one"}).rests_on_retracted

    def test_not_while_one_stands(self):
        assert not the_trace(cite("one"), cite("two"), retracted={"one"}).rests_on_retracted

    def test_not_when_nothing_supports_it(self):
        assert not the_trace(cite("one", "disputes"), retracted={"one"}).rests_on_retracted


KEYS = [f"s{n}" for n in range(8)]
stances = st.sampled_from(["supports", "qualifies", "disputes", "background", "origin"])
designs = st.sampled_from([TRIAL, "systematic-review", "practice-guideline", "consensus-statement", None])
types = st.sampled_from(["article-journal", "broadcast", "post-weblog", "book", "entry-encyclopedia"])
found = st.sampled_from([{}, CHECKED, REFUTED])


@st.composite
def citations(draw, *, keys=KEYS, stances=stances):
    return Citation(source=draw(st.sampled_from(keys)), stance=draw(stances), **draw(found))


@st.composite
def graphs(draw):
    """A document with sources that draw on each other in any way, a circle included, which no loader lets in."""
    sources = tuple(
        Source.model_construct(
            **make_source(key, type=draw(types), study_design=draw(designs)).__dict__
            | {"draws_on": tuple(draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=4)))}
        )
        for key in KEYS
    )
    made = tuple(
        Claim(key=f"c{n}", text="A claim.", citations=tuple(draw(st.lists(citations(), max_size=4))))
        for n in range(draw(st.integers(0, 4)))
    )
    return FrameworkDocument.model_construct(
        **make_document().__dict__ | {"claims": made, "sources": sources}
    )


def changed(document, **fields):
    return FrameworkDocument.model_construct(**document.__dict__ | fields)


def with_one_more(graph, citation):
    """The document with the citation at each of its claims."""
    return changed(
        graph,
        claims=tuple(
            claim.model_copy(update={"citations": (*claim.citations, citation)}) for claim in graph.claims
        ),
    )


def never_raises(before, after):
    """docs/evidence.md, *What raises a verdict*: none of what it counts is better than it was."""
    assert after.traced <= before.traced
    assert after.traced + after.secondary <= before.traced + before.secondary
    assert after.sourced <= before.sourced
    assert after.checked <= before.checked


@contextmanager
def within(seconds):
    """Fail where it takes longer, as a walk in circles would for ever."""

    def too_long(signal, frame):
        raise AssertionError(f"It takes longer than {seconds} s.")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class TestAnyGraphOfSources:
    @given(graphs(), st.sets(st.sampled_from(KEYS)), st.randoms(use_true_random=False))
    def test_gives_one_verdict_whatever_the_order(self, graph, retracted, random):
        def shuffled(these):
            these = list(these)
            random.shuffle(these)
            return tuple(these)

        another = changed(
            graph,
            sources=shuffled(
                source.model_copy(update={"draws_on": shuffled(source.draws_on)}) for source in graph.sources
            ),
            claims=shuffled(
                claim.model_copy(update={"citations": shuffled(claim.citations)}) for claim in graph.claims
            ),
        )
        one, other = verdict(graph, retracted), verdict(another, retracted)
        assert replace(one, rests_on=None) == replace(other, rests_on=None)
        assert (one.rests_on and one.rests_on.key) == (other.rests_on and other.rests_on.key)
        for key, trace in traces(graph, retracted).items():
            same = traces(another, retracted)[key]
            assert [source.key for source in trace.path] == [source.key for source in same.path]
            assert (trace.reaches, trace.ends, trace.checked) == (same.reaches, same.ends, same.checked)

    @given(graphs())
    def test_gives_it_in_bounded_time_circles_or_not(self, graph):
        with within(seconds=10):
            verdict(graph)

    def test_gives_it_in_bounded_time_where_all_draw_on_all(self):
        keys = [f"s{n}" for n in range(100)]
        sources = tuple(
            Source.model_construct(**review(key).__dict__ | {"draws_on": tuple(keys)}) for key in keys
        )
        claim = Claim(key="c", text="A claim.", citations=(Citation(source="s0", stance="supports"),))
        graph = FrameworkDocument.model_construct(
            **make_document().__dict__ | {"claims": (claim,), "sources": sources}
        )
        with within(seconds=10):
            counted = verdict(graph)
        assert (counted.traced, counted.secondary) == (0, 1)

    @given(graphs(), st.sets(st.sampled_from(KEYS)))
    def test_says_where_the_support_of_each_claim_ends(self, graph, retracted):
        for trace in traces(graph, retracted).values():
            assert bool(trace.ends) == bool(trace.path) == (trace.reaches is not None)
            assert not trace.ends & retracted

    @given(graphs(), citations(stances=st.sampled_from(["origin", "background"])))
    def test_an_origin_or_background_changes_nothing(self, graph, more):
        assert verdict(with_one_more(graph, more)) == verdict(graph)

    @given(graphs(), st.data())
    def test_a_popular_source_never_raises_it(self, graph, data):
        popular = [source.key for source in graph.sources if tier(source) is Tier.POPULAR]
        assume(popular)
        before, after = verdict(graph), verdict(with_one_more(graph, data.draw(citations(keys=popular))))
        never_raises(before, after)
        assert after.popular >= before.popular
        assert after.disputed >= before.disputed
        if before.rests_on and tier(before.rests_on) is not Tier.POPULAR:
            assert after.resting >= before.resting

    @given(graphs(), st.sets(st.sampled_from(KEYS)), st.sampled_from(KEYS))
    def test_a_retraction_never_raises_it(self, graph, retracted, another):
        never_raises(verdict(graph, retracted), verdict(graph, retracted | {another}))

    @given(graphs(), st.sets(st.sampled_from(KEYS)))
    def test_what_was_retracted_counts_as_if_it_had_never_been_cited(self, graph, retracted):
        counted, without = (
            verdict(graph, retracted),
            verdict(
                changed(
                    graph,
                    sources=tuple(
                        source.model_copy(
                            update={"draws_on": tuple(key for key in source.draws_on if key not in retracted)}
                        )
                        for source in graph.sources
                        if source.key not in retracted
                    ),
                    claims=tuple(
                        claim.model_copy(
                            update={
                                "citations": tuple(
                                    each for each in claim.citations if each.source not in retracted
                                )
                            }
                        )
                        for claim in graph.claims
                    ),
                )
            ),
        )
        for name in ("sourced", "traced", "secondary", "popular", "disputed", "resting"):
            assert getattr(counted, name) == getattr(without, name)
        # That the retracted source was never opened stays true.
        assert counted.checked <= without.checked
