import re
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings

from frameworks.article import Article, Live
from frameworks.document import ChangeKind, Checked, Stance
from frameworks.trace_picture import _short, picture
from tests.factories import make_document, make_source
from tests.strategies import documents


def article(document):
    return Article(
        slug="box-breathing",
        document=document,
        number=1,
        kind=ChangeKind.EDITORIAL,
        note="",
        published_at=datetime(2026, 11, 24, tzinfo=UTC),
        live=Live(category="Stress"),
        current_number=1,
        current=None,
    )


def claim(key, *citations):
    return {
        "key": key,
        "text": f"{key}.",
        "citations": [{"source": source, "stance": stance} for source, stance in citations],
    }


def drawn(claims, sources, **parts):
    return picture(article(make_document(claims=claims, sources=sources, citations=[], **parts)))


slow = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])


class TestAnyDocument:
    @slow
    @given(documents())
    def test_has_each_claim_source_and_line_once(self, document):
        drawing = picture(article(document))
        standing = [each for _path, each in document.cited() if each.checked is not Checked.DOES_NOT_SAY_IT]
        if not document.claims or not standing:
            assert drawing is None
            return
        assert [node.number for node in drawing.claims] == list(range(1, len(document.claims) + 1))
        cited = {
            (claim.key, citation.source)
            for claim in document.claims
            for citation in claim.citations
            if citation.checked is not Checked.DOES_NOT_SAY_IT
        }
        nodes = [node.key for node in drawing.sources]
        assert len(set(nodes)) == len(nodes)
        assert {source for _claim, source in cited} <= set(nodes) <= set(document.source_keys)
        drawn_on = sum(len(source.draws_on) for source in document.sources if source.key in nodes)
        assert len(drawing.lines) == len(cited) + drawn_on
        assert sum(line.stance is None for line in drawing.lines) == drawn_on

    @slow
    @given(documents())
    def test_fits_into_its_frame_and_no_line_runs_behind_a_box(self, document):
        drawing = picture(article(document))
        if drawing is None:
            return
        for node in drawing.sources:
            assert 0 <= node.x < node.x + node.width <= drawing.width
            assert 0 <= node.top < node.top + node.height <= drawing.height
        assert all(0 < node.y <= drawing.height for node in drawing.claims)
        for line in drawing.lines:
            for y, to_x in re.findall(r" (-?\d+)H(\d+)", line.d):
                behind = [
                    node
                    for node in drawing.sources
                    if node.x + node.width == int(to_x) and node.top < int(y) < node.top + node.height
                ]
                assert behind == []


class TestThePicture:
    def test_puts_the_tiers_in_columns_the_nearest_to_the_data_last(self):
        drawing = drawn(
            [claim("one", ("talk2019", "origin"), ("review2020", "supports"))],
            [
                make_source("talk2019", type="speech", study_design=None, DOI=None, PMID=None),
                make_source(
                    "review2020",
                    study_design="systematic-review",
                    draws_on=["trial2018"],
                    DOI=None,
                    PMID=None,
                ),
                make_source("trial2018", DOI=None, PMID=None),
            ],
        )
        places = {node.key: node.x for node in drawing.sources}
        assert places["talk2019"] < places["review2020"] < places["trial2018"]
        assert [str(name) for _x, name in drawing.headings] == [
            "Popular, tertiary, unclassified", "Secondary", "Primary",
        ]  # fmt: skip
        assert [line.stance for line in drawing.lines] == [Stance.ORIGIN, Stance.SUPPORTS, None]

    def test_leaves_out_a_column_that_would_be_empty(self):
        drawing = drawn([claim("one", ("trial2018", "supports"))], [make_source("trial2018")])
        assert [str(name) for _x, name in drawing.headings] == ["Primary"]

    @pytest.mark.parametrize(
        ("stances", "shown"),
        [
            (["supports", "qualifies"], "supports"),
            (["supports", "disputes"], "disputes"),
            (["background", "qualifies"], "qualifies"),
        ],
    )
    def test_draws_two_citations_of_one_source_as_the_graver(self, stances, shown):
        drawing = drawn(
            [claim("one", *(("trial2018", each) for each in stances))], [make_source("trial2018")]
        )
        assert [line.stance for line in drawing.lines] == [shown]

    def test_leaves_out_what_was_found_not_to_say_it(self):
        found = {"checked": "does-not-say-it", "checked_by": "An editor", "checked_on": "2026-11-23"}
        claims = [claim("one", ("trial2018", "supports"), ("review2020", "supports"))]
        claims[0]["citations"][1] |= found
        sources = [
            make_source("review2020", study_design="review", draws_on=["trial2018", "trial2017"]),
            make_source("trial2018"),
            make_source("trial2017"),
        ]
        drawing = drawn(claims, sources)
        assert [node.key for node in drawing.sources] == ["trial2018"]
        assert [line.stance for line in drawing.lines] == [Stance.SUPPORTS]

    def test_is_not_drawn_of_more_than_anyone_could_read(self):
        sources = [make_source("trial2018")]
        assert drawn([claim(f"c{n}", ("trial2018", "supports")) for n in range(40)], sources)
        assert drawn([claim(f"c{n}", ("trial2018", "supports")) for n in range(41)], sources) is None

    def test_shortens_a_name_and_keeps_its_year(self):
        assert _short("Feder et al. 2014") == "Feder et al. 2014"
        assert _short("Philipp-Muller et al. 2023") == "Philipp-Muller… 2023"
        assert _short("An Association, its Division 12") == "An Association, its…"
        assert _short("The Encyclopedia of Everything") == "The Encyclopedia of…"
