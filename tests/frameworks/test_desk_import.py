"""A whole framework brought to the desk as one text: shown first, then stored as a draft."""

from pathlib import Path

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile

from frameworks import bibliography
from frameworks.drafts import read_draft, write_draft
from frameworks.models import DraftChange, Framework, Source
from frameworks.yaml_text import as_yaml
from tests.factories import make_category, make_document, make_framework, make_source

from .desk import address, browser_of
from .desk_forms import typed

pytestmark = pytest.mark.django_db

IMPORT = "/admin/frameworks/framework/import/"
SEED = (Path(__file__).parent / "pages" / "seed-page.txt").read_text(encoding="utf-8")
SLUG = "ketamine-assisted-psychotherapy-framework"


@pytest.fixture(autouse=True)
def shelf():
    return make_category("peak-performance", name="Peak performance")


def look(browser, text=SEED, **fields):
    return browser.post(IMPORT, {"text": text, **fields})


def store(browser, page, **fields):
    return browser.post(IMPORT, typed(page, "import", _store=digest(page), **fields))


def digest(page):
    plan = page.context["plan"]
    assert f'name="_store" value="{plan.digest}"' in page.text
    return plan.digest


class TestWhoMayImport:
    @pytest.mark.parametrize(
        ("role", "status"),
        [("anonymous", 302), ("reader", 302), ("editor", 200), ("publisher", 200), ("administrator", 200)],
    )
    def test_opens_the_page(self, role, status):
        assert browser_of(role).get(IMPORT).status_code == status

    def test_is_offered_it_above_the_list_and_on_the_pages_of_a_draft(self, editor):
        assert f'href="{IMPORT}"' in editor.get("/admin/frameworks/framework/").text
        framework = make_framework()
        link = f'href="{IMPORT}?slug=box-breathing">Import into this draft'
        assert link in editor.get(address(framework)).text
        editor.person.groups.clear()
        editor.person.user_permissions.add(Permission.objects.get(codename="change_framework"))
        assert link not in editor.get(address(framework)).text

    @pytest.mark.parametrize("held", ["add", "change", None])
    def test_needs_the_right_to_begin_frameworks_and_to_change_them(self, editor, held):
        editor.person.groups.clear()
        if held:
            editor.person.user_permissions.add(Permission.objects.get(codename=f"{held}_framework"))
        assert editor.get(IMPORT).status_code == 403
        assert look(editor).status_code == 403


class TestADryRun:
    def test_shows_what_would_be_and_stores_nothing(self, editor):
        page = look(editor)
        assert page.status_code == 200
        for shown in (
            "This would make a new draft: “Ketamine Assisted Psychotherapy Framework”",
            "Every line was understood.",
            "<b>Line 77</b> “Traced to primary” is dropped",
            "level to be judged",
            "There is no checklist item; write at least one thing to tick.",
            "<code>huberman2025</code>",
            "Administer ketamine",
        ):
            assert shown in page.text
        assert (Framework.objects.count(), Source.objects.count(), LogEntry.objects.count()) == (0, 0, 0)

    def test_names_each_line_that_was_not_understood(self, editor):
        page = look(editor, SEED.replace("Overview\n", "Overview\n\nShare on Facebook\n\n2 comments\n", 1))
        lines = {line.text: line.line for line in page.context["plan"].unrecognised}
        assert lines
        for text, line in lines.items():
            assert f"<b>Line {line}</b> {text}" in page.text
        below = look(editor, "\n\n" + SEED)
        assert "<b>Line 79</b> “Traced to primary” is dropped" in below.text

    def test_shows_a_page_that_comes_again_against_the_draft(self, editor):
        store(editor, look(editor))
        more = SEED.replace("Treating trauma", "Treating old trauma").replace(
            "1 cases\n", "2 cases\nAnother\n\nIt went well.\n\nOutcomeGood.\n\n"
        )
        page = look(editor, more)
        assert "This would change the draft of “Ketamine Assisted Psychotherapy Framework”" in page.text
        assert "<ins>" in page.text
        found = page.context["found_again"]
        assert ("Steps", "Administer ketamine", "by the same text") in found
        assert {how for _part, _name, how in found} == {"by the same text", "by the same title"}

    def test_says_that_there_is_nothing_to_store(self, editor):
        store(editor, look(editor))
        page = look(editor)
        assert "Nothing to store" in page.text
        assert "_store" not in page.text

    def test_asks_for_a_category_where_the_text_names_an_unknown_one(self, editor):
        make_category("sleep", name="Sleep")
        text = SEED.replace("PEAK PERFORMANCE", "MAGIC")
        page = look(editor, text)
        assert page.status_code == 422
        assert "There is no category “MAGIC”" in page.context["form"].errors["category"][0]
        assert "_store" not in page.text
        assert "Administer ketamine" in page.text
        page = look(editor, text, category="sleep")
        assert page.status_code == 200
        store(editor, page)
        assert Framework.objects.get().category.slug == "sleep"

    def test_shows_it_at_the_address_that_was_typed(self, editor):
        framework = make_framework()
        assert 'value="box-breathing"' in editor.get(f"{IMPORT}?slug=box-breathing").text
        page = look(editor, slug="box-breathing", category="stress")
        assert page.context["plan"].version == framework.version

    def test_says_that_another_framework_has_this_title(self, editor):
        make_framework(slug="short-name", title="ketamine assisted psychotherapy framework")
        said = "the framework at “short-name” has this title already"
        assert said in look(editor).text
        assert said not in look(editor, slug="short-name").text

    def test_lists_as_new_only_the_records_that_the_bibliography_does_not_have(self, editor):
        assert "Records of sources" in look(editor).text
        store(editor, look(editor))
        Source.objects.get(key="huberman2025").draws_on.add(
            Source.objects.create(key="huberman2021", type="broadcast", title="The long one")
        )
        page = look(editor, slug="again").text
        assert "Records of sources" not in page
        assert "The long one" not in page
        assert "Erasing Fears" in page, "what it cites is named there"

    def test_costs_a_fixed_number_of_statements(self, editor, django_assert_num_queries):
        for sources in (1, 60):
            bibliography.save([make_source(f"source{n}", DOI=None, PMID=None) for n in range(sources)])
            with django_assert_num_queries(10):
                look(editor)


