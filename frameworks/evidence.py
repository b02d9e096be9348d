"""What the sources of a framework amount to: computed from the document, never typed. docs/evidence.md has the rules.

Knows nothing of Django or the database.
"""

from collections import Counter, deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from .document import Checked, Citation, Claim, FrameworkDocument, Source, SourceType, Stance, StudyDesign


class Tier(StrEnum):
    """How near a source stands to the data. It says nothing of how good they are."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    TERTIARY = "tertiary"
    POPULAR = "popular"
    UNCLASSIFIED = "unclassified"


#: Where the type alone decides: a podcast about a trial stays a podcast.
_BY_TYPE = {
    SourceType.BROADCAST: Tier.POPULAR,
    SourceType.SPEECH: Tier.POPULAR,
    SourceType.MOTION_PICTURE: Tier.POPULAR,
    SourceType.INTERVIEW: Tier.POPULAR,
    SourceType.POST: Tier.POPULAR,
    SourceType.POST_WEBLOG: Tier.POPULAR,
    SourceType.ARTICLE_NEWSPAPER: Tier.POPULAR,
    SourceType.ARTICLE_MAGAZINE: Tier.POPULAR,
    SourceType.BOOK: Tier.SECONDARY,
    SourceType.CHAPTER: Tier.SECONDARY,
    SourceType.ENTRY: Tier.TERTIARY,
    SourceType.ENTRY_ENCYCLOPEDIA: Tier.TERTIARY,
    SourceType.PAMPHLET: Tier.TERTIARY,
}
#: For articles, reports, web pages and the like, what was done decides.
_BY_DESIGN = {
    StudyDesign.RANDOMIZED_CONTROLLED_TRIAL: Tier.PRIMARY,
    StudyDesign.CONTROLLED_CLINICAL_TRIAL: Tier.PRIMARY,
    StudyDesign.CLINICAL_TRIAL: Tier.PRIMARY,
    StudyDesign.COHORT_STUDY: Tier.PRIMARY,
    StudyDesign.OBSERVATIONAL_STUDY: Tier.PRIMARY,
    StudyDesign.CASE_REPORTS: Tier.PRIMARY,
    StudyDesign.ANIMAL_STUDY: Tier.PRIMARY,
    StudyDesign.GOVERNMENT_PUBLICATION: Tier.PRIMARY,
    StudyDesign.PRODUCT_LABELING: Tier.PRIMARY,
    StudyDesign.META_ANALYSIS: Tier.SECONDARY,
    StudyDesign.NETWORK_META_ANALYSIS: Tier.SECONDARY,
    StudyDesign.SYSTEMATIC_REVIEW: Tier.SECONDARY,
    StudyDesign.REVIEW: Tier.SECONDARY,
    StudyDesign.PRACTICE_GUIDELINE: Tier.SECONDARY,
    StudyDesign.CONSENSUS_STATEMENT: Tier.SECONDARY,
    StudyDesign.EDITORIAL: Tier.SECONDARY,
    StudyDesign.PATIENT_EDUCATION_HANDOUT: Tier.TERTIARY,
    StudyDesign.NEWS: Tier.POPULAR,
}
#: A path to a primary study leads through reviews and guidelines, and through nothing else.
_LEADS_ON = {
    StudyDesign.META_ANALYSIS,
    StudyDesign.NETWORK_META_ANALYSIS,
    StudyDesign.SYSTEMATIC_REVIEW,
    StudyDesign.REVIEW,
    StudyDesign.PRACTICE_GUIDELINE,
}
#: The stances that bear on whether a claim is so. Where an idea came from, and background, never do.
_BEARS = {Stance.SUPPORTS, Stance.QUALIFIES, Stance.DISPUTES}
#: From the best end of a path to the worst.
_BEST_FIRST = (Tier.PRIMARY, Tier.SECONDARY, Tier.TERTIARY, Tier.UNCLASSIFIED, Tier.POPULAR)


def tier(source: Source) -> Tier:
    """The source's tier, after the table in docs/evidence.md; what the table does not know is unclassified."""
    return _BY_TYPE.get(source.type) or _BY_DESIGN.get(source.study_design, Tier.UNCLASSIFIED)


def leads(source: Source, other: Source) -> bool:
    """Whether a path goes on from this source to another that it draws on.

    Reviews and guidelines lead anywhere. A popular source leads to popular ones alone: a post about an episode rests
    on the episode, and neither leads to the trial that is spoken of.
    """
    if tier(source) is Tier.POPULAR:
        return tier(other) is Tier.POPULAR
    return tier(source) is Tier.SECONDARY and source.study_design in _LEADS_ON


