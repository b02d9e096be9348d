"""The row that the library lists, filters and searches a framework by."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib import import_module
from threading import Barrier, BrokenBarrierError

import pytest
from django.contrib.postgres.search import SearchQuery
from django.db import connection, connections
from django.db.models import Sum

from frameworks import listings
from frameworks.document import Source
from frameworks.models import FacetCount, Listing, SourceUpdate, TitleWord
from frameworks.models import Source as SourceRow
from tests.factories import make_document, make_framework
from tests.frameworks.listed import certainty, list_many, rows_of

pytestmark = pytest.mark.django_db


def found_by(words):
    return Listing.objects.filter(
        search=SearchQuery(words, config="plain_english", search_type="phrase")
    ).exists()


def counted():
    return FacetCount.objects.aggregate(all=Sum("listings", default=0))["all"]


class TestPublishing:
    def test_lists_the_framework_with_its_facets_and_its_verdict(self):
        framework = make_framework(published=True, certainty=certainty("low"))
        listing = framework.listing
        assert (listing.slug, listing.title, listing.tagline) == (
            "box-breathing",
            "Box breathing",
            "Four slow counts, four times",
        )
        assert (listing.category, listing.time_to_result) == (framework.category, "minutes")
        assert (listing.supervision, listing.certainty) == ("self-guided", "low")
        assert (listing.claims, listing.traced_claims) == (1, 1)
        assert listing.published_at == framework.current_revision.published_at

    def test_counts_the_claims_that_a_source_contradicts_as_the_page_does(self):
        refuted = {"checked": "does-not-say-it", "checked_by": "An editor", "checked_on": "2026-05-04"}
        stances = [
            [{"source": "lee2020", "stance": "disputes"}, {"source": "talk2019", "stance": "supports"}],
            [{"source": "talk2019", "stance": "disputes"}],
            [{"source": "lee2020", "stance": "disputes", **refuted}],
            [{"source": "lee2020", "stance": "qualifies"}],
        ]
        make_framework(
            published=True,
            claims=[
                {"key": f"claim-{n}", "text": "It calms.", "citations": each}
                for n, each in enumerate(stances)
            ],
        )
        assert Listing.objects.get().disputed_claims == 2
        SourceUpdate.objects.create(
            source=SourceRow.objects.get(key="talk2019"), type="retraction", date="2026-05-04"
        )
        assert Listing.objects.get().disputed_claims == 1
        # What was listed before there was such a count has it from the migration.
        Listing.objects.update(disputed_claims=0)
        with connection.cursor() as cursor:
            cursor.execute(
                import_module("frameworks.migrations.0007_contradicted_claims").COUNT_THE_CONTRADICTED
            )
        assert Listing.objects.get().disputed_claims == 1

    def test_again_replaces_the_row_and_what_is_found_by_it(self):
        make_framework(published=True, overview="A zebra breathes.")
        make_framework(published=True, overview="A giraffe breathes.", supervision="ask-first")
        assert Listing.objects.get().supervision == "ask-first"
        assert found_by("giraffe")
        assert not found_by("zebra")

    def test_moves_the_framework_from_one_count_to_another(self):
        make_framework(published=True)
        make_framework(published=True, supervision="ask-first", category="sleep")
        (cell,) = FacetCount.objects.filter(listings__gt=0)
        assert (cell.category.slug, cell.supervision, cell.listings) == ("sleep", "ask-first", 1)

    def test_of_a_draft_that_changed_leaves_the_list_as_it_is_until_the_next_time(self):
        make_framework(published=True)
        make_framework(published=False, title="Not published yet")
        assert Listing.objects.get().title == "Box breathing"

    def test_collects_the_words_of_title_and_tagline_for_near_misses(self):
        make_framework(published=True, title="Thé à l'Été", tagline="SLOW 4 x")
        assert set(TitleWord.objects.values_list("word", flat=True)) == {"the", "ete", "slow"}

    @pytest.mark.parametrize("number", [1, 60])
    def test_takes_the_same_two_statements_for_one_and_for_many(self, number, django_assert_num_queries):
        rows = rows_of(number)
        with django_assert_num_queries(2, info="besides savepoints"):
            listings.write_all(rows)


class TestWithdrawing:
    def test_takes_it_out_of_the_list_and_of_every_count(self):
        framework = make_framework(published=True)
        assert counted() == 1
        framework.withdraw(reason="A trial found harm.")
        assert not Listing.objects.exists()
        assert counted() == 0


SECTIONS = {
    "title": {"title": "A quetzal"},
    "tagline": {"tagline": "A quetzal"},
    "problem": {"problem": "A quetzal"},
    "best_for": {"best_for": "A quetzal"},
    "not_ideal_for": {"not_ideal_for": "A quetzal"},
    "overview": {"overview": "A quetzal"},
    "origin": {"origin": "A quetzal"},
    "warning": {"warnings": [{"key": "w", "level": "danger", "text": "A quetzal"}]},
    "what to do": {"warnings": [{"key": "w", "level": "danger", "text": "It", "what_to_do": "A quetzal"}]},
    "principle": {"principles": [{"key": "p", "text": "A quetzal"}]},
    "checklist": {"checklist": [{"key": "c", "text": "A quetzal"}]},
    "example": {"examples": [{"key": "e", "title": "One", "body": "A quetzal", "outcome": "None"}]},
    "outcome": {"examples": [{"key": "e", "title": "One", "body": "Two", "outcome": "A quetzal"}]},
    "mistake": {"mistakes": [{"key": "m", "title": "One", "body": "A quetzal"}]},
    "certainty": {"certainty": {**certainty("low"), "reason": "A quetzal"}},
    "claim": {"claims": [{"key": "bird", "text": "A quetzal"}]},
    "finding": {
        "citations": [{"source": "lee2020", "stance": "background", "finding": "A quetzal"}],
        "claims": [],
    },
}
STEP = {"key": "s", "title": "One", "body": "Two"}
SECTIONS |= {
    "step": {"steps": [{**STEP, "title": "A quetzal"}], "checklist": [], "claims": []},
    "step's text": {"steps": [{**STEP, "body": "A quetzal"}], "checklist": [], "claims": []},
    "step's tip": {"steps": [{**STEP, "tip": "A quetzal"}], "checklist": [], "claims": []},
    "step's warning": {
        "steps": [{**STEP, "warnings": [{"key": "w", "level": "danger", "text": "A quetzal"}]}],
        "checklist": [],
        "claims": [],
    },
}


def list_document(document):
    (listing,) = list_many(1)
    revision = listing.framework.current_revision or type(
        "Revision", (), {"published_at": listing.published_at}
    )
    listings.write_all([listings.listing_row(listing.framework, revision, document)])
    return Listing.objects.get()


class TestWhatIsSearched:
    @pytest.mark.parametrize("section", SECTIONS)
    def test_is_every_section(self, section):
        list_document(make_document(**SECTIONS[section]))
        assert found_by("quetzals")

    @pytest.mark.parametrize("words", ["Quetzal Institute", "Bird journal", "On feathers", "Ada Byron"])
    def test_is_every_source_with_its_authors(self, words):
        source = Source(
            key="lee2020",
            type="article-journal",
            title="On feathers",
            container_title="The Bird Journal",
            author=[{"family": "Byron", "given": "Ada"}, {"literal": "Quetzal Institute"}],
        )
        list_document(make_document(sources=[source]))
        assert found_by(words)

    def test_ignores_accents_and_word_endings(self):
        list_document(make_document(overview="Naïve cafés"))
        assert found_by("naive cafe")

    def test_is_the_words_alone_without_an_editors_marks(self):
        listing = list_document(make_document(overview="Be *very* [calm](https://example.org/secret)."))
        assert "Be very calm." in listing.passages.split("\n")
        assert not found_by("secret")

    @pytest.mark.parametrize(
        "text", ["Efficiency <85 or a quetzal", "<script> a quetzal", "<b quetzal", "x <!-- quetzal"]
    )
    def test_is_what_stands_behind_signs_that_look_like_a_tag(self, text):
        list_document(make_document(overview=text))
        assert found_by("quetzal")

    def test_leaves_title_and_tagline_out_of_the_passages_which_only_snippets_read(self):
        listing = list_document(make_document())
        assert "Box breathing" not in listing.passages
        assert "Taught to sailors." in listing.passages.split("\n")

    @pytest.mark.parametrize("letter", ["é", "字", "😀"])
    def test_of_the_longest_documents_is_cut_and_never_refused(self, letter):
        steps = [
            {
                "key": f"s{n}",
                "title": f"Step {n}",
                "body": f"w{n}x" + f" {letter}{n}" * 2000,
                "tip": letter * 9000,
            }
            for n in range(100)
        ]
        listing = list_document(make_document(steps=steps, checklist=[], claims=[]))
        assert len(listing.passages) <= listings.MOST_CHARACTERS + 1000
        assert found_by("Step 1")


class TestARetraction:
    def test_is_counted_in_the_list_as_soon_as_it_is_recorded_or_taken_back(self):
        framework = make_framework(published=True)
        make_framework(slug="other", published=True, claims=[], citations=[])
        retraction = SourceUpdate.objects.create(
            source=SourceRow.objects.get(key="lee2020"), type="retraction", date="2026-05-04"
        )
        assert Listing.objects.get(framework=framework).traced_claims == 0
        retraction.delete()
        assert Listing.objects.get(framework=framework).traced_claims == 1

    def test_recorded_for_many_sources_at_once_is_counted_when_asked(self):
        framework = make_framework(published=True)
        source = SourceRow.objects.get(key="lee2020")
        SourceUpdate.objects.bulk_create([SourceUpdate(source=source, type="retraction", date="2026-05-04")])
        assert listings.retrace(["lee2020"]) == 1
        assert Listing.objects.get(framework=framework).traced_claims == 0
        assert listings.retrace(["lee2020"]) == 0

    def test_that_came_before_is_counted_when_it_is_published(self):
        make_framework(published=True, claims=[])
        SourceUpdate.objects.create(
            source=SourceRow.objects.create(key="gone2001", type="article-journal", title="Gone"),
            type="retraction",
            date="2026-05-04",
        )
        citations = [{"source": key, "stance": "supports"} for key in ("gone2001", "talk2019")]
        make_framework(published=True, claims=[{"key": "calms", "text": "It calms.", "citations": citations}])
        assert Listing.objects.get().traced_claims == 0


class TestTheOrderOfTitles:
    def test_is_the_same_on_every_server_and_heeds_neither_case_nor_accents(self):
        assert listings.fold("Élan, ÄRGER, straße") == "elan, arger, strasse"
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT collation_name FROM information_schema.columns "
                "WHERE table_name = 'frameworks_listing' AND column_name = 'sort_title'"
            )
            assert cursor.fetchone() == ("C",)


@pytest.mark.django_db(transaction=True)
class TestTwoRetractionsAtOnce:
    def test_are_both_counted(self, monkeypatch):
        claims = [
            {"key": key, "text": "A claim.", "citations": [{"source": key, "stance": "supports"}]}
            for key in ("one2001", "two2002")
        ]
        make_framework(published=True, claims=claims, citations=[])
        both_have_recorded = Barrier(2)
        retracted = listings._retracted

        def count_when_both_have_recorded(keys):
            # If they did not take turns, the two would meet here, and neither would see what the other recorded.
            with suppress(BrokenBarrierError):
                both_have_recorded.wait(timeout=0.5)
            return retracted(keys)

        monkeypatch.setattr(listings, "_retracted", count_when_both_have_recorded)

        def retract(key):
            try:
                source = SourceRow.objects.get(key=key)
                SourceUpdate.objects.create(source=source, type="retraction", date="2026-05-04")
            finally:
                connections.close_all()

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(retract, ["one2001", "two2002"]))
        assert Listing.objects.get().traced_claims == 0