class TestBadInput:
    @pytest.mark.parametrize(
        ("fields", "field", "message"),
        [
            ({"text": ""}, "text", "Paste the text, or choose a file."),
            ({"text": " \n"}, "text", "Paste the text, or choose a file."),
            ({"text": "Dear all,\n\nhello."}, "text", "headings"),
            ({"text": "a\x00b"}, "text", "Null characters are not allowed."),
            ({"text": "x" * 500_001}, "text", "at most 500000 characters"),
            ({"slug": "Not an address"}, "slug", "Write small letters, digits and single hyphens"),
            ({"category": "nothing"}, "category", "Select a valid choice"),
            ({"kind": "yaml"}, "text", "It has mistakes: each is named in the list, with its line."),
            ({"file": SimpleUploadedFile("a.txt", b"\xe9t\xe9")}, "file", "The text is not UTF-8 in line 1"),
            ({"file": SimpleUploadedFile("a.txt", b" " * 500_001)}, "file", "half a megabyte is the most"),
            ({"file": SimpleUploadedFile("a.txt", b"")}, "text", "Paste the text, or choose a file."),
        ],
    )
    def test_is_refused_at_its_field_and_nothing_typed_is_lost(self, editor, fields, field, message):
        page = look(editor, **fields)
        assert page.status_code == 422
        assert message in " ".join(page.context["form"].errors[field])
        assert page.context["form"]["slug"].value() == fields.get("slug")
        if "text" not in fields and "file" not in fields:
            assert page.context["form"]["text"].value() == SEED
        assert Framework.objects.count() == 0

    def test_in_a_file_is_told_with_its_line_and_what_stands_there(self, editor):
        page = look(editor, "title: A\r\ncategory: stress\r\nsteps:\r\n  - key: sit\r\n    titel: Sit\r\n")
        assert page.status_code == 422
        assert [mistake.line for mistake in page.context["refusals"]] == [4, 4, 5]
        assert "did you mean “title”?" in page.text
        assert '<pre class="desk-line">    titel: Sit</pre>' in page.text


