"""Who sent what, what was acknowledged, and what a database that was killed must therefore hold."""

import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Request:
    """What a client asked for: the state of one item, and a note that no other request has."""

    number: int
    item: str
    state: str
    round: int

    @property
    def note(self) -> str:
        return f"request {self.number}"


@dataclass(frozen=True)
class Row:
    """What is stored of an item now."""

    item: str
    state: str
    note: str


@dataclass(frozen=True)
class Line:
    """A line of the history, in the order in which they were written. No state where it stayed what it was."""

    item: str
    state: str | None
    note: str | None


class Ledger:
    """Kept outside of all that is killed. Any number of clients write into it at once, one for each item."""

    def __init__(self):
        self.round = 1
        self.sent: dict[int, Request] = {}
        self.acknowledged: set[int] = set()
        #: What else than an acknowledgement came back, and how often.
        self.answers = Counter()
        self._lock = threading.Lock()

    def send(self, item: str, state: str) -> Request:
        """To be called before anything leaves: what is stored without having been sent is an error too."""
        with self._lock:
            request = Request(len(self.sent) + 1, item, state, self.round)
            self.sent[request.number] = request
            return request

    def acknowledge(self, request: Request):
        """To be called when the answer that the page shows as *Saved* has arrived whole."""
        with self._lock:
            self.acknowledged.add(request.number)

    def refuse(self, answer: str):
        with self._lock:
            self.answers[answer] += 1

    def sent_in(self, round: int) -> int:
        return self._count(round, self.sent)

    def acknowledged_in(self, round: int) -> int:
        return self._count(round, self.acknowledged)

    def _count(self, round, numbers):
        with self._lock:
            return sum(self.sent[number].round == round for number in numbers)


@dataclass
class Verdict:
    """What is wrong with what was found. What was sent and not acknowledged may be there or not."""

    #: Acknowledged, and not in the history, undone by an earlier request, or not what its item now shows.
    lost: set[Request] = field(default_factory=set)
    #: Rows and lines that no request asked for, or that stand there twice.
    never_sent: list[Row | Line] = field(default_factory=list)
    #: Items whose row is not what their history ends with: one of both was committed without the other.
    torn: set[str] = field(default_factory=set)

    def __bool__(self):
        """Whether all is well."""
        return not (self.lost or self.never_sent or self.torn)


def judge(ledger: Ledger, rows: list[Row], lines: list[Line]) -> Verdict:
    """Compare what was sent and acknowledged with what is stored."""
    verdict = Verdict()
    by_note = {request.note: request for request in ledger.sent.values()}
    acknowledged = {ledger.sent[number] for number in ledger.acknowledged}

    kept: dict[str, list[Request]] = defaultdict(list)
    for line in lines:
        request = by_note.get(line.note)
        if (
            request is None
            or request.item != line.item
            or line.state not in (None, request.state)
            or request in kept[line.item]
        ):
            verdict.never_sent.append(line)
        else:
            kept[line.item].append(request)
    verdict.lost |= acknowledged - {request for requests in kept.values() for request in requests}
    for requests in kept.values():
        # A client sends the next request for an item when it has an answer to the one before, or none will come.
        for place, request in enumerate(requests):
            if any(later.number < request.number for later in requests[place + 1 :]):
                verdict.lost |= {request} & acknowledged

    stored = {row.item: row for row in rows}
    for item in stored.keys() | kept.keys():
        row, last = stored.get(item), (kept.get(item) or [None])[-1]
        if row is not None and _request_of(row, by_note) is None:
            verdict.never_sent.append(row)
        if row is None or last is None or (row.state, row.note) != (last.state, last.note):
            verdict.torn.add(item)
            verdict.lost |= {last} & acknowledged
    return verdict


def _request_of(row, by_note):
    request = by_note.get(row.note)
    return request if request and (request.item, request.state) == (row.item, row.state) else None
