import json
import sys
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from frameworks.drafts import read_draft
from frameworks.models import Framework, Source
from frameworks.yaml_text import as_yaml
from tests.factories import make_category, make_document, make_framework

pytestmark = pytest.mark.django_db

SEED = Path(__file__).parent / "pages" / "seed-page.txt"
SLUG = "ketamine-assisted-psychotherapy-framework"


def run(*arguments):
    said = StringIO()
    call_command("import_page", *map(str, arguments), stdout=said)
    return said.getvalue()


@pytest.fixture
def file(tmp_path):
    def file(text, name="page.txt"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return file


class TestTheDryRunAsJson:
    def test_prints_what_the_page_says_and_stores_nothing(self):
        data = json.loads(run(SEED, "--dry-run", "--json"))
        assert list(data) == ["document", "unrecognised", "disagreements"]
        document = data["document"]
        assert document["title"] == "Ketamine Assisted Psychotherapy Framework"
        assert (document["category"], document["time_to_result"]) == ("PEAK PERFORMANCE", "months")
        lengths = {name: len(value) for name, value in document.items() if isinstance(value, list)}
        assert lengths == {
            "warnings": 0, "principles": 3, "steps": 3, "checklist": 0, "examples": 1, "mistakes": 2, "claims": 0,
            "citations": 1, "sources": 1,
        }  # fmt: skip
        assert list(document["steps"][0]) == ["key", "title", "body", "tip", "done_by", "warnings"]
        assert [warning["level"] for step in document["steps"] for warning in step["warnings"]] == [
            "caution"
        ] * 3
        assert document["citations"][0]["stance"] == "origin"
        assert data["unrecognised"] == []
        assert any("Traced to primary" in said for said in data["disagreements"])
        assert Framework.objects.count() == 0
        assert Source.objects.count() == 0

    def test_names_the_lines_that_were_not_understood(self, file):
        lines = SEED.read_text(encoding="utf-8").splitlines()
        lines.insert(5, "Share this page")
        lines.append("© 2025 · All rights reserved.")
        data = json.loads(run(file("\r\n".join(lines)), "--dry-run", "--json"))
        assert data["unrecognised"] == [
            {"line": 6, "text": "Share this page"},
            {"line": 83, "text": "© 2025 · All rights reserved."},
        ]

    def test_tells_of_a_line_that_may_be_a_warning_in_a_readable_sentence(self, file):
        text = SEED.read_text(encoding="utf-8").replace("  2. The", "  WarningNot alone.\n  2. The", 1)
        data = json.loads(run(file(text), "--dry-run", "--json"))
        assert (
            "line 29: says “Warning”, and is not taken for a warning; if it is one, write it as one in the draft"
            in data["disagreements"]
        )

    def test_names_no_category_where_the_page_names_none(self, file):
        text = SEED.read_text(encoding="utf-8").replace("PEAK PERFORMANCE", "", 1)
        data = json.loads(run(file(text), "--dry-run", "--json"))
        assert data["document"]["category"] == ""
        assert data["disagreements"][-1].startswith("The page names no category")
        make_framework(make_document(), slug=SLUG)
        assert json.loads(run(file(text), "--dry-run", "--json"))["document"]["category"] == ""

    def test_says_that_a_category_is_unknown(self):
        make_category("sleep")
        said = json.loads(run(SEED, "--dry-run", "--json"))["disagreements"]
        assert (
            said[-1]
            == "There is no category “PEAK PERFORMANCE”; choose one of those there are: Sleep (sleep)."
        )
        assert (
            json.loads(run(SEED, "--dry-run", "--json", "--category", "sleep"))["document"]["category"]
            == "sleep"
        )

    def test_is_the_same_whatever_the_library_has(self):
        make_category("peak-performance")
        before = run(SEED, "--dry-run", "--json")
        make_framework(make_document(), slug=SLUG)
        run(SEED)
        assert run(SEED, "--dry-run", "--json") == before

    def test_goes_with_a_dry_run_alone(self):
        with pytest.raises(CommandError, match="give --dry-run as well"):
            run(SEED, "--json")


class TestADryRun:
    def test_says_what_would_happen_entry_by_entry_and_stores_nothing(self):
        said = run(SEED, "--dry-run")
        assert "  steps “administer-ketamine”: added\n    + Administer ketamine\n" in said
        assert "  line 77: “Traced to primary” is dropped" in said
        assert (
            "Before it can be published:\n  There is no checklist item; write at least one thing to tick."
            in said
        )
        assert "\nIt cannot be stored: There is no category “PEAK PERFORMANCE”" in said
        assert said.endswith("Dry run: nothing was stored.\n")
        assert Framework.objects.count() == 0

    def test_shows_by_what_each_entry_was_found_again(self, file):
        make_framework(make_document(), slug=SLUG)
        make_category("peak-performance")
        run(SEED)
        changed = SEED.read_text(encoding="utf-8").replace(
            "is guided through the integration", "is led through the"
        )
        said = run(file(changed + "\nCookies\n"), "--dry-run")
        assert "Found again:\n" in said
        assert "  steps “administer-ketamine”: same text\n" in said
        assert "  steps “integrate-new-insights”: same heading\n" in said
        assert "Not recognised:\n  line 82: Cookies\n" in said
        assert "Changes:\n  steps “integrate-new-insights”: reworded\n" in said


class TestStoring:
    def test_makes_a_draft_and_says_what_and_how_many(self):
        make_category("peak-performance")
        said = run(SEED)
        assert said.splitlines()[-1] == (
            f"{SLUG}: new draft. Entries: 12 new. 1 source added to the bibliography. Nothing was published."
        )
        assert "  principles “ketamine-is-used-to-induce-a”: added\n" in said
        framework = Framework.objects.get()
        assert (framework.slug, framework.is_published) == (SLUG, False)

    def test_a_second_time_changes_nothing_and_says_so(self):
        make_category("peak-performance")
        run(SEED)
        assert run(SEED).splitlines()[-1] == f"{SLUG}: nothing changed."

    def test_says_what_it_changed_in_a_draft(self, file):
        make_category("peak-performance")
        run(SEED)
        said = run(
            file(
                SEED.read_text(encoding="utf-8").replace("  3. Integrate new insights", "  3. Something new")
            )
        )
        assert said.splitlines()[-1].startswith(f"{SLUG}: draft changed. Entries: ")
        assert "0 sources added" in said

    def test_takes_slug_and_category_from_whoever_calls(self):
        make_category("sleep")
        run(SEED, "--slug", "ketamine", "--category", "Sleep")
        framework = Framework.objects.get()
        assert (framework.slug, framework.category.slug) == ("ketamine", "sleep")

    def test_reads_standard_input(self, monkeypatch):
        make_category("peak-performance")
        monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(SEED.read_bytes())))
        run("-")
        assert Framework.objects.get().slug == SLUG

    def test_takes_a_frameworks_file_too(self, file):
        make_category("stress")
        run(file(as_yaml(make_document()), "box.yaml"))
        assert read_draft(Framework.objects.get()) == make_document()


class TestWhatItRefuses:
    """Each is a message on standard error and exit status 1, which a CommandError is."""

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "no page of a framework"),
            (
                "Dear all,\n\nhello.\n",
                "page.txt: This is no page of a framework: such a page has its title on top",
            ),
            ("title: A\ncategory: stress\nsteps: 7\n", ":3: steps is a text where a list is expected"),
            (b"\xff\xfe\x00", "page.txt: The text is not UTF-8"),
        ],
    )
    def test_is_said_and_nothing_stored(self, file, text, message):
        for options in ([], ["--dry-run"], ["--dry-run", "--json"]):
            with pytest.raises(CommandError) as refused:
                run(file(text), *options)
            assert message in str(refused.value)
            assert refused.value.returncode == 1
        assert Framework.objects.count() == 0

    def test_includes_a_category_that_there_is_not(self):
        make_category("sleep")
        with pytest.raises(CommandError, match=r"There is no category “PEAK PERFORMANCE”; .*Sleep \(sleep\)"):
            run(SEED)
        assert Framework.objects.count() == 0

    def test_includes_a_file_that_is_not_there(self, tmp_path):
        with pytest.raises(CommandError, match=r"nowhere\.txt cannot be read: No such file"):
            run(tmp_path / "nowhere.txt")
