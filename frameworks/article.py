"""What a page shows of a revision: the document, what is live over it, and what both amount to."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Self
from urllib.parse import quote, urlsplit, urlunsplit

from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .claim_trace import ClaimTrace, claim_trace
from .comparison import later_dangers
from .document import (
    ChangeKind,
    Checked,
    ChecklistItem,
    Citation,
    Claim,
    Entry,
    FrameworkDocument,
    Level,
    Name,
    SafetyWarning,
    Source,
    SourceType,
    Stance,
    Step,
    Supervision,
)
from .evidence import Tier, Trace, Verdict, tier, traces, verdict
from .labels import label
from .models.live import HelpKind
from .models.sources import UpdateType
from .trace_picture import Picture, picture


@dataclass(frozen=True)
class Notice:
    level: Level
    text: str
    issued_at: datetime


@dataclass(frozen=True)
class Reviewed:
    reviewed_on: date
    reviewer: str
    credential: str
    due_on: date
    overdue: bool


@dataclass(frozen=True)
class Update:
    """What became of a source: retracted, corrected, or in doubt."""

    source: str
    type: UpdateType
    date: date
    notice_doi: str

    @property
    def notice_link(self) -> str:
        return doi_link(self.notice_doi) if self.notice_doi else ""


@dataclass(frozen=True)
class Contact:
    country: str
    kind: HelpKind
    name: str
    number: str
    link: str
    hours: str
    cost: str
    checked_on: date | None


@dataclass(frozen=True)
class CountryHelp:
    """Where to find help in one country: what is always seen, and what more there is."""

    country: str
    first: tuple[Contact, ...]
    more: tuple[Contact, ...]


@dataclass(frozen=True)
class Live:
    """What shows at once over every revision of a framework."""

    category: str
    withdrawn_on: date | None = None
    withdrawn_reason: str = ""
    notices: tuple[Notice, ...] = ()
    review: Reviewed | None = None
    updates: tuple[Update, ...] = ()
    help: tuple[CountryHelp, ...] = ()

    @classmethod
    def from_json(cls, found: dict) -> Self:
        """From what `public_page` reads of the database."""
        review, withdrawn = found["review"], found["withdrawn"]
        return cls(
            category=found["category"],
            withdrawn_on=parse_date(withdrawn["on"]) if withdrawn else None,
            withdrawn_reason=withdrawn["reason"] if withdrawn else "",
            notices=tuple(
                Notice(Level(notice["level"]), notice["text"], parse_datetime(notice["issued_at"]))
                for notice in found["notices"]
            ),
            review=review
            and Reviewed(
                parse_date(review["reviewed_on"]),
                review["reviewer"],
                review["credential"],
                parse_date(review["due_on"]),
                review["overdue"],
            ),
            updates=tuple(
                Update(
                    update["source"],
                    UpdateType(update["type"]),
                    parse_date(update["date"]),
                    update["notice_doi"],
                )
                for update in found["updates"]
            ),
            help=help_by_country(
                Contact(
                    **{
                        **row,
                        "kind": HelpKind(row["kind"]),
                        "checked_on": parse_date(row["checked_on"]) if row["checked_on"] else None,
                    }
                )
                for row in found["help"]
            ),
        )

    @property
    def retracted(self) -> frozenset[str]:
        return frozenset(update.source for update in self.updates if update.type is UpdateType.RETRACTION)


def help_by_country(contacts: Iterable[Contact]) -> tuple[CountryHelp, ...]:
    """The contacts of each country. The emergency line and the first other contact are never folded away."""
    countries: dict[str, list[Contact]] = {}
    for contact in contacts:
        countries.setdefault(contact.country, []).append(contact)
    grouped = []
    for country, of_country in countries.items():
        emergency = [contact for contact in of_country if contact.kind == HelpKind.EMERGENCY]
        others = [contact for contact in of_country if contact.kind != HelpKind.EMERGENCY]
        grouped.append(CountryHelp(country, tuple(emergency + others[:1]), tuple(others[1:])))
    return tuple(grouped)


@dataclass(frozen=True)
class Place:
    """A place on the page that can be linked to."""

    anchor: str
    name: str


@dataclass(frozen=True)
class Mark:
    """A claim's number where the claim is made, and whether any source bears on it."""

    number: int
    key: str
    sourced: bool = True


