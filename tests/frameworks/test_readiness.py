"""What keeps a draft from being published."""

import pytest

from frameworks.readiness import blocking
from tests.factories import make_document


def rules(document, *, retracted=frozenset(), has_help=True):
    return {problem.rule: problem for problem in blocking(document, retracted=retracted, has_help=has_help)}


class TestADraftIsReady:
    def test_when_it_is_complete(self):
        assert rules(make_document()) == {}

    @pytest.mark.parametrize("field", ["title", "problem", "overview"])
    def test_not_without_its_text(self, field):
        found = rules(make_document(**{field: ""}))
        assert found[f"{field}-is-written"].path == field
        assert len(found) == 1

    def test_not_without_a_principle(self):
        assert "principles-has-an-entry" in rules(make_document(principles=[]))

    def test_not_without_a_step(self):
        document = make_document(steps=[], checklist=[{"key": "one", "text": "One"}], claims=[], citations=[])
        assert "steps-has-an-entry" in rules(document)

    def test_not_without_a_checklist_item(self):
        assert "checklist-has-an-entry" in rules(make_document(checklist=[]))

    def test_not_before_supervision_is_judged(self):
        assert "supervision-is-judged" in rules(make_document(supervision=None))

    def test_not_when_a_professional_is_required_and_no_warning_says_why(self):
        bare = [
            {"key": "sit", "title": "Sit", "body": "Sit."},
            {"key": "breathe", "title": "Breathe", "body": "Do."},
        ]
        document = make_document(supervision="professional-required", warnings=[], steps=bare)
        assert "supervised-has-a-warning" in rules(document)

    def test_when_the_only_warning_stands_at_a_step(self):
        document = make_document(supervision="professional-required", warnings=[])
        assert "supervised-has-a-warning" not in rules(document)

    def test_not_when_a_professional_is_required_and_every_step_is_the_readers_alone(self):
        alone = [
            {"key": "sit", "title": "Sit", "body": "Sit."},
            {"key": "breathe", "title": "Breathe", "body": "Do."},
        ]
        rule = "supervised-has-a-step-with-a-professional"
        found = rules(make_document(supervision="professional-required", steps=alone))
        assert list(found) == [rule]
        assert found[rule].path == "steps[0].done_by"
        for who in ("professional", "reader-with-professional"):
            steps = [alone[0], {**alone[1], "done_by": who}]
            assert rules(make_document(supervision="professional-required", steps=steps)) == {}
        assert rules(make_document(supervision="ask-first", steps=alone)) == {}

    def test_not_when_it_is_sensitive_and_there_is_no_help_to_show(self):
        assert "sensitive-has-help" in rules(make_document(sensitive=True), has_help=False)
        assert "sensitive-has-help" not in rules(make_document(sensitive=False), has_help=False)

    def test_not_when_a_claim_rests_on_retracted_sources_alone(self):
        found = rules(make_document(), retracted={"lee2020"})
        problem = found["no-claim-rests-on-retracted-sources-alone"]
        assert problem.path == "claims[0]"
        assert "Slow breathing lowers the pulse." in problem.message

    def test_every_refusal_says_what_to_do(self):
        empty = make_document(
            title="",
            problem="",
            overview="",
            principles=[],
            steps=[],
            checklist=[],
            claims=[],
            citations=[],
            supervision=None,
            sensitive=True,
        )
        found = rules(empty, has_help=False)
        assert len(found) == 8
        assert all(";" in problem.message for problem in found.values())
