"""A reader takes a checklist along: as data, as a table, and with everything else in one file."""

import csv
import io
import json
import zipfile
from datetime import datetime

import pytest

from checklists import consents, exports
from checklists.models import State, Tick, TickChange
from checklists.moves import move
from checklists.owners import Owner
from checklists.ticking import Change, tick
from frameworks.drafts import write_draft
from tests.factories import make_checklist, make_document, make_framework, make_user

pytestmark = pytest.mark.django_db

#: What spreadsheets take for a formula, by how it begins. Source: OWASP, CSV Injection.
FORMULAS = ("=1+1", "+1", "-1", "@SUM(1)", '=HYPERLINK("https://example.com")')


@pytest.fixture
def checklist(reader):
    """Moved to revision 2, which left out an item that had been ticked and noted."""
    items = [
        {"key": "chair", "text": "I have a chair", "step": "sit"},
        {"key": "old", "text": "An item of before", "step": "breathe"},
        {"key": "four-rounds", "text": "I did four rounds", "step": "breathe"},
        {"key": "whole", "text": "All in all"},
    ]
    checklist = make_checklist(reader, framework=make_framework(checklist=items, published=True))
    owner = Owner(reader=reader.pk)
    tick(checklist.pk, owner, [Change("old", State.DONE, "It was “new”"), Change("whole", State.NOT_FOR_ME)])
    tick(checklist.pk, owner, [Change("chair", State.DONE, "two\nlines, 和 😀")])
    write_draft(checklist.framework, make_document(checklist=[items[0], *items[2:]]))
    checklist.framework.publish(by=None, kind="clinical", note="")
    move(checklist.pk, owner, to=2)
    return checklist


def file_of(browser, checklist, kind):
    return browser.get(f"/checklists/{checklist.pk}.{kind}")


def rows(answer_or_text):
    text = answer_or_text if isinstance(answer_or_text, str) else answer_or_text.content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


class TestAsData:
    def test_holds_all_that_is_kept(self, browser, checklist):
        record = json.loads(file_of(browser, checklist, "json").content)
        ticks = {one.item: one for one in Tick.objects.all()}
        assert record["framework"] == "Box breathing"
        assert record["address"] == "/frameworks/box-breathing/revisions/2/"
        assert record["revision"] == 2
        assert datetime.fromisoformat(record["started_at"]) == checklist.started_at
        assert record["supervision_confirmed_at"] is None
        assert record["finished_at"] is record["archived_at"] is None
        assert record["totals"] == {"done": 1, "open": 1, "not_for_me": 1}
        assert [item["key"] for item in record["items"]] == ["chair", "four-rounds", "whole"]
        assert record["items"][0] == {
            "key": "chair",
            "step": "Sit",
            "text": "I have a chair",
            "means": "Done",
            "state": "done",
            "changed_at": ticks["chair"].changed_at.isoformat(),
            "note": "two\nlines, 和 😀",
            "noted_at": ticks["chair"].noted_at.isoformat(),
        }
        assert record["items"][1]["state"] == "open"
        assert record["items"][1]["changed_at"] is None
        assert (record["items"][2]["step"], record["items"][2]["state"]) == (None, "not-for-me")
        [removed] = record["removed_items"]
        assert (removed["key"], removed["text"], removed["state"], removed["note"]) == (
            "old",
            "An item of before",
            "done",
            "It was “new”",
        )
        assert [(line["item"], line["state"], line["note"]) for line in record["history"]] == [
            ("old", "done", "It was “new”"),
            ("whole", "not-for-me", None),
            ("chair", "done", "two\nlines, 和 😀"),
        ]
        [moved] = record["moves"]
        assert (moved["from_revision"], moved["to_revision"], moved["undone_at"]) == (1, 2, None)

    def test_names_every_column_that_is_kept_of_an_item(self, browser, checklist):
        """A column that is added to the tables has to be added to the file, or left out here with a reason."""
        record = json.loads(file_of(browser, checklist, "json").content)
        shown = set(record["items"][0])
        kept = {field.name for field in Tick._meta.concrete_fields}
        assert kept - shown == {"checklist", "item", "reworded"}, (
            "`item` is `key`; `reworded` asks a question"
        )
        kept = {field.name for field in TickChange._meta.concrete_fields}
        assert kept - set(record["history"][0]) == {"id", "checklist"}

    def test_is_a_file_that_names_framework_and_day(self, browser, checklist):
        day = f"{checklist.started_at:%Y-%m-%d}"
        for kind, media_type in (("json", "application/json"), ("csv", "text/csv")):
            answer = file_of(browser, checklist, kind)
            assert answer["Content-Type"] == f"{media_type}; charset=utf-8"
            assert answer["Content-Disposition"] == f'attachment; filename="box-breathing-{day}.{kind}"'
            assert answer["Cache-Control"] == "private, no-store"

    def test_is_text_that_people_can_read(self, browser, checklist):
        assert "和 😀" in file_of(browser, checklist, "json").content.decode()


