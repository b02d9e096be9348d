import pytest
from hypothesis import HealthCheck, given, settings

from frameworks import bibliography
from frameworks.bibliography import CannotBeSaved
from frameworks.models import Source
from tests.factories import make_source
from tests.strategies import documents

pytestmark = pytest.mark.django_db


class TestSavingRecords:
    @settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(document=documents())
    def test_any_records_come_back_as_they_were(self, document):
        bibliography.save(document.sources)
        assert tuple(bibliography.records(document.source_keys).values()) == document.sources

    def test_a_record_keeps_its_row(self):
        bibliography.save([make_source("lee2020")])
        row = Source.objects.get()
        bibliography.save([make_source("lee2020", title="Corrected")])
        assert Source.objects.get().pk == row.pk
        assert Source.objects.get().title == "Corrected"

    def test_what_a_source_draws_on_is_what_its_record_says_now(self):
        bibliography.save([make_source("a"), make_source("b"), make_source("c", draws_on=["a"])])
        bibliography.save([make_source("c", draws_on=["b"])])
        assert bibliography.records()["c"].draws_on == ("b",)

    def test_an_arrow_can_be_turned_round(self):
        bibliography.save([make_source("a"), make_source("b", draws_on=["a"])])
        bibliography.save([make_source("a", draws_on=["b"]), make_source("b")])
        assert bibliography.records()["a"].draws_on == ("b",)

    def test_two_records_can_swap_their_numbers(self):
        bibliography.save(
            [make_source("a", DOI="10.1234/1", PMID="1"), make_source("b", DOI="10.1234/2", PMID="2")]
        )
        bibliography.save(
            [make_source("a", DOI="10.1234/2", PMID="2"), make_source("b", DOI="10.1234/1", PMID="1")]
        )
        assert {key: record.PMID for key, record in bibliography.records().items()} == {"a": "2", "b": "1"}

    def test_takes_as_many_statements_for_many_as_for_a_few(self, django_assert_num_queries):
        for size in (3, 30):
            sources = [
                make_source(f"s{n}", DOI=f"10.1234/{n}", draws_on=[f"s{n - 1}"] if n else [])
                for n in range(size)
            ]
            bibliography.save(sources)
            with django_assert_num_queries(6 + 2):  # two make and release a savepoint
                bibliography.save(sources)

    @pytest.mark.parametrize(
        ("record", "message"),
        [
            (
                make_source("new", draws_on=["nobody"]),
                "“new”: draws_on: there is no source “nobody”; add its record first",
            ),
            (make_source("new", draws_on=["new"]), "“new”: draws_on: “new” draws on “new” already"),
            (
                make_source("trial", draws_on=["review"]),
                "“trial”: draws_on: “review” draws on “trial” already",
            ),
            (
                make_source("new", DOI="10.1234/A"),
                "“new”: DOI: is that of “trial” already; one work has one record",
            ),
            (
                make_source("new", PMID="7"),
                "“new”: PMID: is that of “trial” already; one work has one record",
            ),
        ],
    )
    def test_refuses_a_record_that_does_not_fit_and_saves_nothing(self, record, message):
        bibliography.save(
            [make_source("trial", DOI="10.1234/a", PMID="7"), make_source("review", draws_on=["trial"])]
        )
        before = bibliography.records()
        with pytest.raises(CannotBeSaved, match=message):
            bibliography.save([make_source("spare"), record])
        assert bibliography.records() == before


class TestReadingRecords:
    def test_brings_along_all_that_they_draw_on_and_nothing_else(self):
        bibliography.save(
            [make_source("a"), make_source("b", draws_on=["a"]), make_source("c", draws_on=["b"])]
        )
        bibliography.save([make_source("other")])
        assert list(bibliography.records(["c"])) == ["a", "b", "c"]
        assert list(bibliography.records()) == ["a", "b", "c", "other"]

    def test_leaves_out_a_key_that_no_source_has(self):
        assert bibliography.records(["nobody"]) == {}

    def test_takes_one_statement(self, django_assert_num_queries):
        bibliography.save([make_source("a"), make_source("b", draws_on=["a"])])
        with django_assert_num_queries(1):
            bibliography.records(["b"])
