from .draft_changes import DraftChange
from .entries import ChecklistItem, Claim, Entry, Example, Mistake, Principle, SafetyWarning, Step
from .framework import Category, Framework
from .live import HelpContact, Review, SafetyNotice
from .revisions import FacetCount, Listing, Revision, TitleWord
from .sources import Citation, DrawsOn, Source, SourceUpdate

__all__ = [
    "Category",
    "ChecklistItem",
    "Citation",
    "Claim",
    "DraftChange",
    "DrawsOn",
    "Entry",
    "Example",
    "FacetCount",
    "Framework",
    "HelpContact",
    "Listing",
    "Mistake",
    "Principle",
    "Review",
    "Revision",
    "SafetyNotice",
    "SafetyWarning",
    "Source",
    "SourceUpdate",
    "Step",
    "TitleWord",
]
