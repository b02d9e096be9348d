from pathlib import Path

import pytest
from django.utils import translation

from frameworks import bibliography, importing
from frameworks.desk import saving
from frameworks.desk.saving import editors_since
from frameworks.document import Change
from frameworks.drafts import read_draft, write_draft
from frameworks.importing import CannotImport, DraftChanged, Form, dry_run, store
from frameworks.matching import How
from frameworks.models import DraftChange, Framework, Revision, Source
from frameworks.yaml_text import Refused, as_yaml
from tests.factories import make_category, make_document, make_framework, make_source, make_user

pytestmark = pytest.mark.django_db

SEED = (Path(__file__).parent / "pages" / "seed-page.txt").read_text(encoding="utf-8")
SLUG = "ketamine-assisted-psychotherapy-framework"


@pytest.fixture(autouse=True)
def shelf():
    return make_category("peak-performance", name="Peak performance")


def stored():
    return [Framework.objects.count(), Source.objects.count(), Revision.objects.count()]


class TestADryRun:
    def test_shows_a_new_framework_and_stores_nothing(self):
        plan = dry_run(SEED)
        assert (plan.form, plan.slug, plan.is_new, plan.obstacle) == (Form.PAGE, SLUG, True, "")
        assert plan.document.category == "peak-performance"
        assert plan.unrecognised == ()
        assert len(plan.disagreements) == 5
        assert {match.how for match in plan.matches} == {How.NEW}
        assert {change.part for change in plan.comparison.entries} == {
            "warnings", "principles", "steps", "examples", "mistakes",
        }  # fmt: skip
        assert all(change.added for change in plan.comparison.entries)
        assert plan.changes.warnings_added == 3
        assert [source.key for source in plan.new_sources] == ["huberman2025"]
        assert stored() == [0, 0, 0]

    def test_says_what_will_block_publishing(self):
        rules = [problem.rule for problem in dry_run(SEED).problems]
        assert rules == ["checklist-has-an-entry", "supervision-is-judged"]

    def test_compares_with_the_draft_that_there_is(self):
        store(dry_run(SEED))
        plan = dry_run(SEED.replace("Integrate new insights", "Integrate insights"))
        assert not plan.is_new
        (change,) = plan.comparison.entries
        assert (change.part, change.key, change.fields) == ("steps", "integrate-new-insights", ("title",))
        assert plan.draft == read_draft(Framework.objects.get())

    def test_says_that_an_unknown_category_is_none_and_which_there_are(self):
        make_category("sleep")
        plan = dry_run(SEED.replace("PEAK PERFORMANCE", "MAGIC"))
        assert plan.obstacle == (
            "There is no category “MAGIC”; choose one of those there are: "
            "Peak performance (peak-performance); Sleep (sleep)."
        )
        with pytest.raises(CannotImport, match="There is no category “MAGIC”"):
            store(plan)
        assert stored() == [0, 0, 0]
        nameless = dry_run(SEED.replace("PEAK PERFORMANCE", ""))
        assert nameless.obstacle.startswith("The page names no category, and a draft needs one; choose one")

    @pytest.mark.parametrize("category", ["sleep", "Sleep and body clock", "SLEEP AND BODY CLOCK"])
    def test_takes_the_category_that_somebody_chose_above_the_printed_one(self, category):
        make_category("sleep", name="Sleep and body clock")
        plan = dry_run(SEED, category=category)
        assert (plan.document.category, plan.obstacle, plan.printed_category) == ("sleep", "", None)
        assert dry_run(SEED, category="nothing").obstacle.startswith("There is no category “nothing”")

    def test_keeps_the_category_of_the_draft_where_the_printed_one_is_unknown(self):
        store(dry_run(SEED))
        plan = dry_run(SEED.replace("PEAK PERFORMANCE", "MAGIC"))
        assert (plan.document.category, plan.obstacle) == ("peak-performance", "")
        assert str(plan.disagreements[0]) == "line 1: there is no category “MAGIC”; the draft keeps its own"
        assert not plan.comparison

    @pytest.mark.parametrize("slug", ["Not an address", "a" * 81, "a_b", "a\x00"])
    def test_refuses_a_slug_that_is_no_address(self, slug):
        with pytest.raises(
            CannotImport, match="is no address; write small letters, digits and single hyphens"
        ):
            dry_run(SEED, slug)

    def test_asks_for_a_slug_where_no_title_makes_one(self):
        text = SEED.replace("Ketamine Assisted Psychotherapy Framework", "כותרת")
        with pytest.raises(
            CannotImport, match="The text has no title that could make an address; say the slug"
        ):
            dry_run(text)
        assert dry_run(text, "a-slug").slug == "a-slug"

    def test_refuses_what_is_neither_page_nor_file(self):
        for text in ("", "Dear all,\n\nhello.", b"\x00\x01\x02"):
            with pytest.raises(CannotImport, match="no page of a framework"):
                dry_run(text)

    def test_reads_bytes_as_browsers_and_editors_save_them(self):
        plan = dry_run(SEED)
        for encoding in ("utf-8", "utf-8-sig", "utf-16"):
            assert dry_run(SEED.replace("\n", "\r\n").encode(encoding)) == plan
        with pytest.raises(
            CannotImport, match="The text is not UTF-8 in line 78; save the file with the encoding"
        ):
            dry_run(SEED.encode("latin-1", "replace"))
        with pytest.raises(CannotImport, match="5,000,001 bytes long; 5,000,000 are the most"):
            dry_run(" " * 5_000_001)

    def test_refuses_a_page_that_makes_a_draft_more_than_a_document_holds(self):
        warnings = [{"key": f"w{n}", "level": "caution", "text": f"Number {n}."} for n in range(50)]
        steps = [{"key": "gone", "title": "Gone", "body": "Gone.", "warnings": warnings[:1]}]
        make_framework(make_document(warnings=warnings[1:], steps=steps, checklist=[], claims=[]), slug=SLUG)
        assert len(dry_run(SEED).document.warnings) == 50
        warnings.append({"key": "w51", "level": "caution", "text": "One more."})
        make_framework(make_document(warnings=warnings[1:], steps=steps, checklist=[], claims=[]), slug=SLUG)
        with pytest.raises(
            CannotImport, match="Page and draft together are more than a framework can be: warnings"
        ):
            dry_run(SEED)


