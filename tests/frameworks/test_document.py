import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pydantic import ValidationError

from frameworks.document import SECTIONS, TYPED, FrameworkDocument, FrameworkFile, Source, dotted
from frameworks.schema import json_schema
from tests.factories import make_document, make_source

_SUPPORTS = {"source": "lee2020", "stance": "supports"}


def claims(**fields):
    return [{"key": "calms", "text": "It calms.", **fields}]


def errors(document, **options):
    """The path and the message of each mistake."""
    with pytest.raises(ValidationError) as refusal:
        FrameworkDocument.model_validate(document, **options)
    return [(dotted(error["loc"]), error["msg"]) for error in refusal.value.errors()]


class TestADocument:
    def test_never_changes(self):
        with pytest.raises(ValidationError, match="frozen"):
            make_document().title = "Another"

    def test_refuses_a_field_that_it_does_not_know(self):
        assert errors({"title": "A", "category": "b", "subtitle": "C"}) == [
            ("subtitle", "Extra inputs are not permitted")
        ]

    def test_gives_its_sources_in_the_order_of_their_keys(self):
        document = make_document(sources=[make_source("talk2019"), make_source("lee2020")])
        assert document.source_keys == ["lee2020", "talk2019"]

    def test_what_a_source_draws_on_has_no_order_and_no_repeats(self):
        assert make_source("a", draws_on=["c", "b", "c"]) == make_source("a", draws_on=["b", "c"])

    def test_knows_nothing_of_django(self):
        program = "import sys, frameworks.document, frameworks.evidence, frameworks.comparison, frameworks.yaml_text"
        program += "; print([name for name in sys.modules if name.startswith('django')])"
        run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert run.stdout.strip() == "[]"


class TestKeysOfADocument:
    @pytest.mark.parametrize("section", SECTIONS)
    def test_the_name_of_a_section_is_no_key(self, section):
        assert errors({"title": "A", "category": "b", "principles": [{"key": section, "text": "C"}]}) == [
            ("principles[0].key", f"“{section}” names a part of the page; choose another key")
        ]

    @pytest.mark.parametrize("key", ["Sit", "sit_down", "-sit", "sit--down", "sit down", "", "säge", "٣"])
    def test_a_key_is_small_letters_digits_and_single_hyphens(self, key):
        ((path, message),) = errors(
            {"title": "A", "category": "b", "principles": [{"key": key, "text": "C"}]}
        )
        assert path == "principles[0].key"
        assert "small letters, digits and single hyphens" in message

    def test_a_key_is_of_one_entry_of_whatever_kind(self):
        document = as_data(make_document())
        document["steps"][1]["warnings"] = [{"key": "chair", "level": "danger", "text": "It tips over."}]
        assert errors(document) == [
            (
                "checklist[0].key",
                "“chair” is the key of steps[1].warnings[0] already; give one of the two another key",
            )
        ]

    def test_an_item_is_of_a_step_that_is_there(self):
        document = as_data(make_document()) | {"checklist": [{"key": "a", "text": "B", "step": "hurry"}]}
        assert errors(document) == [
            ("checklist[0].step", "there is no step “hurry”; write the key of a step")
        ]

    def test_a_claim_is_about_an_entry_or_a_section_that_is_there(self):
        make_document(claims=claims(about=["sit", "no-driving", "best-for"], citations=[_SUPPORTS]))
        document = as_data(make_document()) | {
            "claims": claims(about=["sit", "lie-down"], citations=[_SUPPORTS])
        }
        assert errors(document) == [
            (
                "claims[0].about[1]",
                "there is no entry “lie-down”; write an entry's key, or one of problem, best-for, not-ideal-for, "
                "overview, origin",
            )
        ]