@dataclass(frozen=True)
class Marked:
    """An entry, and the marks of the claims that are about it."""

    entry: Entry
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class CitedSource:
    """A source as the page lists it."""

    source: Source
    tier: Tier
    updates: tuple[Update, ...]
    #: The claims that cite it, its citations for the framework as a whole, and the sources that it draws on.
    marks: tuple[Mark, ...]
    citations_of_whole: tuple[Citation, ...]
    draws_on: tuple[Place, ...]

    @property
    def whole(self) -> tuple["CitationOnPage", ...]:
        return tuple(CitationOnPage(citation, self) for citation in self.citations_of_whole)

    @property
    def retracted(self) -> bool:
        return any(update.type is UpdateType.RETRACTION for update in self.updates)

    @property
    def short_name(self) -> str:
        return short_name(self.source)

    @property
    def link(self) -> str:
        """Where the work is: by its DOI, its PMID or its address; empty where none is known."""
        return self.doi_link or self.pmid_link or self.source.URL or ""

    @property
    def doi_link(self) -> str:
        return doi_link(self.source.DOI) if self.source.DOI else ""

    @property
    def pmid_link(self) -> str:
        return f"https://pubmed.ncbi.nlm.nih.gov/{self.source.PMID}/" if self.source.PMID else ""

    @property
    def kind(self) -> str:
        """What was done, where we know it; else what kind of work it is."""
        return label(self.source.study_design or self.source.type)

    @property
    def authors(self) -> str:
        """As in a bibliography: `Feder A, Parides MK, et al.`; empty where nobody is named."""
        names = [_in_bibliography(name) for name in self.source.author]
        if self.source.and_others:
            names.append("et al")
        return ", ".join(names).rstrip(".") + "." if names else ""

    @property
    def published(self) -> str:
        """Where and when: `JAMA Psychiatry, 2014; 71(6): 681–688`."""
        source = self.source
        place = ", ".join(part for part in (source.container_title, (source.issued or "")[:4]) if part)
        volume = source.volume + (f"({source.issue})" if source.issue else "")
        where = ": ".join(part for part in (volume, source.page) if part)
        return "; ".join(part for part in (place, where) if part)


@dataclass(frozen=True)
class CitationOnPage:
    """A citation, of a claim or of the framework as a whole, with its source."""

    citation: Citation
    source: CitedSource

    @property
    def moment_link(self) -> str:
        """Where the work plays from the moment that the locator names; empty where it names none."""
        return moment_link(self.source.source, self.citation.locator)

    @property
    def is_denied(self) -> bool:
        """Whether somebody opened the source and found that it does not say what it is cited for."""
        return self.citation.checked is Checked.DOES_NOT_SAY_IT

    @property
    def check(self) -> str:
        """What checking found, by whom and when."""
        if self.citation.checked is Checked.NOT_CHECKED:
            return label(Checked.NOT_CHECKED)
        # A line that breaks within a date is hard to read.
        day = date_format(self.citation.checked_on, "j\xa0M\xa0Y")
        return _CHECKS[self.citation.checked] % {"who": self.citation.checked_by, "day": day}


@dataclass(frozen=True)
class LedgerEntry:
    """A claim with its sources, for and against."""

    number: int
    claim: Claim
    trace: Trace
    about: tuple[Place, ...]
    supporting: tuple[CitationOnPage, ...]
    #: What qualifies or contradicts the claim.
    opposing: tuple[CitationOnPage, ...]
    #: Where the claim came from, and background: never support.
    others: tuple[CitationOnPage, ...]
    #: What somebody opened and found not to say it: neither for nor against, whatever it was cited for.
    denied: tuple[CitationOnPage, ...]
    #: What its sources draw on; None where none of them leads on.
    leads: ClaimTrace | None

    @property
    def reach(self) -> str:
        """How far the claim was traced, in words."""
        if self.is_contradicted:
            return _("Contradicted: no source supports it")
        return _REACHES[self.trace.reaches]

    @property
    def heading(self) -> str:
        """The claim; in quotation marks where its sources do not support it: then it is not what we say."""
        if self.trace.reaches or not (self.supporting or self.opposing or self.denied):
            return self.claim.text
        return _("“%(claim)s”") % {"claim": self.claim.text}

    @property
    def is_contradicted(self) -> bool:
        """Whether sources contradict it and none supports it: people say it, and research says otherwise."""
        return self.trace.disputed and self.trace.reaches is None


