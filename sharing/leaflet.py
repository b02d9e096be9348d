"""A handout as the patient reads it: the same for the clinician's preview, for the link and on paper."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from django.utils.safestring import SafeString

from accounts.models import ClinicianProfile
from frameworks import qr_code
from frameworks.article import Article, StepOnPage
from frameworks.document import ChecklistItem, Level
from frameworks.structured_data import absolute


@dataclass(frozen=True)
class Reference:
    """Where on paper the warnings of a level stand in full: before the start, under these numbers, if they have any."""

    level: Level
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class StepOnLeaflet(StepOnPage):
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True)
class Leaflet:
    #: The whole of its revision.
    revision: Article
    clinician: ClinicianProfile
    message: str
    step_keys: frozenset[str]
    item_keys: frozenset[str]
    made_at: datetime
    last_on: date
    #: Empty where there is none yet.
    path: str = ""
    revoked_at: datetime | None = None
    is_expired: bool = False

    @classmethod
    def of(cls, handout, article: Article, clinician: ClinicianProfile) -> "Leaflet":
        return cls(
            article,
            clinician,
            handout.message,
            frozenset(handout.step_keys),
            frozenset(handout.item_keys),
            handout.created_at,
            handout.last_on,
            # A link that opens nothing is not to be printed.
            "" if handout.is_over else handout.path,
            handout.revoked_at,
            handout.is_expired,
        )

    @cached_property
    def article(self) -> Article:
        """Its revision, with the warnings of the steps that were left out."""
        return self.revision.showing(self.step_keys)

    @cached_property
    def steps(self) -> list[StepOnLeaflet]:
        """The steps that were chosen, each with its number in the framework, all its warnings, and its chosen items."""
        return [
            StepOnLeaflet(
                step.number,
                step.entry,
                step.marks,
                step.warnings,
                tuple(item for item in step.items if item.key in self.item_keys),
                self._references(step),
            )
            for step in self.article.steps
            if step.entry.key in self.step_keys
        ]

    def _references(self, step: StepOnPage) -> tuple[Reference, ...]:
        before = [one for one in self.article.warnings_before_start if one.step is step.entry]
        levels = dict.fromkeys(one.marked.entry.level for one in before)
        return tuple(
            Reference(
                level, tuple(one.number for one in before if one.marked.entry.level is level and one.number)
            )
            for level in levels
        )

    @cached_property
    def items(self) -> list[ChecklistItem]:
        """The items that were chosen of those that belong to no step."""
        return [
            item
            for item in self.article.document.checklist
            if item.step is None and item.key in self.item_keys
        ]

    @property
    def link(self) -> str:
        """The whole address that is printed; empty where there is none yet."""
        return absolute(self.path) if self.path else ""

    @property
    def message_is_long(self) -> bool:
        """Whether it takes more than a few lines: then it is set in two columns on paper."""
        return len(self.message) > 300

    @property
    def can_be_started(self) -> bool:
        return bool(self.item_keys) and not self.article.live.withdrawn_on and not self.is_over

    @property
    def is_over(self) -> bool:
        return self.revoked_at is not None or self.is_expired

    @property
    def qr(self) -> SafeString:
        return qr_code.drawn(self.link)


def qr_file(link: str) -> str:
    """The QR code as a file of its own, for a letter or a poster."""
    return qr_code.as_file(link)
