"""The whole of a framework as data: the one shape that files, drafts, revisions, pages and exports share.

Knows nothing of Django or the database. A stored document is never rewritten, so a field added later has a default.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from .prose import Prose, clean

#: The parts of a page that have an address of their own.
SECTIONS = (
    "notices",
    "problem",
    "best-for",
    "not-ideal-for",
    "before-you-start",
    "help",
    "overview",
    "principles",
    "steps",
    "checklist",
    "examples",
    "mistakes",
    "origin",
    "evidence",
    "sources",
)
#: The sections whose text a claim can be about.
TEXT_SECTIONS = ("problem", "best-for", "not-ideal-for", "overview", "origin")
#: Identifiers that the page itself uses; an entry cannot take one of these as its key.
RESERVED_KEYS = frozenset({*SECTIONS, "main", "contents", "live", "q", "top"})
#: Says to the validators that the document is no input any more.
_STORED = {"stored": True}
#: Says to the validators that somebody types it now.
TYPED = {"typed": True}


class TimeToResult(StrEnum):
    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"


class Supervision(StrEnum):
    SELF_GUIDED = "self-guided"
    ASK_FIRST = "ask-first"
    PROFESSIONAL_REQUIRED = "professional-required"


class DoneBy(StrEnum):
    READER = "reader"
    READER_WITH_PROFESSIONAL = "reader-with-professional"
    PROFESSIONAL = "professional"


class Level(StrEnum):
    """How grave a warning is, gravest first."""

    CONTRAINDICATION = "contraindication"
    DANGER = "danger"
    CAUTION = "caution"


class CertaintyLevel(StrEnum):
    HIGH = "high"
    MODERATE = "moderate"
    LOW = "low"
    VERY_LOW = "very-low"


class Stance(StrEnum):
    """What a source is cited for, after the Citation Typing Ontology (CiTO)."""

    SUPPORTS = "supports"
    QUALIFIES = "qualifies"
    DISPUTES = "disputes"
    BACKGROUND = "background"
    ORIGIN = "origin"


class Directness(StrEnum):
    DIRECT = "direct"
    INDIRECT = "indirect"


class Checked(StrEnum):
    """What somebody found who opened the source to see whether it says what it is cited for."""

    NOT_CHECKED = "not-checked"
    SAYS_IT = "says-it"
    SAYS_PART = "says-part"
    DOES_NOT_SAY_IT = "does-not-say-it"


class SourceType(StrEnum):
    """Item types of the Citation Style Language 1.0.2."""

    ARTICLE = "article"
    ARTICLE_JOURNAL = "article-journal"
    ARTICLE_MAGAZINE = "article-magazine"
    ARTICLE_NEWSPAPER = "article-newspaper"
    BOOK = "book"
    BROADCAST = "broadcast"
    CHAPTER = "chapter"
    DATASET = "dataset"
    DOCUMENT = "document"
    ENTRY = "entry"
    ENTRY_ENCYCLOPEDIA = "entry-encyclopedia"
    INTERVIEW = "interview"
    MOTION_PICTURE = "motion_picture"
    PAMPHLET = "pamphlet"
    PAPER_CONFERENCE = "paper-conference"
    POST = "post"
    POST_WEBLOG = "post-weblog"
    REGULATION = "regulation"
    REPORT = "report"
    SPEECH = "speech"
    STANDARD = "standard"
    THESIS = "thesis"
    WEBPAGE = "webpage"


class StudyDesign(StrEnum):
    """Publication types of MeSH; `animal-study`, `cohort-study` and `product-labeling` are topics there."""

    RANDOMIZED_CONTROLLED_TRIAL = "randomized-controlled-trial"
    CONTROLLED_CLINICAL_TRIAL = "controlled-clinical-trial"
    CLINICAL_TRIAL = "clinical-trial"
    COHORT_STUDY = "cohort-study"
    OBSERVATIONAL_STUDY = "observational-study"
    CASE_REPORTS = "case-reports"
    ANIMAL_STUDY = "animal-study"
    GOVERNMENT_PUBLICATION = "government-publication"
    PRODUCT_LABELING = "product-labeling"
    META_ANALYSIS = "meta-analysis"
    NETWORK_META_ANALYSIS = "network-meta-analysis"
    SYSTEMATIC_REVIEW = "systematic-review"
    REVIEW = "review"
    PRACTICE_GUIDELINE = "practice-guideline"
    CONSENSUS_STATEMENT = "consensus-statement"
    EDITORIAL = "editorial"
    PATIENT_EDUCATION_HANDOUT = "patient-education-handout"
    NEWS = "news"


class ChangeKind(StrEnum):
    """What kind of change a revision makes."""

    EDITORIAL = "editorial"
    CLINICAL = "clinical"
    SAFETY = "safety"


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", clean(text))


def of_form(pattern: str, message: str):
    """A validator that refuses a text which is not of the form, saying what to write instead."""
    form = re.compile(pattern)

    def check(text: str) -> str:
        if not form.fullmatch(text):
            raise PydanticCustomError("form", message.replace("{", "{{").replace("}", "}}"))
        return text

    return AfterValidator(check)


def _entry_key(key: str) -> str:
    if key in RESERVED_KEYS:
        raise PydanticCustomError(
            "reserved_key", "“{key}” names a part of the page; choose another key", {"key": key}
        )
    return key


#: What is left out and what is written as nothing are the same.
absent = BeforeValidator(lambda value: None if value == "" else value)

# The length is judged once the text has its normal form, which can be the longer one.
Line = Annotated[str, AfterValidator(_one_line), Field(max_length=300)]
Slug = Annotated[
    str,
    Field(max_length=80, json_schema_extra={"pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"}),
    of_form(
        r"[a-z0-9]+(-[a-z0-9]+)*", "is not of the form “two-words”: small letters, digits and single hyphens"
    ),
]
Key = Annotated[Slug, AfterValidator(_entry_key)]
SourceKey = Annotated[
    str,
    Field(max_length=60, json_schema_extra={"pattern": "^[a-z][a-z0-9-]*$"}),
    of_form(
        r"[a-z][a-z0-9-]*",
        "is not of the form “feder2014”: small letters, digits and hyphens, a letter first",
    ),
]
#: A year, a month or a day, as far as it is known: `2014`, `2014-06`, `2014-06-30` (ISO 8601).
PartialDate = Annotated[
    str,
    Field(json_schema_extra={"pattern": r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"}),
    of_form(
        r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?",
        "is not a date of the form 2014, 2014-06 or 2014-06-30",
    ),
]
Doi = Annotated[
    str,
    Field(max_length=200),
    of_form(
        r"10\.[0-9]{4,9}/[!-~]+",
        "is not a DOI: write it as 10.1001/example, without https://doi.org/ before it",
    ),
]
Pmid = Annotated[str, of_form(r"[1-9][0-9]{0,8}", "is not a PMID: write its digits alone, as in 24740528")]
Url = Annotated[
    str,
    AfterValidator(clean),
    Field(max_length=500),
    of_form(r"https?://[^\s/?#<>\"]+[^\s<>\"]*", "is not an address that begins with https:// or http://"),
]


def _has_come(day: date, info: ValidationInfo) -> date:
    """What somebody did cannot be dated ahead: a page would say that it was checked when it was not.

    Asked of what is typed. Whether a file or a stored document opens is no matter of this machine's clock. It is
    tomorrow somewhere already, so tomorrow is let through.
    """
    if _says(info, TYPED) and day > datetime.now(UTC).date() + timedelta(days=1):
        raise PydanticCustomError("ahead", "has not come yet; write the day on which it was done")
    return day


def _says(info: ValidationInfo, context: dict) -> bool:
    return info.context is not None and info.context.items() >= context.items()


PastDay = Annotated[date, AfterValidator(_has_come)]


def _required(kind):
    return Annotated[kind, AfterValidator(_filled)]


def _filled(text: str) -> str:
    if not text:
        raise PydanticCustomError("empty", "is empty; write it, or leave out the whole entry")
    return text


RequiredLine = _required(Line)
RequiredProse = _required(Prose)


class Part(BaseModel):
    """A part of the document: it never changes, and a field that it does not know is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Entry(Part):
    """A part that has an anchor on the page."""

    key: Key
    """Its name in addresses and in readers' ticks. Unique in the framework, and never changed afterwards."""