@dataclass(frozen=True)
class StepOnPage:
    number: int
    entry: Step
    marks: tuple[Mark, ...]
    warnings: tuple[Marked, ...]
    items: tuple[ChecklistItem, ...]


@dataclass(frozen=True)
class WarningBeforeStart:
    """A warning as it stands before the first step, and the step at which it stands again, if it does."""

    marked: Marked
    step: Step | None
    #: Its place among those of its level; None where it is the only one.
    number: int | None = None


@dataclass(frozen=True)
class ItemGroup:
    """The checklist items of a step; those of no step have None."""

    step: Step | None
    number: int
    marked: tuple[Marked, ...]

    @property
    def items(self) -> tuple[ChecklistItem, ...]:
        return tuple(each.entry for each in self.marked)


SECTION_NAMES = {
    "problem": _("Problem it solves"),
    "best-for": _("Best for"),
    "not-ideal-for": _("Not ideal for"),
    "before-you-start": _("Before you start"),
    "help": _("Where to find help"),
    "overview": _("Overview"),
    "principles": _("Core principles"),
    "steps": _("Steps"),
    "checklist": _("Checklist"),
    "examples": _("Examples"),
    "mistakes": _("Common mistakes"),
    "origin": _("Origin story"),
    "evidence": _("Evidence"),
    "sources": _("Sources"),
}
_GRAVEST_FIRST = list(Level)
_LAXEST_FIRST = list(Supervision)
_CHECKS = {
    Checked.SAYS_IT: _("Checked by %(who)s, %(day)s: says it"),
    Checked.SAYS_PART: _("Checked by %(who)s, %(day)s: says part of it"),
    Checked.DOES_NOT_SAY_IT: _("Checked by %(who)s, %(day)s: does not say it"),
}
_REACHES = {
    Tier.PRIMARY: _("Traced to primary"),
    Tier.SECONDARY: _("Ends at a review, guideline or book"),
    Tier.TERTIARY: _("Ends at a digest of other works"),
    Tier.POPULAR: _("Ends at a podcast, a talk or the press"),
    Tier.UNCLASSIFIED: _("Ends at a source of unknown kind"),
    None: _("No source supports it"),
}