class TestWhatAnEditorReads:
    """Every sentence goes through gettext, which here puts it between marks."""

    @pytest.fixture(autouse=True)
    def language(self, monkeypatch):
        monkeypatch.setattr(translation._trans, "gettext", lambda message: f"«{message}»")

    def test_of_a_page_is_in_their_language(self):
        plan = dry_run(SEED)
        assert len(plan.disagreements) == 5
        assert {f"{remark.text[0]}{remark.text[-1]}" for remark in plan.disagreements} == {"«»"}
        with pytest.raises(CannotImport, match="«This is no page of a framework: "):
            dry_run("Dear all,")

    def test_of_a_record_that_does_not_fit_is_too(self):
        with pytest.raises(bibliography.CannotBeSaved) as refused:
            bibliography.save([make_source("new", draws_on=["nobody"])])
        assert refused.value.message.startswith("«draws_on: there is no source “nobody”")


class TestStoringAPlan:
    def test_makes_a_draft_of_what_it_said_and_publishes_nothing(self):
        plan = dry_run(SEED)
        framework = store(plan)
        assert read_draft(framework) == plan.document
        assert not framework.is_published
        assert stored() == [1, 1, 0]

    def test_cites_the_source_as_where_the_framework_came_from(self):
        citation = store(dry_run(SEED)).citations.get()
        assert (citation.source.key, citation.stance, citation.claim_id) == ("huberman2025", "origin", None)

    def test_a_second_time_changes_nothing(self):
        framework = store(dry_run(SEED))
        plan = dry_run(SEED)
        assert not plan.comparison
        store(plan)
        framework.refresh_from_db()
        assert framework.version == 1
        assert stored() == [1, 1, 0]

    def test_leaves_the_live_page_as_it_is(self):
        framework = make_framework(published=True, slug=SLUG)
        store(dry_run(SEED))
        framework.refresh_from_db()
        assert framework.current_revision.document.title == "Box breathing"
        assert read_draft(framework).title == "Ketamine Assisted Psychotherapy Framework"
        assert framework.version == 2

    def test_is_refused_when_the_draft_was_changed_since_and_says_what(self):
        framework = store(dry_run(SEED))
        plan = dry_run(SEED.replace("Treating trauma", "Treating old trauma"))
        write_draft(framework, plan.draft.model_copy(update={"title": "Renamed"}))
        with pytest.raises(DraftChanged, match="was changed since the dry run") as refused:
            store(plan)
        (change,) = refused.value.comparison.fields
        assert (change.name, change.new) == ("title", "Renamed")
        assert read_draft(framework).tagline == "Treating trauma with ketamine"

    def test_tells_by_its_digest_whether_it_would_do_something_else(self):
        plan = dry_run(SEED)
        assert dry_run(SEED).digest == plan.digest
        assert dry_run(SEED, "another").digest != plan.digest
        assert dry_run(SEED.replace("Treating", "Healing")).digest != plan.digest
        framework = store(plan)
        text = SEED.replace("Treating trauma", "Treating old trauma")
        seen = dry_run(text).digest
        write_draft(framework, read_draft(framework).model_copy(update={"supervision": "ask-first"}))
        changed = dry_run(text).digest
        assert changed != seen
        write_draft(framework, read_draft(framework))
        assert dry_run(text).digest != changed  # of another version

    def test_says_who_did_it_as_any_edit_does(self):
        person = make_user("editor@example.com")
        framework = store(dry_run(SEED), by=person)
        store(dry_run(SEED.replace("Treating", "Healing")))
        by_whom = DraftChange.objects.order_by("version").values_list("changed_by__email", "before")
        (made_by, before), (loaded_by, then) = by_whom
        assert (made_by, before, loaded_by) == ("editor@example.com", None, None)
        assert then.tagline == "Treating trauma with ketamine"
        assert editors_since(framework) == {person.pk}

    def test_is_refused_when_a_record_that_the_draft_cites_was_corrected_since(self):
        store(dry_run(SEED))
        plan = dry_run(SEED.replace("Treating trauma", "Treating old trauma"))
        (record,) = importing.bibliography.records().values()
        importing.bibliography.save([record.model_copy(update={"note": "Cut from a longer talk."})])
        with pytest.raises(DraftChanged) as refused:
            store(plan)
        assert [change.fields for change in refused.value.comparison.sources] == [("note",)]

    def test_is_refused_when_the_framework_was_made_or_deleted_since(self):
        plan = dry_run(SEED)
        framework = store(plan)
        with pytest.raises(DraftChanged, match="was made since the dry run"):
            store(plan)
        plan = dry_run(SEED.replace("Treating", "Healing"))
        framework.delete()
        with pytest.raises(DraftChanged, match="has been deleted since the dry run"):
            store(plan)

    def test_is_refused_when_somebody_else_makes_it_at_the_same_moment(self, monkeypatch):
        plan = dry_run(SEED)
        write = saving.write

        def write_second(framework, document, **who):
            Framework.objects.create(slug=framework.slug, category=make_category("sleep"))
            write(framework, document, **who)

        monkeypatch.setattr(saving, "write", write_second)
        with pytest.raises(DraftChanged, match="was made since the dry run"):
            store(plan)
        assert stored() == [0, 0, 0]

    def test_is_refused_when_the_bibliography_got_a_source_of_this_key_since(self):
        plan = dry_run(SEED)
        other = make_source("huberman2025", title="Something else")
        importing.bibliography.save([other])
        with pytest.raises(DraftChanged, match="The bibliography has a source “huberman2025” since"):
            store(plan)
        assert importing.bibliography.records()["huberman2025"] == other
        assert Framework.objects.count() == 0

    def test_is_refused_when_the_category_went_since(self, shelf):
        plan = dry_run(SEED)
        shelf.delete()
        with pytest.raises(CannotImport, match="there is no category “peak-performance”"):
            store(plan)
        assert stored() == [0, 0, 0]

    def test_uses_the_record_that_the_bibliography_has(self):
        title = "Erasing Fears & Traumas Using Modern Neuroscience"
        record = make_source(
            "essentials", type="broadcast", title=title, issued="2025-11-06", study_design=None
        )
        importing.bibliography.save([record])
        plan = dry_run(SEED)
        assert plan.new_sources == ()
        assert plan.alone.source_keys == ["huberman2025"]
        store(plan)
        assert importing.bibliography.records() == {"essentials": record}