class Principle(Entry):
    """One idea that the steps rest on."""

    text: RequiredProse


class SafetyWarning(Entry):
    """What can go wrong, and what to do."""

    level: Level
    """contraindication: do not do it if it applies to you; danger: serious harm is possible; caution: adjust or ask."""
    text: RequiredProse
    """What can happen, and to whom."""
    what_to_do: Prose = Prose()
    """What the reader does about it."""


class Step(Entry):
    """One thing to do, in order."""

    title: RequiredLine
    body: RequiredProse
    tip: Prose = Prose()
    done_by: DoneBy = DoneBy.READER
    warnings: tuple[SafetyWarning, ...] = Field(default=(), max_length=50)


class ChecklistItem(Entry):
    """One thing to tick."""

    text: RequiredLine
    """Plain text: it is the label of a box."""
    step: Key | None = None
    """The key of the step that it belongs to; left out where it belongs to none."""


class Example(Entry):
    """A worked example: what a study's groups went through, never an invented patient."""

    title: RequiredLine
    body: RequiredProse
    outcome: Prose = Prose()


class Mistake(Entry):
    title: RequiredLine
    body: RequiredProse


class Citation(Part):
    """A source, and what it is cited for."""

    source: SourceKey
    stance: Stance
    directness: Directness = Directness.DIRECT
    """indirect: the study asked about other people, another treatment or another outcome."""
    locator: Line = ""
    """Where in the source: a page, a table, “abstract”, or a timestamp such as 23:34."""
    finding: Line = ""
    """What the source found that bears on the claim, in a few plain words."""
    checked: Checked = Checked.NOT_CHECKED
    checked_by: Line = ""
    checked_on: Annotated[PastDay | None, absent] = None

    @model_validator(mode="after")
    def _a_check_says_who_and_when(self):
        if (self.checked is Checked.NOT_CHECKED) == bool(self.checked_by or self.checked_on):
            raise PydanticCustomError(
                "checked",
                "a citation that was checked says checked_by and checked_on; one that was not says neither",
            )
        if bool(self.checked_by) != bool(self.checked_on):
            raise PydanticCustomError(
                "checked", "checked_by and checked_on go together: who checked it, and when"
            )
        return self


