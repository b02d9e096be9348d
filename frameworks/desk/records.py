"""The record of a source as it stood when somebody opened it: no edit of one is replaced by who has not seen it."""

from dataclasses import dataclass
from hashlib import blake2b

from .. import bibliography
from ..changes import Changes, readable
from ..comparison import Comparison, compare
from ..document import FrameworkDocument, Source
from ..models import SourceUpdate


@dataclass(frozen=True)
class Standing:
    """A record, and what was recorded of its source since."""

    record: Source
    updates: tuple[SourceUpdate, ...]

    @property
    def digest(self) -> str:
        """Tells it from any other."""
        return f"{_digest(self.record.model_dump_json())}-{self._digest_of_updates}"

    @property
    def _digest_of_updates(self) -> str:
        return _digest(repr([(one.pk, one.type, one.date, one.notice_doi) for one in self.updates]))

    def differs_from(self, opened: str, mine: Source) -> bool:
        """Whether it is not what was `opened`; a record that says what `mine` says already differs in nothing."""
        record, _hyphen, updates = opened.partition("-")
        is_as_opened = record == _digest(self.record.model_dump_json()) or self.record == mine
        return not is_as_opened or updates != self._digest_of_updates


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=16).hexdigest()


def standing(key: str) -> Standing | None:
    """How the source of this key stands now; None where there is none. Two statements."""
    record = bibliography.records([key]).get(key)
    if record is None:
        return None
    return Standing(record, tuple(SourceUpdate.objects.filter(source__key=key).order_by("date", "pk")))


def differences(now: Source, mine: Source) -> Changes:
    """What `mine` says otherwise than the record of the same key, word by word."""
    old, new = (_citing(record) for record in (now, mine))
    changed = compare(old, new)
    of_itself = tuple(change for change in changed.sources if change.key == mine.key)
    return readable(Comparison(sources=of_itself), old, new)


def _citing(record: Source) -> FrameworkDocument:
    beneath = bibliography.records(record.draws_on)
    return FrameworkDocument(
        title="",
        category="none",
        citations=[{"source": record.key, "stance": "background"}],
        sources=[record, *beneath.values()],
    )
