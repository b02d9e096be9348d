import itertools

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from frameworks.comparison import as_text, compare, later_dangers
from frameworks.document import FrameworkDocument
from tests.factories import make_document, make_source
from tests.strategies import documents

slow = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])


def items(*keys, step=None):
    return [{"key": key, "text": f"Do {key}", "step": step} for key in keys]


def warning(key, *, level="danger", text="It hurts.", what_to_do=""):
    return {"key": key, "level": level, "text": text, "what_to_do": what_to_do}


def step(key, *warnings):
    return {"key": key, "title": "Step", "body": "Do it.", "warnings": warnings}


def steps_with(of_sit=(), of_breathe=()):
    return [step("sit", *of_sit), step("breathe", *of_breathe)]


class TestComparingAnyTwoDocuments:
    @slow
    @given(documents())
    def test_a_document_does_not_differ_from_itself(self, document):
        assert not compare(document, document)
        assert as_text(compare(document, document)) == ""

    @slow
    @given(documents(), documents())
    def test_there_is_something_to_tell_exactly_where_documents_differ(self, old, new):
        assert bool(compare(old, new)) == (old != new)
        assert bool(as_text(compare(old, new))) == (old != new)

    @slow
    @given(documents(), st.randoms(use_true_random=False))
    def test_there_is_something_to_tell_wherever_entries_are_shuffled(self, old, chance):
        def shuffled(entries):
            return tuple(chance.sample(entries, len(entries)))

        names = (
            "warnings",
            "steps",
            "checklist",
            "principles",
            "examples",
            "mistakes",
            "claims",
            "citations",
        )
        new = old.model_copy(update={name: shuffled(getattr(old, name)) for name in names})
        comparison = compare(old, new)
        assert bool(comparison) == (old != new)
        assert all(change.moved and not change.fields for change in comparison.entries)

    @slow
    @given(documents(), documents())
    def test_what_was_added_and_removed_accounts_for_all_keys(self, old, new):
        changes = compare(old, new).entries
        added = {(change.part, change.key) for change in changes if change.added}
        removed = {(change.part, change.key) for change in changes if change.removed}
        assert keys(new) == keys(old) - removed | added
        assert added <= keys(new)
        assert removed <= keys(old)

    @slow
    @given(documents(), documents())
    def test_what_is_added_one_way_is_removed_the_other(self, old, new):
        there, back = compare(old, new), compare(new, old)
        assert {(c.part, c.key, c.new) for c in there.entries if c.added} == {
            (c.part, c.key, c.old) for c in back.entries if c.removed
        }
        assert {(c.part, c.key, frozenset(c.fields)) for c in there.entries if c.reworded} == {
            (c.part, c.key, frozenset(c.fields)) for c in back.entries if c.reworded
        }
        assert len(there.citations) == len(back.citations) or any(
            c.moved for c in (*there.citations, *back.citations)
        )

    @slow
    @given(documents(), documents())
    def test_warnings_come_first(self, old, new):
        parts = [part for part, _ in itertools.groupby(change.part for change in compare(old, new).entries)]
        assert parts == sorted(set(parts), key=parts.index)
        assert "warnings" not in parts[1:]


def keys(document: FrameworkDocument):
    """Every entry's key with its part, told apart from the code under test."""
    return {("warnings" if "warnings" in path else path[0], entry.key) for path, entry in document.entries()}


class TestWhatBecameOfAnEntry:
    def changes(self, old, new):
        return {change.key: change for change in compare(make_document(**old), make_document(**new)).entries}

    def test_one_that_says_something_else_is_reworded_and_names_the_fields(self):
        found = self.changes(
            {}, {"warnings": [warning("dizzy", level="contraindication", text="You may faint.")]}
        )
        assert found["dizzy"].fields == ("level", "what_to_do")
        assert not found["dizzy"].moved

    def test_the_entry_that_was_carried_to_the_front_has_moved_and_no_other(self):
        found = self.changes(
            {"checklist": items("a", "b", "c", "d")}, {"checklist": items("d", "a", "b", "c")}
        )
        assert list(found) == ["d"]
        assert found["d"].moved

    def test_an_entry_put_between_two_others_moves_neither(self):
        found = self.changes({"checklist": items("a", "b")}, {"checklist": items("a", "new", "b")})
        assert list(found) == ["new"]
        assert found["new"].added

    def test_an_item_that_changed_step_says_from_which_to_which(self):
        found = self.changes(
            {"checklist": items("a", step="sit") + items("b")},
            {"checklist": items("a", step="breathe") + items("b")},
        )
        assert list(found) == ["a"]
        assert found["a"].changed_step
        assert (found["a"].from_step, found["a"].to_step) == ("sit", "breathe")
        assert not found["a"].reworded

    def test_a_warning_that_left_its_step_for_the_whole_has_moved(self):
        found = self.changes(
            {"warnings": [], "steps": steps_with(of_sit=[warning("w")])},
            {"warnings": [warning("w")], "steps": steps_with()},
        )
        assert list(found) == ["w"]
        assert (found["w"].from_step, found["w"].to_step) == ("sit", None)

    def test_a_warning_stays_where_its_step_is_when_steps_move(self):
        found = self.changes(
            {
                "steps": [step("a", warning("w")), step("b", warning("v")), step("c")],
                "checklist": [],
                "claims": [],
            },
            {
                "steps": [step("b", warning("v")), step("c"), step("a", warning("w"))],
                "checklist": [],
                "claims": [],
            },
        )
        assert list(found) == ["a"]

    def test_the_same_key_on_an_entry_of_another_kind_is_another_entry(self):
        found = compare(
            make_document(principles=[{"key": "thing", "text": "A thought."}]),
            make_document(principles=[], mistakes=[{"key": "thing", "title": "A", "body": "mistake"}]),
        ).entries
        assert {(change.part, change.added) for change in found if change.key == "thing"} == {
            ("principles", False),
            ("mistakes", True),
        }


