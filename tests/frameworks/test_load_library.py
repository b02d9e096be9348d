from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from frameworks import bibliography
from frameworks.document import Change
from frameworks.drafts import read_draft, write_draft
from frameworks.library_files import load
from frameworks.models import Category, Framework, HelpContact, Listing, Revision, Source
from frameworks.yaml_text import as_yaml, records_as_yaml
from tests.factories import make_document, make_framework, make_source

pytestmark = pytest.mark.django_db

_CATEGORIES = "categories:\n  - {slug: stress, name: Stress}\n  - {slug: sleep, name: Sleep}\n"
_CONTACTS = """
contacts:
  - {key: gb-999, country: GB, kind: emergency, name: Emergency services, number: 999, link: 'tel:999'}
  - {key: no-113, country: NO, kind: emergency, name: Ambulanse, number: 113, link: 'tel:113', checked_on: 2026-11-23}
"""


EDITORIAL = Change(kind="editorial")
RETITLED = Change(kind="editorial", note="Another title.")


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


class Folder:
    """A library of two categories, two help contacts, two sources and one framework, which tests then change."""

    def __init__(self, path):
        self.path = path
        (path / "frameworks").mkdir()
        self.write("categories.yaml", _CATEGORIES)
        self.write("help.yaml", _CONTACTS)
        self.write_sources(*make_document().sources)
        self.write_framework()

    def write(self, name, text):
        (self.path / name).write_text(text, encoding="utf-8")

    def write_sources(self, *sources):
        self.write("sources.yaml", records_as_yaml("sources", sources))

    def write_framework(
        self,
        document=None,
        *,
        slug="box-breathing",
        change=EDITORIAL,
        with_sources=False,
        **changes,
    ):
        document = document or make_document(**changes)
        self.write(f"frameworks/{slug}.yaml", as_yaml(document, change=change, with_sources=with_sources))

    def load(self, *options):
        """What the command prints, and what it prints of refusals."""
        said, refused = StringIO(), StringIO()
        with ExitStack() as stack:
            if "REFUSES" in options:
                stack.enter_context(pytest.raises(SystemExit, match="1"))
            call_command(
                "load_library",
                self.path,
                *(o for o in options if o != "REFUSES"),
                stdout=said,
                stderr=refused,
            )
        return said.getvalue(), refused.getvalue().replace(f"{self.path}/", "")


class TestLoadingALibrary:
    def test_stores_and_publishes_all_that_the_files_say(self, folder):
        said, refused = folder.load()
        assert said == (
            "2 categories: 2 new\n2 help contacts: 2 new\n2 sources: 2 new\n1 framework: 1 new\n1 revision published\n"
        )
        assert refused == ""
        framework = Framework.objects.get()
        assert framework.is_published
        assert framework.current_revision.document == make_document()
        assert framework.current_revision.published_by is None
        assert Listing.objects.get().title == "Box breathing"
        contact = HelpContact.objects.get(key="no-113")
        assert (contact.country, contact.number, str(contact.checked_on)) == ("NO", "113", "2026-11-23")

    def test_a_second_time_changes_nothing_and_says_so(self, folder):
        folder.load()
        before = everything()
        said, _ = folder.load()
        assert said.splitlines()[-2:] == ["1 framework: 1 unchanged", "Nothing changed."]
        assert everything() == before

    def test_refuses_to_publish_a_change_under_the_note_of_the_last(self, folder):
        change = Change(kind="clinical", note="First edition.")
        folder.write_framework(change=change)
        folder.load()
        folder.write_framework(change=change, title="Another title")
        _, refused = folder.load("REFUSES")
        assert "change.note is what revision 1 said of itself; say what changes now" in refused
        assert Framework.objects.get().current_revision.number == 1
        folder.write_framework(change=Change(kind="editorial", note="Another title."), title="Another title")
        folder.load()
        assert Framework.objects.get().current_revision.number == 2

    def test_says_which_pages_go_on_showing_a_source_as_it_was(self, folder):
        folder.load()
        sources = [source.model_copy(update={"sample": "40 adults"}) for source in make_document().sources]
        folder.write_sources(*sources)
        said, _ = folder.load()
        assert said.splitlines()[0] == (
            "box-breathing: its page shows changed sources as they were; its next revision brings them"
        )
        folder.write_sources(*(source.model_copy(update={"sample": "41 adults"}) for source in sources))
        folder.write_framework(title="Another title", change=RETITLED)
        said, _ = folder.load()
        assert "its next revision" not in said

    def test_a_dry_run_says_what_it_would_do_and_stores_nothing(self, folder):
        said, _ = folder.load("--dry-run")
        assert "1 framework: 1 new\n1 revision published\nDry run: nothing was stored.\n" in said
        assert "new: categories.yaml: stress" in said.replace(f"{folder.path}/", "")
        assert "new: frameworks/box-breathing.yaml" in said.replace(f"{folder.path}/", "")
        assert not any(everything().values())

    def test_a_folder_that_is_not_there_is_said_so(self, tmp_path):
        with pytest.raises(
            CommandError, match=r"There is no folder .*nowhere; name one that holds categories\.yaml"
        ):
            call_command("load_library", tmp_path / "nowhere")

    def test_a_folder_without_a_library_is_said_so(self, tmp_path):
        with pytest.raises(CommandError, match=r"holds no categories\.yaml"):
            call_command("load_library", tmp_path)

    def test_takes_the_order_of_categories_and_contacts_from_the_file(self, folder):
        folder.load()
        folder.write(
            "categories.yaml",
            "categories:\n  - {slug: sleep, name: Sleep}\n  - {slug: stress, name: Stress}\n",
        )
        said, _ = folder.load()
        assert "2 categories: 2 changed" in said
        assert [category.slug for category in Category.objects.all()] == ["sleep", "stress"]


