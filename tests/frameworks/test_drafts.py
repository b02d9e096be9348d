import json

import pytest
from hypothesis import HealthCheck, given, settings

from frameworks import bibliography
from frameworks.document import FrameworkDocument
from frameworks.drafts import NotInLibrary, read_draft, write_draft
from frameworks.models import Citation, Entry, Framework, Revision
from tests.factories import make_category, make_document, make_framework, make_source
from tests.strategies import documents

pytestmark = pytest.mark.django_db


class TestADocumentAndItsRows:
    # Each example begins with the rows of the last: writing over another document is tried as well.
    @settings(
        max_examples=60,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(document=documents())
    def test_any_document_survives_its_rows_and_json_unchanged(self, document):
        framework = make_framework(document)
        assert read_draft(framework) == document
        assert FrameworkDocument.model_validate(json.loads(document.model_dump_json())) == document

    def test_a_revision_gives_back_the_document_that_it_was_given(self):
        framework = make_framework(published=True)
        assert Revision.objects.get(framework=framework).document == read_draft(framework)

    def test_a_draft_that_was_deleted_meanwhile_is_not_there(self):
        framework = make_framework()
        Framework.objects.get(pk=framework.pk).delete()
        with pytest.raises(Framework.DoesNotExist):
            read_draft(framework)


class TestWritingADraft:
    def test_makes_a_new_framework(self):
        make_category("stress")
        document = make_document()
        bibliography.save(document.sources)
        framework = Framework(slug="box-breathing")
        write_draft(framework, document)
        assert Framework.objects.get(slug="box-breathing").title == "Box breathing"
        assert framework.version == 1

    def test_an_entry_keeps_its_row_as_long_as_it_keeps_its_key(self):
        framework = make_framework()
        before = dict(framework.entries.values_list("key", "pk"))
        write_draft(framework, make_document(title="Another title", mistakes=[]))
        after = dict(framework.entries.values_list("key", "pk"))
        assert after == {key: pk for key, pk in before.items() if key != "hurry"}

    def test_an_entry_may_become_one_of_another_kind(self):
        framework = make_framework()
        # The key of a claim with a citation, of a step and of a checklist item change places.
        changed = make_document(
            steps=[{"key": "calms", "title": "Calm", "body": "Be calm."}],
            checklist=[{"key": "sit", "text": "I sat", "step": "calms"}],
            claims=[
                {
                    "key": "four-rounds",
                    "text": "Four rounds do.",
                    "citations": [{"source": "lee2020", "stance": "supports"}],
                }
            ],
        )
        write_draft(framework, changed)
        assert read_draft(framework) == changed

    def test_the_order_of_entries_can_be_turned_round(self):
        framework = make_framework()
        document = make_document()
        turned = document.model_copy(
            update={"steps": document.steps[::-1], "checklist": document.checklist[::-1]}
        )
        write_draft(framework, turned)
        assert [step.key for step in read_draft(framework).steps] == ["breathe", "sit"]
        assert [item.key for item in read_draft(framework).checklist] == ["four-rounds", "chair"]

    def test_counts_the_version_up_for_editors_who_saw_the_former_one(self):
        framework = make_framework()
        write_draft(framework, make_document())
        assert framework.version == 2
        assert Framework.objects.get(pk=framework.pk).version == 2

    def test_leaves_what_is_published_as_it_was(self):
        framework = make_framework(published=True)
        write_draft(framework, make_document(title="Edited afterwards"))
        framework.refresh_from_db()
        assert framework.current_revision.document.title == "Box breathing"

    def test_leaves_other_drafts_alone(self):
        other = make_framework(slug="other")
        write_draft(make_framework(), make_document(steps=[], checklist=[], claims=[], citations=[]))
        assert read_draft(other) == make_document()

    def test_an_unknown_category_is_named_and_nothing_is_saved(self):
        with pytest.raises(NotInLibrary, match="there is no category “knitting”"):
            write_draft(Framework(slug="box-breathing"), make_document(category="knitting"))
        assert not Framework.objects.exists()

    def test_an_unknown_source_is_named_and_nothing_is_saved(self):
        framework = make_framework()
        with pytest.raises(NotInLibrary, match="there is no source “unheard-of”"):
            write_draft(
                framework,
                make_document(title="New", citations=[{"source": "unheard-of", "stance": "origin"}]),
            )
        assert read_draft(framework) == make_document()

    def test_takes_as_many_statements_for_a_large_document_as_for_a_small_one(
        self, django_assert_num_queries
    ):
        make_category("stress")
        for size in (3, 30):
            document = sized_document(size)
            bibliography.save(document.sources)
            framework = make_framework(document, slug=f"of-{size}")
            with django_assert_num_queries(8 + 2):  # two make and release a savepoint
                write_draft(framework, document)


class TestReadingADraft:
    def test_takes_four_statements_whatever_its_size(self, django_assert_num_queries):
        for size in (3, 30):
            framework = make_framework(sized_document(size), slug=f"of-{size}")
            with django_assert_num_queries(4):
                read_draft(framework)

    def test_says_what_the_rows_say_and_not_what_the_instance_does(self):
        framework = make_framework()
        Framework.objects.update(title="Edited meanwhile")
        assert read_draft(framework).title == "Edited meanwhile"

    def test_a_claim_about_an_entry_that_was_deleted_no_longer_names_it(self):
        framework = make_framework()
        framework.entries.get(key="breathe").delete()
        document = read_draft(framework)
        assert document.claims[0].about == ("overview",)

    def test_the_warnings_of_a_step_that_was_deleted_become_warnings_about_the_whole(self):
        framework = make_framework()
        framework.entries.get(key="sit").delete()
        assert [warning.key for warning in read_draft(framework).warnings] == ["dizzy", "no-driving"]
        assert read_draft(framework).checklist[0].step is None

    def test_holds_the_records_of_all_that_its_sources_draw_on(self):
        review = make_source("review", study_design="review", draws_on=["trial"])
        framework = make_framework(
            sources=[make_source("trial"), review], citations=[{"source": "review", "stance": "background"}]
        )
        assert read_draft(framework).source_keys == ["lee2020", "review", "trial"]


class TestDeletingADraft:
    def test_takes_its_entries_and_citations_along(self):
        make_framework().delete()
        assert not Entry.objects.exists()
        assert not Citation.objects.exists()


def sized_document(size):
    citations = [{"source": f"s{n}", "stance": "supports"} for n in range(size)]
    return make_document(
        sources=[make_source(f"s{n}", draws_on=[f"s{n - 1}"] if n else []) for n in range(size)],
        claims=[{"key": f"claim-{n}", "text": "So it is.", "citations": citations} for n in range(size)],
        checklist=[{"key": f"item-{n}", "text": "Do it", "step": "sit"} for n in range(size)],
    )