class TestWhatBecameOfCitationsAndSources:
    def claims(self, *citations):
        return [{"key": "calms", "text": "It calms.", "citations": citations}]

    def test_a_citation_that_was_checked_is_changed_and_not_replaced(self):
        citation = {"source": "lee2020", "stance": "supports"}
        checked = {**citation, "checked": "says-it", "checked_by": "A. Lee", "checked_on": "2026-08-01"}
        (change,) = compare(
            make_document(claims=self.claims(citation)), make_document(claims=self.claims(checked))
        ).citations
        assert change.claim == "calms"
        assert change.fields == ("checked", "checked_by", "checked_on")

    def test_a_source_that_now_disputes_is_told_as_a_change_of_stance(self):
        (change,) = compare(
            make_document(claims=self.claims({"source": "lee2020", "stance": "supports"})),
            make_document(claims=self.claims({"source": "lee2020", "stance": "disputes"})),
        ).citations
        assert change.fields == ("stance",)

    def test_a_corrected_record_names_its_fields(self):
        old = make_document(sources=[make_source("lee2020", title="A tittle")])
        new = make_document(sources=[make_source("lee2020", title="A title")])
        (change,) = compare(old, new).sources
        assert (change.key, change.fields) == ("lee2020", ("title",))

    def test_a_source_that_is_no_longer_cited_is_gone(self):
        comparison = compare(make_document(), make_document(citations=[]))
        assert [change.key for change in comparison.sources if change.new is None] == ["talk2019"]
        assert [(change.claim, change.new) for change in comparison.citations] == [(None, None)]


class TestDangersThatCameLater:
    def later(self, pinned, current):
        return [
            found.key
            for found in later_dangers(make_document(warnings=pinned), make_document(warnings=current))
        ]

    def test_a_danger_that_was_added_is_one(self):
        assert self.later([], [warning("new")]) == ["new"]

    def test_so_is_one_whose_words_or_level_or_advice_changed(self):
        old = [warning("a"), warning("b"), warning("c")]
        new = [
            warning("a", text="It kills."),
            warning("b", level="contraindication"),
            warning("c", what_to_do="Stop."),
        ]
        assert self.later(old, new) == ["b", "a", "c"]

    def test_a_danger_that_stayed_as_it_was_is_none(self):
        assert self.later([warning("a"), warning("b")], [warning("b"), warning("a")]) == []

    def test_a_caution_is_none(self):
        assert self.later([], [warning("a", level="caution")]) == []

    def test_a_danger_that_was_toned_down_to_a_caution_is_none(self):
        assert self.later([warning("a")], [warning("a", level="caution")]) == []

    def test_contraindications_come_first(self):
        assert self.later([], [warning("a"), warning("b", level="contraindication")]) == ["b", "a"]

    def test_a_danger_at_a_step_counts_like_one_about_the_whole(self):
        current = make_document(steps=steps_with(of_breathe=[warning("at-a-step")]))
        assert [found.key for found in later_dangers(make_document(), current)] == ["at-a-step"]

    def test_a_danger_that_only_moved_to_a_step_is_none(self):
        pinned = make_document(warnings=[warning("w")])
        current = make_document(warnings=[], steps=steps_with(of_sit=[warning("w")]))
        assert later_dangers(pinned, current) == ()


class TestTheComparisonAsText:
    def test_tells_warnings_first_then_entries_fields_citations_and_sources(self):
        old = make_document()
        new = make_document(
            title="Square breathing",
            warnings=[warning("dizzy", text="You may faint and fall.", what_to_do="Sit down.")],
            checklist=items("four-rounds", "chair", step="sit"),
            citations=[],
        )
        assert as_text(compare(old, new)) == (
            "warnings “dizzy”: reworded\n"
            "  text\n"
            "  - You may faint.\n"
            "  + You may faint and fall.\n"
            "checklist “four-rounds”: reworded, moved from step “breathe” to step “sit”\n"
            "  text\n"
            "  - I did four rounds\n"
            "  + Do four-rounds\n"
            "checklist “chair”: reworded\n"
            "  text\n"
            "  - I have a chair\n"
            "  + Do chair\n"
            "title: reworded\n"
            "  - Box breathing\n"
            "  + Square breathing\n"
            "citation of “talk2019” by the framework: removed\n"
            "source “talk2019”: removed"
        )
