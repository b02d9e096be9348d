"""A comparison as people read it."""

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from frameworks.changes import Piece, marked, readable
from frameworks.comparison import compare
from tests.factories import make_category, make_document, make_source
from tests.strategies import documents, prose

pytestmark = pytest.mark.django_db

slow = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])

#: Texts that share words, as two wordings do.
wordings = st.lists(st.sampled_from(["sit", "down", "slowly", "\n", "  ", "now.", "“now”"]), max_size=12).map(
    " ".join
)


def changes(**new):
    """What is read of box breathing and of what became of it."""
    old, new = make_document(), make_document(**new)
    return readable(compare(old, new), old, new)


def marks(rewording):
    """The words that went, after a minus, and those that came, after a plus."""
    signs = {Piece.GONE: "-", Piece.NEW: "+"}
    return [f"{signs[words.piece]}{words.text}" for words in rewording.words if words.piece in signs]


def without(words, piece):
    return "".join(part.text for part in words if part.piece is not piece)


class TestMarkingTheWordsThatDiffer:
    @given(prose | wordings, prose | wordings)
    def test_shows_all_of_both_texts(self, old, new):
        words = marked(old, new)
        assert without(words, Piece.NEW) == old
        assert without(words, Piece.GONE) == new
        assert all(part.text for part in words)

    @given(prose | wordings)
    def test_marks_nothing_in_the_same_text(self, text):
        assert all(part.piece is Piece.SAME for part in marked(text, text))

    @given(wordings, wordings)
    def test_tells_neighbours_apart(self, old, new):
        pieces = [part.piece for part in marked(old, new)]
        assert all(one is not other for one, other in pairwise(pieces))

    def test_shows_what_went_before_what_came(self):
        found = [
            (part.piece.value, part.text) for part in marked("Hold for four counts", "Hold for six counts")
        ]
        assert found == [("same", "Hold for "), ("gone", "four"), ("new", "six"), ("same", " counts")]

    def test_shows_a_sentence_that_was_written_anew_whole_before_and_whole_after(self):
        old = "Sit down. You lie awake for an hour again and again, and tell nobody. Then rest."
        new = "Sit down. Some people go over it again at night and keep it to themselves. Then rest."
        assert [(part.piece, part.text) for part in marked(old, new)] == [
            (Piece.SAME, "Sit down. "),
            (Piece.GONE, "You lie awake for an hour again and again, and tell nobody."),
            (Piece.NEW, "Some people go over it again at night and keep it to themselves."),
            (Piece.SAME, " Then rest."),
        ]

    def test_marks_words_apart_where_more_stayed_between_them(self):
        found = [
            part.text
            for part in marked("Hold for four slow counts, then go", "Wait for four slow counts, then rest")
        ]
        assert found == ["Hold", "Wait", " for four slow counts, then ", "go", "rest"]

    def test_shows_very_long_texts_whole_one_after_the_other(self):
        old, new = "word " * 2000, "word " * 1999 + "other"
        assert [(part.piece, part.text) for part in marked(old, new)] == [(Piece.GONE, old), (Piece.NEW, new)]
        assert [part.piece for part in marked("", new)] == [Piece.NEW]


class TestReadingAnyComparison:
    @slow
    @given(documents(), documents())
    def test_tells_every_change(self, old, new):
        comparison = compare(old, new)
        read = readable(comparison, old, new)
        assert bool(read) == bool(comparison)
        told = [(part.part, entry.key) for part in read.parts for entry in part.entries]
        assert told == [(change.part, change.key) for change in comparison.entries]
        assert len(read.texts) == len(comparison.fields)
        cited = [reference for claim in read.citations for reference in claim.citations]
        assert (len(cited), len(read.sources)) == (len(comparison.citations), len(comparison.sources))

    @slow
    @given(documents(), documents())
    def test_marks_words_in_each_field_that_differs(self, old, new):
        comparison = compare(old, new)
        read = readable(comparison, old, new)
        entries = [entry for part in read.parts for entry in part.entries]
        references = [reference for claim in read.citations for reference in claim.citations]
        for told, changes in (
            (entries, comparison.entries),
            (references, comparison.citations),
            (read.sources, comparison.sources),
        ):
            for one, change in zip(told, changes, strict=True):
                assert len(one.rewordings) == len(change.fields)
        rewordings = [
            rewording for one in (*entries, *references, *read.sources) for rewording in one.rewordings
        ]
        for rewording in (*read.texts, *rewordings):
            marks = [words for words in rewording.words if words.piece is not Piece.SAME]
            assert marks
            assert all(words.shown.strip() for words in marks)

    @slow
    @given(documents(), documents())
    def test_calls_everything_by_a_name(self, old, new):
        read = readable(compare(old, new), old, new)
        for part in read.parts:
            assert str(part.name)
            for entry in part.entries:
                main = [rewording for rewording in entry.rewordings if not rewording.name]
                # The main text alone has no name; where it is the heading, it stands there once, marked.
                assert len(main) <= 1
                assert entry.heading or main
                assert sum(1 for name, _text in entry.texts if not name) <= 1
                assert all(text for _name, text in entry.texts)

    @slow
    @given(documents())
    def test_tells_nothing_of_a_document_and_itself(self, document):
        assert not readable(compare(document, document), document, document)