class TestSourcesOfADocument:
    def test_a_citation_leads_to_a_source_that_is_there(self):
        document = as_data(make_document()) | {"citations": [{"source": "nobody", "stance": "origin"}]}
        assert ("citations[0].source", "there is no source “nobody”; add its record first") in errors(
            document
        )

    def test_a_source_draws_on_sources_that_are_there(self):
        document = as_data(make_document())
        document["sources"][0]["draws_on"] = ["nobody"]
        assert errors(document) == [
            ("sources[0].draws_on", "there is no source “nobody”; add its record first")
        ]

    def test_no_source_rests_on_itself_through_others(self):
        document = as_data(make_document())
        document["sources"][0]["draws_on"] = ["talk2019"]
        document["sources"][1]["draws_on"] = ["lee2020"]
        assert errors(document) == [
            (
                "sources[0].draws_on",
                "“talk2019” draws on “lee2020” already; take one of the two out of draws_on",
            ),
            (
                "sources[1].draws_on",
                "“lee2020” draws on “talk2019” already; take one of the two out of draws_on",
            ),
        ]

    def test_a_source_is_cited_or_drawn_on(self):
        document = as_data(make_document())
        document["sources"].insert(0, as_data(make_source("spare")))
        assert errors(document) == [("sources[0]", "“spare” is cited nowhere; cite it or leave it out")]

    def test_a_doi_is_of_one_source_in_whatever_case(self):
        document = as_data(make_document())
        document["sources"][1]["DOI"] = "10.1234/LEE.2020"
        assert errors(document) == [
            ("sources[1].DOI", "is that of “lee2020” already; one work has one record")
        ]

    def test_a_key_is_of_one_source(self):
        document = as_data(make_document())
        document["sources"][1]["key"] = "lee2020"
        assert ("sources[1].key", "“lee2020” is the key of another source already") in errors(document)

    @pytest.mark.parametrize(
        ("field", "value", "message"),
        [
            ("DOI", "https://doi.org/10.1234/5", "is not a DOI"),
            ("DOI", "doi:10.1234/5", "is not a DOI"),
            ("DOI", "10.1234/5 6", "is not a DOI"),
            ("PMID", "PMC123", "is not a PMID"),
            ("PMID", "٣٣", "is not a PMID"),
            ("URL", "example.org", "is not an address"),
            ("URL", "javascript:alert(1)", "is not an address"),
            ("URL", "https://example.org/\0", "unseen character"),
            ("issued", "June 2014", "is not a date"),
            ("issued", "2014-13", "is not a date"),
            ("type", "podcast", "Input should be"),
        ],
    )
    def test_a_number_an_address_or_a_date_has_the_form_of_one(self, field, value, message):
        document = as_data(make_document())
        document["sources"][0][field] = value
        ((path, said),) = errors(document)
        assert path == f"sources[0].{field}"
        assert message in said


class TestTextsOfADocument:
    def test_are_in_one_normal_form(self):
        document = make_document(title=" Cafe\u0301\tbreak ", problem="One. \r\n\r\n\r\n\r\nTwo.")
        assert document.title == "Caf\u00e9 break"
        assert document.problem == "One.\n\nTwo."

    @pytest.mark.parametrize("character", ["\0", "\x1b", "\x85", "\u2028", "\ufeff", "\ud800"])
    def test_hold_no_unseen_character(self, character):
        assert errors({"title": f"A{character}b", "category": "b"}) != []

    def test_are_as_long_as_they_may_be_in_their_normal_form(self):
        # This letter becomes two: a text that is only just short enough as typed could not be stored.
        two = "\u0958"
        assert make_document(title=two * 150).title == "\u0915\u093c" * 150
        assert [
            path for path, _ in errors({"title": two * 200, "category": "b", "problem": two * 6_000})
        ] == [
            "title",
            "problem",
        ]

    def test_an_entry_without_its_text_is_refused(self):
        assert errors({"title": "A", "category": "b", "principles": [{"key": "c", "text": " \n"}]}) == [
            ("principles[0].text", "is empty; write it, or leave out the whole entry")
        ]


class TestACitation:
    @pytest.mark.parametrize(
        "fields",
        [
            {"checked": "says-it"},
            {"checked": "says-it", "checked_by": "A. Lee"},
            {"checked": "says-it", "checked_on": "2026-08-01"},
            {"checked_by": "A. Lee", "checked_on": "2026-08-01"},
        ],
    )
    def test_that_was_checked_says_by_whom_and_when(self, fields):
        document = as_data(make_document()) | {"claims": claims(citations=[_SUPPORTS | fields])}
        ((path, message),) = errors(document)
        assert path == "claims[0].citations[0]"
        assert "checked_by and checked_on" in message