class TestAFrameworkWhoseFileChanged:
    def test_gets_a_new_revision_with_the_files_kind_and_note(self, folder):
        folder.load()
        folder.write_framework(
            title="Square breathing", change=Change(kind="clinical", note="A better name.")
        )
        said, _ = folder.load()
        assert "1 framework: 1 changed\n1 revision published" in said
        revision = Framework.objects.get().current_revision
        assert (revision.number, revision.kind, revision.note) == (2, "clinical", "A better name.")
        assert revision.document.title == "Square breathing"

    def test_is_a_draft_where_the_file_says_no_change(self, folder):
        folder.write_framework(change=None)
        folder.load()
        assert not Framework.objects.get().is_published
        assert not Revision.objects.exists()

    def test_is_published_once_the_file_says_a_change(self, folder):
        folder.write_framework(change=None)
        folder.load()
        folder.write_framework(change=EDITORIAL)
        said, _ = folder.load()
        assert "1 framework: 1 unchanged\n1 revision published" in said
        assert Framework.objects.get().is_published

    def test_needs_a_note_for_a_second_revision(self, folder):
        folder.load()
        folder.write_framework(title="Square breathing", change=Change(kind="clinical"))
        refused = folder.load("REFUSES")[1]
        assert "change.note Say in a sentence what changed since revision 1" in refused
        assert Revision.objects.count() == 1

    def test_makes_no_second_revision_where_only_the_note_changed(self, folder):
        folder.load()
        folder.write_framework(change=Change(kind="clinical", note="Said better."))
        said, _ = folder.load()
        assert "Nothing changed." in said
        assert Revision.objects.count() == 1

    def test_is_not_published_where_it_was_withdrawn(self, folder):
        folder.load()
        Framework.objects.get().withdraw(reason="It harms.")
        folder.write_framework(title="Square breathing")
        said, _ = folder.load()
        assert "box-breathing.yaml: it was withdrawn; its draft was loaded and not published" in said
        assert Framework.objects.get().title == "Square breathing"
        assert Revision.objects.count() == 1


