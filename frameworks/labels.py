"""What the words of the document are called on the page, in the reader's language."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_countries import countries

from .document import (
    CertaintyLevel,
    ChangeKind,
    Checked,
    Directness,
    DoneBy,
    Level,
    SourceType,
    Stance,
    StudyDesign,
    Supervision,
    TimeToResult,
)
from .evidence import Tier
from .matching import How

_LABELS = {
    TimeToResult: {
        TimeToResult.MINUTES: _("Minutes"),
        TimeToResult.HOURS: _("Hours"),
        TimeToResult.DAYS: _("Days"),
        TimeToResult.WEEKS: _("Weeks"),
        TimeToResult.MONTHS: _("Months"),
        TimeToResult.YEARS: _("Years"),
    },
    Supervision: {
        Supervision.SELF_GUIDED: _("Self-guided"),
        Supervision.ASK_FIRST: _("Ask a professional first"),
        Supervision.PROFESSIONAL_REQUIRED: _("Professional required"),
    },
    DoneBy: {
        DoneBy.READER: _("You do this"),
        DoneBy.READER_WITH_PROFESSIONAL: _("You do this with a professional"),
        DoneBy.PROFESSIONAL: _("A professional does this"),
    },
    Level: {
        Level.CONTRAINDICATION: _("Contraindication"),
        Level.DANGER: _("Danger"),
        Level.CAUTION: _("Caution"),
    },
    CertaintyLevel: {
        CertaintyLevel.HIGH: pgettext_lazy("certainty", "High"),
        CertaintyLevel.MODERATE: pgettext_lazy("certainty", "Moderate"),
        CertaintyLevel.LOW: pgettext_lazy("certainty", "Low"),
        CertaintyLevel.VERY_LOW: pgettext_lazy("certainty", "Very low"),
    },
    Stance: {
        Stance.SUPPORTS: _("Supports"),
        Stance.QUALIFIES: _("Qualifies"),
        Stance.DISPUTES: _("Contradicts"),
        Stance.BACKGROUND: _("Background"),
        Stance.ORIGIN: _("Origin of the idea"),
    },
    Directness: {
        Directness.DIRECT: _("Direct"),
        Directness.INDIRECT: _("Indirect"),
    },
    Checked: {
        Checked.NOT_CHECKED: _("Not checked"),
        Checked.SAYS_IT: _("Checked: says it"),
        Checked.SAYS_PART: _("Checked: says part of it"),
        Checked.DOES_NOT_SAY_IT: _("Checked: does not say it"),
    },
    ChangeKind: {
        ChangeKind.EDITORIAL: _("Editorial"),
        ChangeKind.CLINICAL: _("Clinical"),
        ChangeKind.SAFETY: _("Safety"),
    },
    How: {
        How.SAME_TEXT: _("by the same text"),
        How.SAME_HEADING: _("by the same heading"),
        How.SAME_FIRST_WORDS: _("by the same first words"),
        How.SAME_NUMBER: _("by the same DOI, PMID or link"),
        How.SAME_TITLE: _("by the same title"),
        How.NEW: _("new"),
        How.KEPT: _("kept, although the page does not have it"),
    },
    Tier: {
        Tier.PRIMARY: _("Primary"),
        Tier.SECONDARY: _("Secondary"),
        Tier.TERTIARY: _("Tertiary"),
        Tier.POPULAR: _("Popular"),
        Tier.UNCLASSIFIED: _("Unclassified"),
    },
    SourceType: {
        SourceType.ARTICLE: _("preprint or article"),
        SourceType.ARTICLE_JOURNAL: _("journal article"),
        SourceType.ARTICLE_MAGAZINE: _("magazine article"),
        SourceType.ARTICLE_NEWSPAPER: _("newspaper article"),
        SourceType.BOOK: _("book"),
        SourceType.BROADCAST: _("podcast or broadcast"),
        SourceType.CHAPTER: _("book chapter"),
        SourceType.DATASET: _("data set"),
        SourceType.DOCUMENT: _("document"),
        SourceType.ENTRY: _("reference entry"),
        SourceType.ENTRY_ENCYCLOPEDIA: _("encyclopaedia entry"),
        SourceType.INTERVIEW: _("interview"),
        SourceType.MOTION_PICTURE: _("video"),
        SourceType.PAMPHLET: _("leaflet"),
        SourceType.PAPER_CONFERENCE: _("conference paper"),
        SourceType.POST: _("post"),
        SourceType.POST_WEBLOG: _("blog post"),
        SourceType.REGULATION: _("regulation"),
        SourceType.REPORT: _("report"),
        SourceType.SPEECH: _("talk"),
        SourceType.STANDARD: _("standard"),
        SourceType.THESIS: _("thesis"),
        SourceType.WEBPAGE: _("web page"),
    },
    StudyDesign: {
        StudyDesign.RANDOMIZED_CONTROLLED_TRIAL: _("randomised trial"),
        StudyDesign.CONTROLLED_CLINICAL_TRIAL: _("controlled trial, not randomised"),
        StudyDesign.CLINICAL_TRIAL: _("trial without a control group"),
        StudyDesign.COHORT_STUDY: _("cohort study"),
        StudyDesign.OBSERVATIONAL_STUDY: _("observational study"),
        StudyDesign.CASE_REPORTS: _("case reports"),
        StudyDesign.ANIMAL_STUDY: _("animal study"),
        StudyDesign.GOVERNMENT_PUBLICATION: _("an authority's own statement"),
        StudyDesign.PRODUCT_LABELING: _("product label"),
        StudyDesign.META_ANALYSIS: _("meta-analysis"),
        StudyDesign.NETWORK_META_ANALYSIS: _("network meta-analysis"),
        StudyDesign.SYSTEMATIC_REVIEW: _("systematic review"),
        StudyDesign.REVIEW: _("review"),
        StudyDesign.PRACTICE_GUIDELINE: _("guideline"),
        StudyDesign.CONSENSUS_STATEMENT: _("consensus statement"),
        StudyDesign.EDITORIAL: _("editorial"),
        StudyDesign.PATIENT_EDUCATION_HANDOUT: _("fact sheet"),
        StudyDesign.NEWS: _("news"),
    },
}


def label(word: StrEnum) -> str:
    """What the page calls a word of the document."""
    return _LABELS[type(word)][word]


def choices(words: type[StrEnum]) -> list[tuple[str, str]]:
    """The words of one kind with their labels, for a model field or a form."""
    return [(word.value, text) for word, text in _LABELS[words].items()]


def country(code: str) -> str:
    """What the page calls a country of a help contact; none is anywhere."""
    if not code:
        return _("Anywhere else")
    return _("European Union, all states") if code == "EU" else countries.name(code) or code