class Claim(Entry):
    """One sentence that research could support or contradict."""

    text: RequiredLine
    about: tuple[Slug, ...] = Field(default=(), max_length=50)
    """The keys of the entries that it bears on, or the names of sections: problem, best-for, overview, origin."""
    citations: tuple[Citation, ...] = Field(default=(), max_length=50)


class Certainty(Part):
    """How sure anyone is of the main outcome, by somebody's judgement."""

    level: CertaintyLevel
    outcome: RequiredLine
    """The one outcome that was judged, such as “PTSD symptoms at two weeks”."""
    judged_by: RequiredLine
    reason: RequiredProse
    grade: bool = False
    """True only where a panel used GRADE; otherwise the page calls it an editorial judgement."""


class Name(Part):
    """A name as in CSL: of a person (family and given), or of a body (literal)."""

    family: Line = ""
    given: Line = ""
    literal: Line = ""

    @model_validator(mode="after")
    def _a_person_or_a_body(self):
        if bool(self.family) == bool(self.literal) or (self.given and not self.family):
            raise PydanticCustomError("name", "a name is either family (and given), or literal for a body")
        return self


class StudyLevel(Part):
    """An editor's reading of a study's design on the OCEBM 2011 table for “Does this intervention help?”."""

    level: int = Field(ge=1, le=5)
    read_by: RequiredLine
    read_on: PastDay


def _in_order(keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(keys)))


class Source(Part):
    """A record of the bibliography, in CSL's names."""

    key: SourceKey
    type: SourceType
    title: RequiredLine
    author: tuple[Name, ...] = Field(default=(), max_length=100)
    and_others: bool = False
    """True where more authors stand on the work than are listed here."""
    issued: Annotated[PartialDate | None, absent] = None
    container_title: Line = ""
    volume: Line = ""
    issue: Line = ""
    page: Line = ""
    DOI: Annotated[Doi | None, absent] = None
    PMID: Annotated[Pmid | None, absent] = None
    URL: Annotated[Url | None, absent] = None
    study_design: Annotated[StudyDesign | None, absent] = None
    sample: Line = ""
    """Who or what was studied, as in “158 veterans and service members”."""
    study_level: StudyLevel | None = None
    note: Line = ""
    """What a reader should know of it, such as an author's interest in the result."""
    verified_on: Annotated[PastDay | None, absent] = None
    """The day on which somebody last saw that this record leads to the work."""
    draws_on: Annotated[tuple[SourceKey, ...], AfterValidator(_in_order)] = Field(default=(), max_length=500)
    """The keys of the sources that it rests on, in any order."""