class TestAsATable:
    def test_begins_with_the_mark_that_spreadsheets_need(self, browser, checklist):
        content = file_of(browser, checklist, "csv").content
        assert content.startswith(b"\xef\xbb\xbfstep,item,state,means,changed_at,note\r\n")
        assert content.count(b"\xef\xbb\xbf") == 1

    def test_has_a_line_for_each_item_and_each_that_is_gone(self, browser, checklist):
        table = rows(file_of(browser, checklist, "csv"))
        assert [(row["step"], row["item"], row["state"], row["note"]) for row in table] == [
            ("Sit", "I have a chair", "done", "two\nlines, 和 😀"),
            ("Breathe", "I did four rounds", "open", ""),
            ("", "All in all", "not-for-me", ""),
            ("(removed)", "An item of before", "done", "It was “new”"),
        ]
        assert datetime.fromisoformat(table[0]["changed_at"]) == Tick.objects.get(item="chair").changed_at
        assert table[1]["changed_at"] == ""

    @pytest.mark.parametrize("formula", FORMULAS)
    def test_holds_no_formula_of_a_note(self, reader, browser, checklist, formula):
        tick(checklist.pk, Owner(reader=reader.pk), [Change("chair", note=formula)])
        assert rows(file_of(browser, checklist, "csv"))[0]["note"] == f"'{formula}"

    @pytest.mark.parametrize("formula", FORMULAS)
    def test_holds_no_formula_of_an_editor(self, reader, browser, formula):
        document = make_document(
            steps=[{"key": "sit", "title": formula, "body": "Sit."}],
            checklist=[{"key": "chair", "text": formula, "step": "sit"}],
            claims=[],
        )
        mine = make_checklist(reader, framework=make_framework(document, slug="formula", published=True))
        [row] = rows(file_of(browser, mine, "csv"))
        assert (row["step"], row["item"]) == (f"'{formula}", f"'{formula}")

    def test_quotes_what_would_end_a_cell(self, reader, browser, checklist):
        note = 'a "b",\n=1+1;\tc'
        tick(checklist.pk, Owner(reader=reader.pk), [Change("chair", note=note)])
        table = rows(file_of(browser, checklist, "csv"))
        assert table[0]["note"] == note
        assert len(table) == 4


class TestEverythingInOneFile:
    def test_holds_each_checklist_twice_and_what_was_agreed_to(self, reader, browser, checklist):
        make_checklist(reader, framework=make_framework(slug="other", published=True))
        make_checklist(make_user("other@example.com"))
        answer = browser.get("/account/data/download/")
        archive = zipfile.ZipFile(io.BytesIO(answer.content))
        day = f"{checklist.started_at:%Y-%m-%d}"
        names = [name for name in archive.namelist() if name.startswith("checklists/")]
        assert names == [
            f"checklists/001-{first}-{day}.{kind}" if number == 1 else f"checklists/002-{first}-{day}.{kind}"
            for number, first in enumerate(self.latest_first(reader), 1)
            for kind in ("json", "csv")
        ] + ["checklists/agreements.json"]
        number = names.index(next(name for name in names if "box-breathing" in name))
        assert archive.read(names[number]) == file_of(browser, checklist, "json").content
        assert archive.read(names[number + 1]) == file_of(browser, checklist, "csv").content
        [agreement] = json.loads(archive.read("checklists/agreements.json"))
        assert agreement["version"] == consents.VERSION
        assert agreement["given_at"]
        assert agreement["withdrawn_at"] is None

    def latest_first(self, reader):
        from checklists.standing import standings

        return [one.slug for one in standings(Owner(reader=reader.pk))]

    def test_still_holds_what_was_agreed_to_after_it_was_withdrawn(self, reader, browser, checklist):
        browser.post("/checklists/agreement/")
        [(name, text)] = exports.everything(Owner(reader=reader.pk))
        assert name == "checklists/agreements.json"
        assert json.loads(text)[0]["withdrawn_at"] is not None

    def test_of_who_has_nothing_holds_nothing(self, reader):
        assert list(exports.everything(Owner(reader=reader.pk))) == []