@dataclass(frozen=True)
class Trace:
    """Where the sources that support one claim lead."""

    claim: Claim
    #: The sources of the best path, from the one that the claim cites to where the path ends.
    path: tuple[Source, ...]
    #: The tier at which the best path ends; None where no source supports the claim.
    reaches: Tier | None
    #: The keys of the sources at which the supporting paths end; of popular ones only where there are no others.
    ends: frozenset[str]
    #: Whether any source bears on the claim, for or against it.
    sourced: bool
    #: Whether one of them is more than popular.
    sourced_well: bool
    #: Whether somebody opened every source that bears on it.
    checked: bool
    disputed: bool
    #: Whether every source that supports it was retracted.
    rests_on_retracted: bool

    @property
    def traced(self) -> bool:
        """Whether it is traced to primary."""
        return self.reaches is Tier.PRIMARY


@dataclass(frozen=True)
class Verdict:
    """The whole, in numbers of claims."""

    claims: int
    #: On which a source bears that is more than popular.
    sourced: int
    traced: int
    #: Whose best path ends at a review, guideline or book.
    secondary: int
    #: Which nothing but popular sources support.
    popular: int
    #: Of those that are sourced, the ones of which every source was opened.
    checked: int
    disputed: int
    #: The source on which most claims rest alone, where it is no primary one, and how many do.
    rests_on: Source | None
    resting: int


def traces(document: FrameworkDocument, retracted: Collection[str] = ()) -> dict[str, Trace]:
    """The trace of each claim, by its key. `retracted` holds the keys of sources that count as absent."""
    records = {source.key: source for source in document.sources}
    standing = {key: source for key, source in records.items() if key not in retracted}
    return {claim.key: _trace(claim, standing, retracted) for claim in document.claims}


def verdict(document: FrameworkDocument, retracted: Collection[str] = ()) -> Verdict:
    """What all claims together amount to. A claim counts once, at its best path."""
    found = traces(document, retracted).values()
    records = {source.key: source for source in document.sources}
    alone = Counter(
        key
        for trace in found
        if len(trace.ends) == 1
        for key in trace.ends
        if tier(records[key]) is not Tier.PRIMARY
    )
    # Of several that carry as many, the weakest.
    rests_on, resting = min(
        alone.items(),
        key=lambda item: (-item[1], -_BEST_FIRST.index(tier(records[item[0]])), item[0]),
        default=(None, 0),
    )
    return Verdict(
        claims=len(found),
        sourced=sum(trace.sourced_well for trace in found),
        traced=sum(trace.traced for trace in found),
        secondary=sum(trace.reaches is Tier.SECONDARY for trace in found),
        popular=sum(trace.reaches is Tier.POPULAR for trace in found),
        checked=sum(trace.sourced_well and trace.checked for trace in found),
        disputed=sum(trace.disputed for trace in found),
        rests_on=records.get(rests_on),
        resting=resting,
    )


def _trace(claim: Claim, standing: Mapping[str, Source], retracted: Collection[str]) -> Trace:
    bearing = [citation for citation in claim.citations if _bears(citation)]
    counting = [citation for citation in bearing if citation.source in standing]
    supports = {citation.source for citation in counting if citation.stance is Stance.SUPPORTS}
    paths = [path for key in supports for path in _paths(standing[key], standing)]
    # A path that finds no primary study says no more than the source that the claim cites.
    candidates = [path for path in paths if tier(path[-1]) is Tier.PRIMARY] or [
        (standing[key],) for key in supports
    ]
    best = min(
        candidates,
        key=lambda path: (_BEST_FIRST.index(tier(path[-1])), len(path), [source.key for source in path]),
        default=(),
    )
    named = [citation.source for citation in bearing if citation.stance is Stance.SUPPORTS]
    ends = {path[-1].key for path in paths}
    # A popular source beside a better one is no second leg to stand on.
    better = {key for key in ends if tier(standing[key]) is not Tier.POPULAR}
    return Trace(
        claim=claim,
        path=best,
        reaches=tier(best[-1]) if best else None,
        ends=frozenset(better or ends),
        sourced=bool(counting),
        sourced_well=any(tier(standing[citation.source]) is not Tier.POPULAR for citation in counting),
        # Over all that bear on it, retracted ones too: a retraction never makes a claim look better checked.
        checked=bool(counting) and all(citation.checked is not Checked.NOT_CHECKED for citation in bearing),
        disputed=any(citation.stance is Stance.DISPUTES for citation in counting),
        rests_on_retracted=bool(named) and all(key in retracted for key in named),
    )


def _bears(citation: Citation) -> bool:
    return citation.stance in _BEARS and citation.checked is not Checked.DOES_NOT_SAY_IT


def _paths(start: Source, standing: Mapping[str, Source]) -> list[tuple[Source, ...]]:
    """The shortest path from a source to each place where its paths end.

    Each source is entered once, so a graph of any shape, a circle included, is walked in bounded time.
    """
    ends, seen, ahead = [], {start.key}, deque([(start,)])
    while ahead:
        path = ahead.popleft()
        here = path[-1]
        onward = [
            standing[key] for key in sorted(here.draws_on) if key in standing and leads(here, standing[key])
        ]
        if not onward:
            ends.append(path)
        for source in onward:
            if source.key not in seen:
                seen.add(source.key)
                ahead.append((*path, source))
    return ends or [(start,)]