class TestAFile:
    def test_is_taken_in_place_of_the_text_and_can_be_mended_on_the_page(self, editor):
        file = SimpleUploadedFile("page.txt", SEED.replace("\n", "\r\n").encode("utf-8-sig"))
        page = look(editor, "something else", file=file)
        assert page.context["plan"].slug == SLUG
        assert "something else" not in page.text
        store(editor, page)
        assert Framework.objects.get().slug == SLUG

    def test_of_yaml_is_stored_whole(self, editor):
        make_category("stress")
        file = SimpleUploadedFile("box-breathing.yaml", as_yaml(make_document()).encode())
        store(editor, look(editor, "", file=file))
        assert read_draft(Framework.objects.get()) == make_document()

    def test_changes_the_draft_that_it_was_exported_from(self, editor):
        framework = make_framework(slug="short-name")
        exported = editor.get(address(framework, "export"))
        name = exported.headers["Content-Disposition"].split('"')[1]
        file = SimpleUploadedFile(name, exported.content.replace(b"Box breathing", b"Square breathing"))
        page = look(editor, "", file=file)
        assert "This would change the draft of “Box breathing”, at short-name" in page.text
        assert typed(page, "import")["slug"] == ["short-name"], "as a browser sends no file twice"
        store(editor, page)
        assert Framework.objects.get().title == "Square breathing"

    @pytest.mark.parametrize(
        ("name", "slug", "at"),
        [
            ("short-name.yaml", "typed", "typed"),
            ("short-name.YML", "", "short-name"),
            ("short-name.txt", "", "box-breathing"),
            ("Not a slug.yaml", "", "box-breathing"),
            ("yaml", "", "box-breathing"),
        ],
    )
    def test_is_taken_at_its_word_for_the_address_where_it_is_one(self, editor, name, slug, at):
        make_category("stress")
        file = SimpleUploadedFile(name, as_yaml(make_document()).encode())
        assert look(editor, "", file=file, slug=slug).context["plan"].slug == at


class TestStoring:
    def test_makes_a_draft_with_its_author_and_publishes_nothing(self, editor):
        answer = store(editor, look(editor))
        framework = Framework.objects.get()
        assert (answer.status_code, answer.url) == (303, address(framework))
        assert not framework.is_published
        assert DraftChange.objects.get().changed_by == editor.person
        logged = LogEntry.objects.order_by("pk").values_list("content_type__model", "change_message")
        assert list(logged) == [
            ("framework", "Imported into the draft."),
            ("source", "Imported with a framework."),
        ]
        assert "Not ready to publish" in editor.get(answer.url).text

    def test_of_what_was_not_looked_at_shows_it_first(self, editor):
        page = look(editor)
        other = SEED.replace("Treating trauma", "Treating old trauma")
        answer = editor.post(IMPORT, {"text": other, "_store": digest(page)})
        assert answer.status_code == 409
        assert "Not stored yet: it would do something else now" in answer.text
        assert Framework.objects.count() == 0
        store(editor, answer)
        assert Framework.objects.get().tagline == "Treating old trauma with ketamine"

    def test_of_a_draft_that_was_changed_meanwhile_shows_it_anew(self, editor):
        store(editor, look(editor))
        framework = Framework.objects.get()
        page = look(editor, SEED.replace("Treating trauma", "Treating old trauma"))
        write_draft(framework, read_draft(framework).model_copy(update={"sensitive": True}))
        answer = store(editor, page)
        assert answer.status_code == 409
        assert Framework.objects.get().tagline == "Treating trauma with ketamine"
        store(editor, answer)
        saved = read_draft(Framework.objects.get())
        assert (saved.tagline, saved.sensitive) == ("Treating old trauma with ketamine", True)

    def test_that_loses_a_race_shows_it_anew(self, editor, monkeypatch):
        from frameworks.admin import importing

        page = look(editor)
        planned = importing.dry_run

        def and_somebody_else_stores_it(*args, **kwargs):
            monkeypatch.setattr(importing, "dry_run", planned)
            plan = planned(*args, **kwargs)
            importing.store(planned(SEED))
            return plan

        monkeypatch.setattr(importing, "dry_run", and_somebody_else_stores_it)
        answer = store(editor, page)
        assert answer.status_code == 409
        assert "Nothing to store" in answer.text
        assert Framework.objects.count() == 1

    def test_twice_is_once(self, editor):
        page = look(editor)
        store(editor, page)
        assert store(editor, page).status_code == 409
        assert Framework.objects.get().version == 1

    def test_falls_under_the_two_person_rule(self, publisher):
        store(publisher, look(publisher))
        framework = Framework.objects.get()
        write_draft(framework, read_draft(framework).model_copy(update={"sensitive": True}))
        page = publisher.get(address(framework, "publish"))
        assert "Somebody else has to publish this" in page.text


class TestASessionThatHasEnded:
    def test_keeps_the_text(self, editor):
        editor.logout()
        answer = look(editor)
        assert answer.status_code == 401
        assert "Administer ketamine" in answer.text