class TestADayOnWhichSomethingWasDone:
    """A page that says *checked* of a day to come would say what is not so."""

    def later(self, days):
        return str((datetime.now(UTC) + timedelta(days=days)).date())

    def with_day(self, day):
        checked = {"checked": "says-it", "checked_by": "A. Lee", "checked_on": day}
        return as_data(make_document()) | {"claims": claims(citations=[_SUPPORTS | checked])}

    def test_has_come(self):
        ((path, message),) = errors(self.with_day(self.later(days=2)), context=TYPED)
        assert path == "claims[0].citations[0].checked_on"
        assert message == "has not come yet; write the day on which it was done"

    def test_may_be_tomorrow_where_tomorrow_is_here_already(self):
        assert FrameworkDocument.model_validate(self.with_day(self.later(days=1)), context=TYPED)

    def test_is_asked_of_what_is_typed_alone_or_a_slow_clock_would_refuse_a_library(self):
        assert FrameworkDocument.model_validate(self.with_day("2999-01-01"))
        assert FrameworkDocument.stored(self.with_day("2999-01-01"))

    @pytest.mark.parametrize(
        "record",
        [
            {"verified_on": "2999-01-01"},
            {"study_level": {"level": 2, "read_by": "A. Lee", "read_on": "2999-01-01"}},
        ],
    )
    def test_has_come_for_what_a_record_says_as_well(self, record):
        data = make_source("lee2020", **record).model_dump()
        with pytest.raises(ValidationError, match="has not come yet"):
            Source.model_validate(data, context=TYPED)


class TestAStoredDocument:
    def test_of_the_first_shape_opens(self):
        """What version 0.1 stored at the least: fields that came later, or were left out, take their defaults."""
        first = {
            "title": "Box breathing",
            "category": "stress",
            "steps": [{"key": "sit", "title": "Sit", "body": "Find a chair."}],
            "checklist": [{"key": "chair", "text": "I have a chair"}],
            "claims": [
                {
                    "key": "calms",
                    "text": "It calms.",
                    "citations": [{"source": "lee2020", "stance": "supports"}],
                }
            ],
            "sources": [{"key": "lee2020", "type": "article-journal", "title": "Slow breathing"}],
        }
        document = FrameworkDocument.model_validate_json(json.dumps(first))
        assert document.steps[0].done_by == "reader"
        assert document.supervision is None

    def test_of_every_shape_so_far_opens(self):
        """A file for each shape that was ever released; none of them is ever changed."""
        shapes = sorted(Path(__file__).with_name("shapes").glob("*.json"))
        assert shapes
        for shape in shapes:
            stored = json.loads(shape.read_text(encoding="utf-8"))
            assert holds(as_data(FrameworkDocument.model_validate(stored)), stored), shape.name

    def test_every_field_but_the_first_ones_has_a_default(self):
        required = {
            model["title"]: set(model.get("required", ()))
            for model in (json_schema(), *json_schema()["$defs"].values())
        }
        assert required == {
            "FrameworkFile": {"title", "category"},
            "Certainty": {"level", "outcome", "judged_by", "reason"},
            "Change": {"kind"},
            "ChecklistItem": {"key", "text"},
            "Citation": {"source", "stance"},
            "Claim": {"key", "text"},
            "Example": {"key", "title", "body"},
            "Mistake": {"key", "title", "body"},
            "Name": set(),
            "Principle": {"key", "text"},
            "SafetyWarning": {"key", "level", "text"},
            "Source": {"key", "type", "title"},
            "Step": {"key", "title", "body"},
            "StudyLevel": {"level", "read_by", "read_on"},
            **{word: set() for word in required if word in ENUMS},
        }


ENUMS = {name for name, part in json_schema()["$defs"].items() if "enum" in part}


class TestTheJsonSchema:
    def test_in_content_is_what_the_code_says(self):
        call_command("export_schema", "--check")

    def test_check_says_what_to_do_where_it_is_not(self, tmp_path):
        stale = tmp_path / "framework.schema.json"
        with pytest.raises(CommandError, match="is not what the code says; run manage"):
            call_command("export_schema", stale, "--check")
        call_command("export_schema", stale)
        call_command("export_schema", stale, "--check")

    def test_knows_every_field_and_describes_what_needs_it(self):
        schema = json_schema()
        assert set(schema["properties"]) == set(FrameworkFile.model_fields)
        assert schema["additionalProperties"] is False
        assert schema["$defs"]["Claim"]["properties"]["about"]["description"].startswith(
            "The keys of the entries"
        )

    def test_allows_no_nulls_and_lets_people_type_numbers_bare(self):
        assert '"null"' not in json.dumps(json_schema())
        assert json_schema()["$defs"]["Source"]["properties"]["PMID"]["type"] == ["string", "integer"]

    def test_is_plain_json_schema_of_2020(self):
        assert json_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        for pattern in re.findall(r'"pattern": "([^"]*)"', json.dumps(json_schema())):
            re.compile(pattern)


def holds(now, then):
    """Whether all that was stored then is there now; fields may have been added."""
    if isinstance(then, dict):
        return all(name in now and holds(now[name], value) for name, value in then.items())
    if isinstance(then, list):
        return len(now) == len(then) and all(map(holds, now, then))
    return now == then


def as_data(part):
    return part.model_dump(mode="json")