class FrameworkDocument(Part):
    """A framework: a protocol that a person can follow, and what it rests on."""

    title: Line
    tagline: Line = ""
    category: Slug
    time_to_result: Annotated[TimeToResult | None, absent] = None
    supervision: Annotated[Supervision | None, absent] = None
    sensitive: bool = False
    """True where the page must show where to find help: trauma, depression, self-harm, suicide."""
    certainty: Certainty | None = None
    problem: Prose = Prose()
    best_for: Prose = Prose()
    not_ideal_for: Prose = Prose()
    overview: Prose = Prose()
    origin: Prose = Prose()
    warnings: tuple[SafetyWarning, ...] = Field(default=(), max_length=50)
    """Warnings about the whole framework; those about one step stand in that step."""
    principles: tuple[Principle, ...] = Field(default=(), max_length=100)
    steps: tuple[Step, ...] = Field(default=(), max_length=100)
    checklist: tuple[ChecklistItem, ...] = Field(default=(), max_length=300)
    examples: tuple[Example, ...] = Field(default=(), max_length=100)
    mistakes: tuple[Mistake, ...] = Field(default=(), max_length=100)
    claims: tuple[Claim, ...] = Field(default=(), max_length=200)
    citations: tuple[Citation, ...] = Field(default=(), max_length=100)
    """Sources of the framework as a whole: where the idea came from, and background."""
    sources: tuple[Source, ...] = Field(default=(), max_length=1000)
    """The records of all cited sources and of what they draw on, in any order."""

    def entries(self) -> Iterator[tuple[tuple[str | int, ...], Entry]]:
        """Every entry, with its path in the document, in the order of the page."""
        for n, warning in enumerate(self.warnings):
            yield ("warnings", n), warning
        for n, principle in enumerate(self.principles):
            yield ("principles", n), principle
        for n, step in enumerate(self.steps):
            yield ("steps", n), step
            for m, warning in enumerate(step.warnings):
                yield ("steps", n, "warnings", m), warning
        for part in ("checklist", "examples", "mistakes", "claims"):
            for n, entry in enumerate(getattr(self, part)):
                yield (part, n), entry

    def cited(self) -> Iterator[tuple[tuple[str | int, ...], Citation]]:
        """Every citation, with its path in the document, in the order of the page."""
        for n, claim in enumerate(self.claims):
            for m, citation in enumerate(claim.citations):
                yield ("claims", n, "citations", m), citation
        for n, citation in enumerate(self.citations):
            yield ("citations", n), citation

    def all_warnings(self) -> tuple[SafetyWarning, ...]:
        """The warnings about the whole, then those of the steps, in order."""
        return self.warnings + tuple(warning for step in self.steps for warning in step.warnings)

    @property
    def item_keys(self) -> list[str]:
        return [item.key for item in self.checklist]

    @property
    def source_keys(self) -> list[str]:
        return [source.key for source in self.sources]

    @classmethod
    def stored(cls, document: str | dict[str, Any]) -> Self:
        """The document that a revision or the rows of a draft hold, as JSON or as data.

        A circle among its sources is let through: nothing lets one in, and if one got in all the same, the page with
        its warnings is still to be read.
        """
        validate = cls.model_validate_json if isinstance(document, str) else cls.model_validate
        return validate(document, context=_STORED)

    @model_validator(mode="after")
    def _hangs_together(self, info: ValidationInfo):
        records = bibliography_errors(self.sources, circles=_says(info, _STORED))
        errors = [*self._key_errors(), *self._citation_errors(), *records]
        if errors:
            raise ValidationError.from_exception_data(type(self).__name__, errors)
        # Only now: until here the paths of errors count as the file does.
        object.__setattr__(self, "sources", tuple(sorted(self.sources, key=lambda source: source.key)))
        return self

    def _key_errors(self) -> Iterator[InitErrorDetails]:
        first_at: dict[str, str] = {}
        for path, entry in self.entries():
            if entry.key in first_at:
                yield error(
                    (*path, "key"),
                    "“{key}” is the key of {first} already; give one of the two another key",
                    key=entry.key,
                    first=first_at[entry.key],
                )
            first_at.setdefault(entry.key, dotted(path))
        steps = {step.key for step in self.steps}
        for n, item in enumerate(self.checklist):
            if item.step is not None and item.step not in steps:
                yield error(
                    ("checklist", n, "step"),
                    "there is no step “{key}”; write the key of a step",
                    key=item.step,
                )
        for n, claim in enumerate(self.claims):
            for m, key in enumerate(claim.about):
                if key not in first_at and key not in TEXT_SECTIONS:
                    yield error(
                        ("claims", n, "about", m),
                        "there is no entry “{key}”; write an entry's key, or one of {sections}",
                        key=key,
                        sections=", ".join(TEXT_SECTIONS),
                    )

    def _citation_errors(self) -> Iterator[InitErrorDetails]:
        records = {source.key: source for source in self.sources}
        cited = set()
        for path, citation in self.cited():
            cited.add(citation.source)
            if citation.source not in records:
                yield error(
                    (*path, "source"), "there is no source “{key}”; add its record first", key=citation.source
                )
        reached, ahead = set(), [key for key in cited if key in records]
        while ahead:
            key = ahead.pop()
            if key not in reached:
                reached.add(key)
                ahead += [other for other in records[key].draws_on if other in records]
        for n, source in enumerate(self.sources):
            if source.key not in reached:
                yield error(
                    ("sources", n), "“{key}” is cited nowhere; cite it or leave it out", key=source.key
                )


