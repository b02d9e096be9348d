from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from frameworks import bibliography
from frameworks.drafts import read_draft, write_draft
from frameworks.library_files import load
from frameworks.models import Category, Framework, HelpContact, Listing, Revision, Source
from frameworks.yaml_text import YamlText
from tests.factories import make_document, make_framework, make_source

pytestmark = pytest.mark.django_db


def export(folder):
    said = StringIO()
    call_command("export_library", folder, stdout=said)
    return said.getvalue()


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def change_in(folder, slug="box-breathing"):
    text = YamlText((folder / "frameworks" / f"{slug}.yaml").read_bytes(), slug)
    return text.read_framework(bibliography.records()).change


def forget_everything():
    """The tables as a new installation has them. Truncated, because revisions refuse to be deleted."""
    tables = [model._meta.db_table for model in (Listing, Revision, Framework, Category, HelpContact, Source)]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")


class TestExportingALibrary:
    def test_says_how_much_it_wrote(self, tmp_path):
        make_framework(published=True)
        assert export(tmp_path) == (
            "1 category: 1 written\n0 help contacts\n2 sources: 2 written\n1 framework: 1 written\n"
        )

    def test_a_second_time_writes_the_same_bytes(self, tmp_path):
        make_framework(published=True)
        export(tmp_path / "one")
        export(tmp_path / "two")
        assert files(tmp_path / "one") == files(tmp_path / "two")

    def test_loading_it_elsewhere_gives_the_same_library(self, tmp_path):
        HelpContact.objects.create(
            key="gb-999", country="GB", kind="emergency", name="Help", number="999", link="tel:999"
        )
        sources = [
            make_source("trial", PMID="123"),
            make_source("review", study_design="review", draws_on=["trial"]),
        ]
        make_framework(
            published=True, kind="clinical", note="First.", sources=sources, sensitive=True,
            citations=[{"source": "review", "stance": "background"}],
        )  # fmt: skip
        make_framework(slug="draft", checklist=[])
        before = {framework.slug: read_draft(framework) for framework in Framework.objects.all()}
        export(tmp_path / "one")
        forget_everything()
        assert not load(tmp_path / "one").refusals
        assert {framework.slug: read_draft(framework) for framework in Framework.objects.all()} == before
        revision = Revision.objects.get()
        assert (revision.document, revision.kind, revision.note) == (
            before["box-breathing"],
            "clinical",
            "First.",
        )
        assert HelpContact.objects.get().link == "tel:999"
        export(tmp_path / "two")
        assert files(tmp_path / "one") == files(tmp_path / "two")

    def test_loading_it_where_it_came_from_changes_nothing(self, tmp_path):
        make_framework(published=True)
        export(tmp_path)
        assert load(tmp_path).changed_nothing

    def test_a_draft_that_readers_do_not_see_yet_asks_for_no_publishing_and_is_said_so(self, tmp_path):
        framework = make_framework(published=True)
        write_draft(framework, make_document(title="Half a thought"))
        said = export(tmp_path)
        assert "box-breathing: its draft was changed since it was published, so its file is a draft" in said
        assert change_in(tmp_path) is None

    def test_a_withdrawn_framework_asks_for_no_publishing_and_is_said_so(self, tmp_path):
        make_framework(published=True).withdraw(reason="It harms.")
        assert "box-breathing: it was withdrawn, so its file asks for no publishing" in export(tmp_path)
        assert change_in(tmp_path) is None

    def test_a_framework_that_was_never_published_is_a_draft(self, tmp_path):
        make_framework()
        export(tmp_path)
        assert change_in(tmp_path) is None

    def test_the_files_tell_programs_where_the_schema_is_and_leave_sources_to_the_bibliography(
        self, tmp_path
    ):
        make_framework(published=True)
        export(tmp_path)
        text = (tmp_path / "frameworks" / "box-breathing.yaml").read_text()
        assert text.startswith(
            "# yaml-language-server: $schema=../framework.schema.json\n\ntitle: Box breathing\n"
        )
        assert "\nsources:" not in text