@dataclass(frozen=True)
class Article:
    """A revision as a page shows it. Everything that a template asks is answered here, without a query."""

    slug: str
    document: FrameworkDocument
    number: int
    kind: ChangeKind
    note: str
    published_at: datetime
    live: Live
    #: The current revision's number and document, where this revision is an older one.
    current_number: int
    current: FrameworkDocument | None = field(default=None, repr=False)
    #: Whether it is an editor's preview of what is not published yet.
    is_draft: bool = False
    #: The keys of the steps that this page does not show.
    left_out: frozenset[str] = frozenset()

    def showing(self, steps: Iterable[str]) -> Self:
        """The same for a page that shows only the steps of these keys, and all warnings of the others as well."""
        return replace(self, left_out=frozenset(step.key for step in self.document.steps) - frozenset(steps))

    @property
    def is_current(self) -> bool:
        return self.number == self.current_number

    @cached_property
    def later_dangers(self) -> tuple[SafetyWarning, ...]:
        """The contraindications and dangers that the current revision added or reworded, gravest first."""
        if self.current is None:
            return ()
        return later_dangers(self.document, self.current)

    @cached_property
    def marked_later_dangers(self) -> list[Marked]:
        """The same with their marks: of claims of the current revision, in whose ledger their sources stand."""
        marks = marks_of(self.current, self.live.retracted) if self.later_dangers else {}
        return [Marked(warning, marks.get(warning.key, ())) for warning in self.later_dangers]

    @property
    def supervision(self) -> Supervision | None:
        """The stricter of this revision's and the current one's: what was learned later holds here too."""
        judged = [document.supervision for document in self._with_current if document.supervision]
        return max(judged, key=_LAXEST_FIRST.index, default=None)

    @property
    def supervision_is_stricter_now(self) -> bool:
        return self.supervision is not self.document.supervision

    @property
    def sensitive(self) -> bool:
        """Whether this revision or the current one is: then it shows where to find help."""
        return any(document.sensitive for document in self._with_current)

    @property
    def _with_current(self) -> list[FrameworkDocument]:
        return [self.document, self.current] if self.current else [self.document]

    @cached_property
    def verdict(self) -> Verdict:
        return verdict(self.document, self.live.retracted)

    @property
    def rests_on(self) -> CitedSource | None:
        """The source on which most claims rest alone, where it is no primary one."""
        return self.sources[self.verdict.rests_on.key] if self.verdict.rests_on else None

    @cached_property
    def picture(self) -> Picture | None:
        return picture(self)

    @cached_property
    def _traces(self) -> dict[str, Trace]:
        return traces(self.document, self.live.retracted)

    @cached_property
    def _marks(self) -> dict[str, tuple[Mark, ...]]:
        return marks_of(self.document, self.live.retracted)

    def marked(self, entry: Entry) -> Marked:
        return Marked(entry, self._marks.get(entry.key, ()))

    # What the sections of the page show, in their order.

    @cached_property
    def contents(self) -> list[Place]:
        """The sections that this page has."""
        document = self.document
        present = {
            "problem": document.problem,
            "before-you-start": self.has_before_you_start,
            "overview": document.overview,
            "principles": document.principles,
            "steps": document.steps,
            "checklist": document.checklist,
            "examples": document.examples,
            "mistakes": document.mistakes,
            "origin": document.origin,
            "evidence": True,  # it says, too, that there is none
            "sources": document.sources,
        }
        return [Place(anchor, SECTION_NAMES[anchor]) for anchor, there in present.items() if there]

    @property
    def has_before_you_start(self) -> bool:
        return bool(
            self.warnings_before_start
            or self.sensitive
            or self.supervision not in (None, Supervision.SELF_GUIDED)
        )

    @cached_property
    def warnings_before_start(self) -> list[WarningBeforeStart]:
        """What a reader meets before the first step, gravest first: the warnings about the whole, the contraindications
        and dangers that stand at a step as well, and the cautions of steps that stand nowhere on the page."""
        of_the_whole = [WarningBeforeStart(self.marked(warning), None) for warning in self.document.warnings]
        of_steps = [
            WarningBeforeStart(self.marked(warning), step)
            for step in self.document.steps
            for warning in step.warnings
            if warning.level is not Level.CAUTION or step.key in self.left_out
        ]
        in_order = []
        for level in Level:
            of_level = [one for one in of_the_whole + of_steps if one.marked.entry.level is level]
            if len(of_level) > 1:
                of_level = [replace(one, number=number) for number, one in enumerate(of_level, 1)]
            in_order += of_level
        return in_order

    @property
    def has_grave_warnings_of_the_whole(self) -> bool:
        """Whether a contraindication or danger about every step stands before the first one alone."""
        return any(warning.level is not Level.CAUTION for warning in self.document.warnings)

    @cached_property
    def problem_marks(self) -> tuple[Mark, ...]:
        return self._marks.get("problem", ())

    @cached_property
    def best_for_marks(self) -> tuple[Mark, ...]:
        return self._marks.get("best-for", ())

    @cached_property
    def not_ideal_for_marks(self) -> tuple[Mark, ...]:
        return self._marks.get("not-ideal-for", ())

    @cached_property
    def overview_marks(self) -> tuple[Mark, ...]:
        return self._marks.get("overview", ())

    @cached_property
    def origin_marks(self) -> tuple[Mark, ...]:
        return self._marks.get("origin", ())

    @cached_property
    def principles(self) -> list[Marked]:
        return [self.marked(principle) for principle in self.document.principles]

    @cached_property
    def steps(self) -> list[StepOnPage]:
        return [
            StepOnPage(
                number=number,
                entry=step,
                marks=self._marks.get(step.key, ()),
                warnings=tuple(self.marked(warning) for warning in sorted(step.warnings, key=_gravity)),
                items=tuple(item for item in self.document.checklist if item.step == step.key),
            )
            for number, step in enumerate(self.document.steps, 1)
        ]

    @cached_property
    def item_groups(self) -> list[ItemGroup]:
        """The checklist by step, in the order of the steps; items of no step come first."""
        steps = [(0, None), *enumerate(self.document.steps, 1)]
        groups = [
            ItemGroup(
                step,
                number,
                tuple(
                    self.marked(item)
                    for item in self.document.checklist
                    if item.step == (step.key if step else None)
                ),
            )
            for number, step in steps
        ]
        return [group for group in groups if group.marked]

    @cached_property
    def examples(self) -> list[Marked]:
        return [self.marked(example) for example in self.document.examples]

    @cached_property
    def mistakes(self) -> list[Marked]:
        return [self.marked(mistake) for mistake in self.document.mistakes]

    @cached_property
    def sources(self) -> dict[str, CitedSource]:
        """The sources by key, in the order in which the page first cites them, then those that they draw on."""
        records = {source.key: source for source in self.document.sources}
        marks: dict[str, list[Mark]] = {}
        for number, claim in enumerate(self.document.claims, 1):
            mark = Mark(number, claim.key)
            for citation in claim.citations:
                if mark not in marks.setdefault(citation.source, []):
                    marks[citation.source].append(mark)
        order = dict.fromkeys([*(citation.source for _path, citation in self.document.cited()), *records])
        return {
            key: CitedSource(
                source=records[key],
                tier=tier(records[key]),
                updates=tuple(update for update in self.live.updates if update.source == key),
                marks=tuple(marks.get(key, ())),
                citations_of_whole=tuple(
                    citation for citation in self.document.citations if citation.source == key
                ),
                draws_on=tuple(Place(other, short_name(records[other])) for other in records[key].draws_on),
            )
            for key in order
        }

    @cached_property
    def updated_sources(self) -> list[CitedSource]:
        """The sources that were retracted, corrected or put in doubt since they appeared."""
        return [source for source in self.sources.values() if source.updates]

    @cached_property
    def ledger(self) -> list[LedgerEntry]:
        """The claims with their sources, for and against."""
        return [self._ledger_entry(number, claim) for number, claim in enumerate(self.document.claims, 1)]

    def _ledger_entry(self, number: int, claim: Claim) -> LedgerEntry:
        cited = [CitationOnPage(citation, self.sources[citation.source]) for citation in claim.citations]
        standing = [each for each in cited if not each.is_denied]

        def of(*stances: Stance) -> tuple[CitationOnPage, ...]:
            return tuple(each for each in standing if each.citation.stance in stances)

        trace = self._traces[claim.key]
        return LedgerEntry(
            number=number,
            claim=claim,
            trace=trace,
            about=tuple(Place(key, self._places[key]) for key in claim.about),
            supporting=of(Stance.SUPPORTS),
            opposing=of(Stance.QUALIFIES, Stance.DISPUTES),
            others=of(Stance.ORIGIN, Stance.BACKGROUND),
            denied=tuple(each for each in cited if each.is_denied),
            leads=claim_trace(cited, {source.key for source in trace.path}, self.sources),
        )

    @cached_property
    def _places(self) -> dict[str, str]:
        """What each entry and section that a claim can be about is called."""
        places = dict(SECTION_NAMES)
        counted = {
            "principles": _("Principle %(number)d"),
            "checklist": _("Checklist item %(number)d"),
            "examples": _("Example %(number)d"),
            "mistakes": _("Mistake %(number)d"),
            "claims": _("Claim %(number)d"),
            "steps": _("Step %(number)d"),
        }
        for path, entry in self.document.entries():
            if isinstance(entry, SafetyWarning):
                places[entry.key] = label(entry.level)
                if path[0] == "steps":
                    places[entry.key] = _("%(level)s at step %(number)d") % {
                        "level": label(entry.level),
                        "number": path[1] + 1,
                    }
            else:
                places[entry.key] = counted[path[0]] % {"number": path[1] + 1}
        return places

    @property
    def title_elsewhere(self) -> str:
        """The framework's title as a link or a letter shows it: who sees it there may never open the page."""
        return self._or_withdrawn((self.current or self.document).title)

    @property
    def revision_elsewhere(self) -> str:
        """The same of the address that names this revision."""
        names = {"title": self.document.title, "number": self.number}
        return self._or_withdrawn(gettext("%(title)s, revision %(number)d") % names)

    def _or_withdrawn(self, title: str) -> str:
        return gettext("Withdrawn: %(title)s") % {"title": title} if self.live.withdrawn_on else title

    @property
    def description(self) -> str:
        """For search engines and shared links: the tagline, or the beginning of the overview."""
        return self.document.tagline or self.document.overview.plain[:200]