class TestAnEditorsChange:
    def edit(self, **changes):
        framework = Framework.objects.get()
        write_draft(framework, make_document(**changes))

    def test_stays_where_the_file_did_not_change(self, folder):
        folder.load()
        self.edit(tagline="An editor's tagline")
        said, _ = folder.load()
        assert "box-breathing.yaml: an editor changed it and the file did not; it stays as it is" in said
        assert "1 framework: 1 kept as an editor left it" in said
        assert "Nothing changed." in said
        assert read_draft(Framework.objects.get()).tagline == "An editor's tagline"

    def test_and_a_change_of_the_file_refuse_the_file_and_show_the_comparison(self, folder):
        folder.load()
        self.edit(tagline="An editor's tagline")
        folder.write_framework(title="Square breathing")
        said, refused = folder.load("REFUSES")
        assert refused == (
            "frameworks/box-breathing.yaml:1: was changed by an editor since it was last loaded, and by the file "
            "as well. Write the editor's change into the file, or load with --overwrite to drop it. "
            "This is what loading the file would change:\n"
            "title: reworded\n  - Box breathing\n  + Square breathing\n"
            "tagline: reworded\n  - An editor's tagline\n  + Four slow counts, four times\n"
        )
        assert "1 file refused" in said
        assert read_draft(Framework.objects.get()).tagline == "An editor's tagline"

    def test_is_dropped_by_overwrite_where_the_file_changed_too(self, folder):
        folder.load()
        self.edit(tagline="An editor's tagline")
        folder.write_framework(title="Square breathing", change=RETITLED)
        said, _ = folder.load("--overwrite")
        assert "1 framework: 1 changed\n1 revision published" in said
        assert Framework.objects.get().current_revision.document == make_document(title="Square breathing")

    def test_that_says_what_the_file_says_now_is_no_conflict(self, folder):
        folder.load()
        self.edit(title="Square breathing")
        folder.write_framework(title="Square breathing", change=RETITLED)
        said, _ = folder.load()
        assert "1 framework: 1 unchanged\n1 revision published" in said

    def test_is_never_published_by_a_file_that_only_asks_to_publish(self, folder):
        folder.write_framework(change=None)
        folder.load()
        self.edit(tagline="Half a thou")
        folder.write_framework(change=EDITORIAL)
        _, refused = folder.load("REFUSES")
        assert "was changed by an editor" in refused
        assert not Revision.objects.exists()

    def test_of_a_framework_that_no_file_made_is_not_overwritten_unasked(self, folder):
        make_framework(title="Made by hand")
        _, refused = folder.load("REFUSES")
        assert "- Made by hand" in refused
        assert Framework.objects.get().title == "Made by hand"

    @pytest.mark.parametrize(
        ("model", "which", "field", "file", "change"),
        [
            (Category, {"slug": "stress"}, "name", "categories.yaml", ("Stress", "Strain")),
            (HelpContact, {"key": "gb-999"}, "hours", "help.yaml", ("999,", "999, hours: All day,")),
            (Source, {"key": "talk2019"}, "note", "sources.yaml", ("A talk on breath", "Another talk")),
        ],
    )
    def test_of_a_category_a_contact_or_a_source_is_kept_by_the_same_rule(
        self, folder, model, which, field, file, change
    ):
        folder.load()
        row = model.objects.get(**which)
        setattr(row, field, "Edited")
        row.save()
        said, _ = folder.load()
        assert "1 kept as an editor left it" in said
        row.refresh_from_db()
        assert getattr(row, field) == "Edited"

        text = (folder.path / file).read_text()
        assert change[0] in text
        folder.write(file, text.replace(*change, 1))
        said, refused = folder.load("REFUSES")
        assert f"{file}:" in refused
        assert "was changed by an editor" in refused
        assert "- Edited" in refused
        folder.load("--overwrite")
        row.refresh_from_db()
        assert getattr(row, field) != "Edited"