class TestWhatIsRead:
    def test_warnings_come_first_with_their_level(self):
        read = changes(
            warnings=[
                {
                    "key": "dizzy",
                    "level": "danger",
                    "text": "You may faint and fall.",
                    "what_to_do": "Sit down.",
                },
                {
                    "key": "asthma",
                    "level": "contraindication",
                    "text": "Not with asthma.",
                    "what_to_do": "Ask.",
                },
            ],
            checklist=[{"key": "chair", "text": "I have a chair"}],
        )
        assert [part.part for part in read.parts] == ["warnings", "checklist"]
        dizzy, asthma = read.of("warnings")
        assert (asthma.added, asthma.level.value) == (True, "contraindication")
        assert [text for _name, text in asthma.texts] == ["Not with asthma.", "Ask."]
        assert [without(rewording.words, Piece.GONE) for rewording in dizzy.rewordings] == [
            "You may faint and fall."
        ]
        assert read.warnings_added == 1

    def test_an_item_that_went_is_shown_by_its_text(self):
        (item,) = changes(checklist=[{"key": "chair", "text": "I have a chair", "step": "sit"}]).of(
            "checklist"
        )
        assert (item.removed, item.heading, item.texts) == (True, "I did four rounds", ())

    def test_an_item_at_another_step_says_from_where_to_where(self):
        read = changes(
            checklist=[
                {"key": "chair", "text": "I have a chair", "step": "breathe"},
                {"key": "four-rounds", "text": "I did four rounds", "step": "breathe"},
            ]
        )
        (item,) = read.of("checklist")
        assert (item.moved, item.place) == (True, "from “Sit” to “Breathe”")
        assert item.rewordings == ()

    def test_an_entry_that_moved_says_from_where_to_where(self):
        steps = [{"key": key, "title": key, "body": "So."} for key in "abcd"]
        rest = {"checklist": [], "claims": []}
        old, new = make_document(steps=steps, **rest), make_document(steps=[steps[3], *steps[:3]], **rest)
        (moved,) = readable(compare(old, new), old, new).of("steps")
        assert (moved.key, moved.place) == ("d", "from number 4 to 1")

    def test_a_category_is_told_by_its_name(self):
        make_category("sleep", name="Sleep and rest")
        (text,) = changes(category="sleep").texts
        assert marks(text)[-1] == "+Sleep and rest"

    def test_a_step_is_shown_by_its_title_and_a_field_by_its_name(self):
        steps = [step.model_dump() for step in make_document().steps]
        steps[1] |= {"body": "In, hold, out, rest.", "done_by": "professional"}
        (step,) = changes(steps=steps).of("steps")
        assert step.heading == "Breathe"
        assert {str(rewording.name) for rewording in step.rewordings} == {"", "Who does it"}

    def test_a_reworded_item_is_shown_once_with_its_words_marked(self):
        (item,) = changes(
            checklist=[
                {"key": "chair", "text": "I have a stable chair", "step": "sit"},
                {"key": "four-rounds", "text": "I did four rounds", "step": "breathe"},
            ]
        ).of("checklist")
        (rewording,) = item.rewordings
        assert item.heading == ""
        assert [
            (part.piece.value, part.text) for part in rewording.words if part.piece is not Piece.SAME
        ] == [("new", "stable ")]

    def test_a_warning_that_moved_says_which_it_is_and_from_where_to_where(self):
        steps = [step.model_dump() for step in make_document().steps]
        moved = steps[0].pop("warnings")
        (warning,) = changes(warnings=[make_document().warnings[0], *moved], steps=steps).of("warnings")
        assert (warning.heading, warning.texts) == ("Caution", (("", "Never while driving."),))
        assert (warning.moved, warning.place) == (True, "from “Sit” to the whole framework")

    def test_a_warning_of_another_level_says_which_it_is(self):
        (warning,) = changes(
            warnings=[
                {"key": "dizzy", "level": "caution", "text": "You may faint.", "what_to_do": "Sit down."}
            ]
        ).of("warnings")
        assert warning.texts == (("", "You may faint."),)

    def test_an_item_that_left_its_step_says_so(self):
        read = changes(
            checklist=[
                {"key": "chair", "text": "I have a chair"},
                {"key": "four-rounds", "text": "I did four rounds", "step": "breathe"},
            ]
        )
        assert read.of("checklist")[0].place == "from “Sit” to no step"

    def test_what_is_added_at_a_step_says_at_which(self):
        item = {"key": "window", "text": "I opened a window", "step": "sit"}
        (added,) = changes(checklist=[*make_document().checklist, item]).of("checklist")
        assert added.place == "“Sit”"

    def test_a_link_that_leads_elsewhere_is_marked(self):
        old, new = (
            make_document(overview=f"Read [it](https://{name}.example).") for name in ("good", "evil")
        )
        (text,) = readable(compare(old, new), old, new).texts
        assert marks(text) == ["-(https://good.example).", "+(https://evil.example)."]

    def test_emphasis_and_a_new_paragraph_are_marked(self):
        assert marks(changes(problem="Worry that *keeps* you from starting.").texts[0]) == [
            "-keeps",
            "+*keeps*",
        ]
        old, new = make_document(problem="One.\nTwo."), make_document(problem="One.\n\nTwo.")
        (text,) = readable(compare(old, new), old, new).texts
        assert [words.shown for words in text.words] == ["One.", "␣", "¶ ", "Two."]

    def test_a_certainty_says_whether_a_panel_used_grade(self):
        certainty = {"level": "low", "outcome": "Pulse", "judged_by": "Cochrane", "reason": "One trial."}
        old, new = (make_document(certainty=certainty | {"grade": grade}) for grade in (False, True))
        (text,) = readable(compare(old, new), old, new).texts
        assert "GRADE:" in "".join(marks(text))

    def test_a_claim_about_another_step_of_the_same_title_is_told_by_the_keys(self):
        steps = [{"key": key, "title": "Rest", "body": "A while."} for key in ("one", "two")]
        claims = [{"key": "calms", "text": "It calms.", "about": ["one"]}]
        rest = {"steps": steps, "checklist": []}
        old = make_document(claims=claims, **rest)
        new = make_document(claims=[claims[0] | {"about": ["two"]}], **rest)
        (claim,) = readable(compare(old, new), old, new).of("claims")
        assert marks(claim.rewordings[0]) == ["-one", "+two"]

    def test_a_claim_names_what_it_is_about(self):
        claim = make_document().claims[0].model_dump() | {"about": ["breathe", "overview", "sit"]}
        (claim,) = changes(claims=[claim]).of("claims")
        assert "".join(words.text for words in claim.rewordings[0].words) == "Breathe · Overview · Sit"

    def test_a_title_that_looks_like_a_key_stays_as_it_is(self):
        (text,) = changes(title="sit").texts
        assert marks(text)[-1] == "+sit"

    def test_the_texts_of_the_framework_are_read_too(self):
        read = changes(title="Breathing in a box", sensitive=True, supervision="ask-first")
        assert {str(text.name) for text in read.texts} == {
            "Title",
            "Where to find help is shown",
            "Supervision",
        }
        assert read.parts == ()
        assert read.of("checklist") == ()
        assert read


