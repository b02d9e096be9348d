"""The judgement of `make durability`: it finds a loss where there is one, and none where there is none."""

import pytest

from tests.durability.ledger import Ledger, Line, Row, judge


@pytest.fixture
def ledger():
    """Two clients. The answer to request 3 was lost; to all others there was one."""
    ledger = Ledger()
    for item, state, acknowledged in [
        ("chair", "done", True),
        ("walk", "done", True),
        ("chair", "open", False),
        ("walk", "not-for-me", True),
    ]:
        request = ledger.send(item, state)
        if acknowledged:
            ledger.acknowledge(request)
    return ledger


CHAIR_DONE = Line("chair", "done", "request 1")
WALK_DONE = Line("walk", "done", "request 2")
CHAIR_OPEN = Line("chair", "open", "request 3")
WALK_NOT_FOR_ME = Line("walk", "not-for-me", "request 4")
LINES = [CHAIR_DONE, WALK_DONE, WALK_NOT_FOR_ME]
ROWS = [Row("chair", "done", "request 1"), Row("walk", "not-for-me", "request 4")]


def numbers(requests):
    return {request.number for request in requests}


class TestAllIsWell:
    def test_where_everything_acknowledged_is_there_and_nothing_else(self, ledger):
        assert judge(ledger, ROWS, LINES)

    def test_also_where_a_request_without_an_answer_is_there(self, ledger):
        rows = [Row("chair", "open", "request 3"), ROWS[1]]
        assert judge(ledger, rows, [*LINES, CHAIR_OPEN])

    def test_also_where_a_line_has_no_state_because_it_stayed_the_same(self, ledger):
        assert judge(ledger, ROWS, [Line("chair", None, "request 1"), WALK_DONE, WALK_NOT_FOR_ME])


class TestALoss:
    def test_is_an_acknowledged_request_that_the_history_does_not_have(self, ledger):
        verdict = judge(ledger, ROWS, [CHAIR_DONE, WALK_NOT_FOR_ME])
        assert not verdict
        assert numbers(verdict.lost) == {2}

    def test_is_an_item_without_a_row(self, ledger):
        verdict = judge(ledger, ROWS[:1], LINES)
        assert not verdict
        assert numbers(verdict.lost) == {4}
        assert verdict.torn == {"walk"}

    def test_is_an_item_that_shows_an_earlier_request(self, ledger):
        verdict = judge(ledger, [ROWS[0], Row("walk", "done", "request 2")], LINES)
        assert not verdict
        assert numbers(verdict.lost) == {4}

    def test_is_a_request_that_an_earlier_one_undid(self, ledger):
        rows = [ROWS[0], Row("walk", "done", "request 2")]
        verdict = judge(ledger, rows, [CHAIR_DONE, WALK_NOT_FOR_ME, WALK_DONE])
        assert not verdict
        assert numbers(verdict.lost) == {4}

    def test_is_everything_where_nothing_is_left(self, ledger):
        assert numbers(judge(ledger, [], []).lost) == {1, 2, 4}


class TestWhatWasNeverSent:
    @pytest.mark.parametrize(
        "line",
        [
            Line("chair", "done", "request 5"),
            Line("chair", "done", ""),
            Line("chair", "done", None),
            Line("walk", None, "request 1"),
            Line("left-alone", "done", "request 1"),
            Line("chair", "not-for-me", "request 3"),
        ],
        ids=[
            "of no request",
            "without a note",
            "of a state alone",
            "of another item",
            "of no item",
            "altered",
        ],
    )
    def test_is_a_line_that_no_request_asked_for(self, ledger, line):
        verdict = judge(ledger, ROWS, [*LINES, line])
        assert not verdict
        assert verdict.never_sent == [line]

    def test_is_a_line_that_stands_there_twice(self, ledger):
        assert judge(ledger, ROWS, [*LINES, WALK_NOT_FOR_ME]).never_sent == [WALK_NOT_FOR_ME]

    @pytest.mark.parametrize(
        "row",
        [Row("left-alone", "done", ""), Row("left-alone", "done", "request 1")],
        ids=["bare", "borrowed"],
    )
    def test_is_an_item_that_nobody_ticked(self, ledger, row):
        verdict = judge(ledger, [*ROWS, row], LINES)
        assert not verdict
        assert verdict.never_sent == [row]

    def test_is_a_state_that_no_request_asked_for(self, ledger):
        row = Row("chair", "not-for-me", "request 1")
        verdict = judge(ledger, [row, ROWS[1]], LINES)
        assert verdict.never_sent == [row]
        assert verdict.torn == {"chair"}


class TestATornRequest:
    """A row and its line are written by one statement, acknowledged or not: both are there or neither is."""

    def test_has_a_row_and_no_line(self, ledger):
        verdict = judge(ledger, [Row("chair", "open", "request 3"), ROWS[1]], LINES)
        assert not verdict
        assert verdict.torn == {"chair"}

    def test_has_a_line_and_no_row(self, ledger):
        verdict = judge(ledger, ROWS, [*LINES, CHAIR_OPEN])
        assert not verdict
        assert verdict.torn == {"chair"}
        assert not verdict.lost