class TestAFrameworksFile:
    def test_is_told_from_a_page(self):
        text = as_yaml(make_document())
        assert dry_run(text).form is Form.YAML
        assert dry_run("# A comment\n\n" + text).form is Form.YAML
        assert dry_run("---\n" + text).form is Form.YAML
        with pytest.raises(CannotImport, match="no page of a framework"):
            dry_run(text, form=Form.PAGE)
        with pytest.raises(Refused):
            dry_run(SEED, form="yaml")

    def test_is_stored_as_a_draft_whatever_change_it_asks_for(self):
        make_category("stress")
        plan = dry_run(as_yaml(make_document(), change=Change(kind="clinical", note="First.")))
        assert plan.change == Change(kind="clinical", note="First.")
        assert "“change” publishes nothing here" in plan.disagreements[0].text
        framework = store(plan)
        assert framework.slug == "box-breathing"
        assert read_draft(framework) == make_document()
        assert not framework.is_published

    def test_replaces_the_draft_by_key(self):
        make_framework()
        plan = dry_run(as_yaml(make_document(tagline="Four counts")))
        assert [change.name for change in plan.comparison.fields] == ["tagline"]
        store(plan)
        assert read_draft(Framework.objects.get()).tagline == "Four counts"

    def test_names_each_warning_that_the_draft_would_lose(self):
        framework = make_framework()
        lost = [warning.text.plain for warning in read_draft(framework).all_warnings()]
        plan = dry_run(as_yaml(make_document(warnings=[], steps=[], checklist=[], claims=[])))
        assert len(lost) == 2
        assert [str(remark) for remark in plan.disagreements] == [
            f"the draft's warning “{text}” would be removed" for text in lost
        ]

    def test_is_refused_with_the_line_of_each_mistake(self):
        with pytest.raises(Refused) as refused:
            dry_run("title: A\ncategory: stress\nsteps:\n  - key: sit\n    titel: Sit\n")
        assert [refusal.line for refusal in refused.value.refusals] == [4, 4, 5]
        assert "titel" in str(refused.value)

    def test_of_an_unknown_category_says_which_there_are(self):
        plan = dry_run(as_yaml(make_document()))
        assert plan.obstacle == (
            "There is no category “stress”; choose one of those there are: Peak performance (peak-performance)."
        )
        assert (
            dry_run(as_yaml(make_document()), category="Peak performance").document.category
            == "peak-performance"
        )

    def test_takes_its_sources_from_the_bibliography_and_never_changes_them(self):
        make_framework()
        before = importing.bibliography.records()
        lee = before["lee2020"].model_copy(update={"title": "Another title"})
        new = make_source("new2021")
        document = make_document(
            sources=[lee, new],
            citations=[
                {"source": "talk2019", "stance": "origin"},
                {"source": "new2021", "stance": "background"},
            ],
        )
        plan = dry_run(as_yaml(document))
        assert [source.key for source in plan.new_sources] == ["new2021"]
        assert "the bibliography's record of “lee2020” stays, which differs" in plan.disagreements[0].text
        store(plan)
        assert importing.bibliography.records() == before | {"new2021": new}
        assert dry_run(as_yaml(make_document(), with_sources=False)).disagreements == ()

    def test_comes_with_what_a_record_of_the_bibliography_draws_on(self):
        make_framework()
        beneath = make_source("roe2011")
        lee = importing.bibliography.records()["lee2020"].model_copy(update={"draws_on": ("roe2011",)})
        importing.bibliography.save([beneath, lee])
        document = dry_run(as_yaml(make_document())).document
        assert document.source_keys == ["lee2020", "roe2011", "talk2019"]

    def test_brings_records_that_draw_on_those_of_the_bibliography(self):
        make_framework()
        importing.bibliography.save([make_source("roe2011", draws_on=["lee2020"])])
        plan = dry_run(as_yaml(make_document(citations=[{"source": "new2021", "stance": "origin"}],
            sources=[make_source("new2021", draws_on=["roe2011"])])))  # fmt: skip
        assert plan.document.source_keys == ["lee2020", "new2021", "roe2011"]