class TestWhatIsReadOfCitations:
    def claims(self, *citations):
        return [{"key": "calms", "text": "Slow breathing lowers the pulse.", "citations": citations}]

    def test_each_stands_under_its_claim_with_the_short_name_of_its_source(self):
        document = make_document()
        claim = document.claims[0].model_dump()
        claim["citations"] = [
            {"source": "a2001", "stance": "disputes", "locator": "p. 9", "directness": "indirect"}
        ]
        read = changes(claims=[claim], citations=[])
        calms, whole = read.citations
        assert (calms.claim, whole.claim) == ("Slow breathing lowers the pulse.", "")
        added, removed = calms.citations
        assert (added.added, added.name, added.text) == (
            True,
            "The study of a2001",
            "Contradicts · Indirect · p. 9",
        )
        assert (removed.removed, removed.name) == (True, "Lee 2020")
        assert removed.text == "Supports · abstract · Lower by five beats."
        assert [(one.removed, one.name) for one in whole.citations] == [(True, "A talk on breath")]

    def test_one_that_changed_marks_the_words_that_differ(self):
        claim = make_document().claims[0].model_dump()
        check = {"checked": "says-it", "checked_by": "Ann Lee", "checked_on": "2026-05-31"}
        claim["citations"] = [claim["citations"][0] | check | {"finding": "Lower by four beats."}]
        ((cited,),) = [one.citations for one in changes(claims=[claim]).citations]
        assert {str(one.name): marks(one) for one in cited.rewordings} == {
            "What it found": ["-five", "+four"],
            "Checked": ["-Not checked", "+Checked: says it"],
            "Checked by": ["+Ann Lee"],
            "Checked on": ["+2026-05-31"],
        }
        assert cited.text == ""

    def test_those_of_a_new_claim_stand_with_it(self):
        document = make_document()
        new = {"key": "new", "text": "It helps.", "citations": [{"source": "lee2020", "stance": "supports"}]}
        read = changes(claims=[*document.claims, new])
        (claim,) = read.of("claims")
        assert [(one.added, one.name, one.text) for one in claim.citations] == [
            (True, "Lee 2020", "Supports")
        ]
        assert read.citations == ()
        (claim,) = changes(claims=[]).of("claims")
        assert [one.removed for one in claim.citations] == [True]

    def test_a_corrected_record_marks_the_words_that_differ(self):
        old, new = (
            make_document(sources=[make_source("lee2020", title=title)]) for title in ("A tittle", "A title")
        )
        (record,) = readable(compare(old, new), old, new).sources
        assert (record.name, record.text) == ("A title", "")
        assert [marks(one) for one in record.rewordings] == [["-tittle", "+title"]]
