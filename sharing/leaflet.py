"""A handout as the patient reads it: the same for the clinician's preview, for the link and on paper."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property

from django.utils.safestring import SafeString

from accounts.models import ClinicianProfile
from frameworks import qr_code
from frameworks.article import Article, StepOnPage
from frameworks.document import ChecklistItem
from frameworks.structured_data import absolute


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
        )

    @cached_property
    def article(self) -> Article:
        """Its revision, with the warnings of the steps that were left out."""
        return self.revision.showing(self.step_keys)

    @cached_property
    def steps(self) -> list[StepOnPage]:
        """The steps that were chosen, each with all its warnings and with the items that were chosen of it."""
        return [
            replace(step, items=tuple(item for item in step.items if item.key in self.item_keys))
            for step in self.article.steps
            if step.entry.key in self.step_keys
        ]

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
        return bool(self.item_keys) and not self.article.live.withdrawn_on

    @property
    def qr(self) -> SafeString:
        return qr_code.drawn(self.link)


def qr_file(link: str) -> str:
    """The QR code as a file of its own, for a letter or a poster."""
    return qr_code.as_file(link)
