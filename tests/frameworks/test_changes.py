"""A comparison as people read it."""

from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from frameworks.changes import Piece, marked, readable
from frameworks.comparison import compare
from tests.factories import make_document
from tests.strategies import documents, prose

slow = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])

#: Texts that share words, as two wordings do.
wordings = st.lists(st.sampled_from(["sit", "down", "slowly", "\n", "  ", "now.", "“now”"]), max_size=12).map(
    " ".join
)


def changes(**new):
    """What is read of box breathing and of what became of it."""
    old, new = make_document(), make_document(**new)
    return readable(compare(old, new), old, new)


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
        assert (read.citations, read.sources) == (len(comparison.citations), len(comparison.sources))

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
        assert (item.moved, item.from_step, item.to_step) == (True, "Sit", "Breathe")
        assert item.rewordings == ()

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