def marks_of(document: FrameworkDocument, retracted: Collection[str]) -> dict[str, tuple[Mark, ...]]:
    """The marks of the claims about each entry or section of a document, by its key."""
    marks: dict[str, tuple[Mark, ...]] = {}
    found = traces(document, retracted)
    for number, claim in enumerate(document.claims, 1):
        mark = Mark(number, claim.key, sourced=found[claim.key].sourced)
        for key in claim.about:
            marks[key] = (*marks.get(key, ()), mark)
    return marks


def short_name(source: Source) -> str:
    """How a text refers to a source: `Feder et al. 2014`; by its title where nobody is named as its author."""
    names = [name.family or name.literal for name in source.author]
    if not names:
        name = Truncator(source.container_title or source.title).chars(48)
    elif len(names) > 2 or source.and_others:
        name = f"{names[0]} et al."
    else:
        name = " & ".join(names)
    return f"{name} {source.issued[:4]}" if source.issued else name


def doi_link(doi: str) -> str:
    """Where a DOI leads. A DOI may hold characters that mean something else in an address."""
    return f"https://doi.org/{quote(doi, safe='/:;()')}"


#: 1:02:33 wherever it stands. 75:30 or 23:34 first, after a comma or after “at”: “Exodus 3:14” is no moment.
_MOMENT = re.compile(
    r"(?<![\w:])(\d{1,3}):([0-5]\d):([0-5]\d)(?![\w:])"
    r"|(?:(?:^|[,;(])\s*|\b(?:at|from)\s+)(\d{1,4}):([0-5]\d)(?![\w:])",
    re.IGNORECASE,
)
_PLAYED = {SourceType.BROADCAST, SourceType.MOTION_PICTURE, SourceType.SPEECH, SourceType.INTERVIEW}
#: The players that begin at a second of their own query; others understand the fragment of W3C Media Fragments.
_YOUTUBE = re.compile(r"((www\.|m\.|music\.)?youtube\.com|(www\.)?youtube-nocookie\.com|youtu\.be)")


def moment_link(source: Source, locator: str) -> str:
    """Where a podcast or video plays from the moment that a locator such as 1:02:33 names; empty where it has none."""
    found = _MOMENT.search(locator)
    if found is None or source.type not in _PLAYED or not source.URL:
        return ""
    hours, minutes, seconds, more_minutes, its_seconds = (int(part or 0) for part in found.groups())
    second = 3600 * hours + 60 * (minutes + more_minutes) + seconds + its_seconds
    try:
        address = urlsplit(source.URL)
    except ValueError:
        return ""  # no address, such as https://[1
    if not _YOUTUBE.fullmatch(address.hostname or ""):
        return urlunsplit(address._replace(fragment=f"t={second}"))
    kept = [
        part for part in address.query.split("&") if part and part.partition("=")[0] not in ("t", "start")
    ]
    begin = f"start={second}" if address.path.startswith("/embed/") else f"t={second}s"
    return urlunsplit(address._replace(query="&".join([*kept, begin]), fragment=""))


def _gravity(warning: SafetyWarning) -> int:
    return _GRAVEST_FIRST.index(warning.level)


def _in_bibliography(name: Name) -> str:
    return f"{name.family} {name.given.replace('.', '')}".strip() if name.family else name.literal