class TestABrokenFile:
    def test_is_refused_whole_while_the_rest_of_the_folder_loads(self, folder):
        folder.write(
            "frameworks/broken.yaml", "title: Broken\ncategory: stress\nsteps:\n  - key: a\n    titel: B\n"
        )
        said, refused = folder.load("REFUSES")
        assert refused == (
            "frameworks/broken.yaml:4: steps[0].title is missing; every step needs a title\n"
            "frameworks/broken.yaml:4: steps[0].body is missing; every step needs a body\n"
            "frameworks/broken.yaml:5: steps[0].titel is not a field here; did you mean “title”?\n"
        )
        assert said.endswith("1 framework: 1 new\n1 revision published\n1 file refused\n")
        assert Framework.objects.get().slug == "box-breathing"

    def test_that_is_not_ready_to_publish_leaves_nothing_behind(self, folder):
        folder.write_framework(slug="half-done", checklist=[], supervision=None)
        _, refused = folder.load("REFUSES")
        assert "frameworks/half-done.yaml:1: checklist There is no checklist item" in refused
        assert "supervision Nobody has judged" in refused
        assert not Framework.objects.filter(slug="half-done").exists()

    def test_that_is_not_ready_leaves_the_former_draft_and_revision(self, folder):
        folder.load()
        folder.write_framework(title="Square breathing", principles=[])
        folder.load("REFUSES")
        framework = Framework.objects.get()
        assert read_draft(framework) == framework.current_revision.document == make_document()

    @pytest.mark.parametrize(
        ("name", "content", "refusal"),
        [
            ("categories.yaml", "categories: [", "categories.yaml:1: cannot be read as YAML"),
            (
                "sources.yaml",
                "sources:\n- {key: a, type: book, title: A, DOI: x}",
                "sources.yaml:2: sources[0].DOI is not a DOI",
            ),
            (
                "frameworks/a.yaml",
                "title: A\ncategory: knitting",
                "frameworks/a.yaml:2: category there is no category “knitting”",
            ),
            (
                "frameworks/a.yaml",
                "title: A\ncategory: stress\ncitations:\n- {source: b, stance: origin}",
                "frameworks/a.yaml:4: citations[0].source there is no source “b”",
            ),
            (
                "frameworks/A b.yaml",
                "title: A\ncategory: stress",
                "frameworks/A b.yaml:1: has a name that is no address",
            ),
            (
                "frameworks/a.yml",
                "title: A\ncategory: stress",
                "frameworks/a.yml:1: ends in .yml; rename it to a.yaml",
            ),
            ("frameworks/a.yaml", "\0", "frameworks/a.yaml:1: holds the unseen character U+0000; delete it"),
        ],
    )
    def test_is_named_with_its_line(self, folder, name, content, refusal):
        folder.write(name, content)
        _, refused = folder.load("REFUSES")
        assert refused.startswith(refusal)

    def test_that_cannot_be_opened_is_named(self, folder):
        (folder.path / "frameworks" / "folder.yaml").mkdir()
        _, refused = folder.load("REFUSES")
        assert refused == "frameworks/folder.yaml:1: cannot be read: Is a directory\n"

    def test_that_breaks_a_promise_of_the_database_is_refused_alone(self, folder):
        folder.load()
        folder.write(
            "categories.yaml", "categories:\n- {slug: stress, name: Stress}\n- {slug: other, name: Stress}\n"
        )
        folder.write_framework(title="Square breathing", change=RETITLED)
        said, refused = folder.load("REFUSES")
        assert refused.startswith("categories.yaml:1: would break a promise of the database: ")
        assert "1 revision published" in said

    def test_that_gives_a_source_the_doi_of_another_names_the_record(self, folder):
        folder.load()
        folder.write_sources(make_source("other", DOI="10.1234/LEE.2020"))
        _, refused = folder.load("REFUSES")
        assert (
            refused
            == "sources.yaml:2: sources[0] DOI: is that of “lee2020” already; one work has one record\n"
        )


class TestAFileThatBringsItsSources:
    def test_adds_them_to_the_bibliography(self, folder):
        folder.write_sources()
        folder.write_framework(with_sources=True)
        folder.load()
        assert set(bibliography.records()) == {"lee2020", "talk2019"}
        said, _ = folder.load()
        assert "Nothing changed." in said

    def test_may_correct_what_it_brought(self, folder):
        folder.write_sources()
        folder.write_framework(with_sources=True)
        folder.load()
        folder.write_framework(sources=[make_source("talk2019", title="Its right title")], with_sources=True)
        folder.load()
        assert Source.objects.get(key="talk2019").title == "Its right title"

    def test_is_refused_where_it_contradicts_the_bibliography(self, folder):
        folder.write_framework(sources=[make_source("talk2019", title="Another title")], with_sources=True)
        _, refused = folder.load("REFUSES")
        assert (
            "sources[1] differs from the record in sources.yaml; make both the same, or leave it out here"
            in refused
        )
        assert "  title\n  - A talk on breath\n  + Another title" in refused
        assert not Framework.objects.exists()

    def test_is_refused_where_it_contradicts_another_file(self, folder):
        folder.write_sources()
        folder.write_framework(slug="first", with_sources=True)
        folder.write_framework(
            sources=[make_source("talk2019", title="Another")], slug="second", with_sources=True
        )
        (folder.path / "frameworks" / "box-breathing.yaml").unlink()
        _, refused = folder.load("REFUSES")
        assert "frameworks/second.yaml:" in refused
        assert "differs from the record in frameworks/first.yaml" in refused.replace(f"{folder.path}/", "")


@pytest.mark.django_db(transaction=True)
class TestTwoLoadsAtOnce:
    def test_take_turns(self, folder):
        def run(_):
            try:
                return load(folder.path)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(4) as pool:
            reports = list(pool.map(run, range(4)))
        assert [report.refusals for report in reports] == [[]] * 4
        assert sorted(report.changed_nothing for report in reports) == [False, True, True, True]
        assert Revision.objects.count() == 1


def everything():
    models = (Category, HelpContact, Source, Framework, Revision, Listing)
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}