class Change(Part):
    """Why a revision is published."""

    kind: ChangeKind
    note: Line = ""
    """For readers: what changed, in a sentence or two."""


class FrameworkFile(FrameworkDocument):
    """A framework's file: the document, and the change that loading it publishes.

    `sources` is left out where the bibliography of the library has them.
    """

    change: Change | None = None
    """Left out, the file becomes a draft that nobody but editors sees."""

    @property
    def document(self) -> FrameworkDocument:
        return FrameworkDocument.model_validate(self.model_dump(exclude={"change"}))


def bibliography_errors(sources: tuple[Source, ...], *, circles: bool = False) -> Iterator[InitErrorDetails]:
    """What is wrong among the records: a key, DOI or PMID twice, a source that is not there, a circle unless let in."""
    records: dict[str, Source] = {}
    first_with: dict[tuple[str, str], str] = {}
    for n, source in enumerate(sources):
        if source.key in records:
            yield error(("sources", n, "key"), "“{key}” is the key of another source already", key=source.key)
        records.setdefault(source.key, source)
        for name in ("DOI", "PMID"):
            number = (getattr(source, name) or "").lower()
            other = first_with.setdefault((name, number), source.key)
            if number and other != source.key:
                yield error(
                    ("sources", n, name), "is that of “{other}” already; one work has one record", other=other
                )
    for n, source in enumerate(sources):
        path = ("sources", n, "draws_on")
        for key in source.draws_on:
            if key not in records:
                yield error(path, "there is no source “{key}”; add its record first", key=key)
            elif not circles and rests_on(records, key, source.key):
                yield error(
                    path,
                    "“{key}” draws on “{own}” already; take one of the two out of draws_on",
                    key=key,
                    own=source.key,
                )


def rests_on(records: dict[str, Source], key: str, other: str) -> bool:
    """Whether the source `key` is, or draws on, directly or through others, the source `other`."""
    seen, ahead = set(), [key]
    while ahead:
        here = ahead.pop()
        if here == other:
            return True
        if here not in seen and here in records:
            seen.add(here)
            ahead += records[here].draws_on
    return False


def error(path: tuple[str | int, ...], message: str, **context) -> InitErrorDetails:
    """An error at a place in the document, for a ValidationError that collects several."""
    return InitErrorDetails(type=PydanticCustomError("document", message, context), loc=path, input=None)


def dotted(path: tuple[str | int, ...]) -> str:
    """A path as messages write it: `steps[1].title`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
