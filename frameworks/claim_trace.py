"""The trace of one claim as a tree: the sources that it cites, what those draw on, and where the way stops to count.

A chain ends at the first primary study. What lies behind a study stands in the list of sources and on its own page.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count

from django.utils.translation import gettext_lazy as _

from .document import Stance
from .evidence import Tier, leads

#: A trace is read, not searched: beyond this it says that there is more.
MOST_SOURCES, DEEPEST = 24, 6


@dataclass
class Node:
    """A source in the trace, with those behind it."""

    #: A CitedSource of the page, and the CitationOnPage where the claim itself cites it.
    cited: object
    citation: object | None = None
    #: Whether the way from the claim to here counts; if it stops to at this very source, why.
    counts: bool = True
    why_not: str = ""
    #: Whether what it draws on stands at another place of the same trace.
    again: bool = False
    behind: list["Node"] = field(default_factory=list)

    @property
    def leads_on(self) -> bool:
        return self.cited.tier is not Tier.PRIMARY and bool(self.cited.source.draws_on)


@dataclass(frozen=True)
class ClaimTrace:
    nodes: tuple[Node, ...]
    #: Whether more lies behind these sources than is shown.
    is_cut: bool


def claim_trace(citations: Iterable, best: Collection[str], sources: Mapping) -> ClaimTrace | None:
    """The chains from those of the citations of a claim whose sources draw on others; None where there are none.

    `citations` are CitationOnPage, `sources` CitedSource by key. `best` holds the keys of the claim's best path, of
    which the first steps are shown whatever else is left out.
    """
    first = [node for node in map(_cited, citations) if node.leads_on]
    if not first:
        return None
    # What counts is followed first, so that a source that is reached twice is opened where it counts. Each is opened
    # once: a graph of any shape, a circle included, comes to an end.
    ahead, ticket, opened = [], count(), set()

    def follow(node, depth):
        heappush(ahead, (_uncounted(node), depth, next(ticket), node))

    shown, is_cut = len(first), False
    for node in first:
        follow(node, 1)
    while ahead:
        _last, depth, _ticket, node = heappop(ahead)
        key = node.cited.source.key
        if not node.leads_on:
            continue
        if key in opened:
            node.again = True
            continue
        opened.add(key)
        for other in sorted(node.cited.source.draws_on, key=lambda other: (other not in best, other)):
            if depth == DEEPEST or (shown >= MOST_SOURCES and other not in best):
                is_cut = True
                break
            beneath = _drawn_on(node, sources[other])
            node.behind.append(beneath)
            follow(beneath, depth + 1)
            shown += 1
        node.behind.sort(key=_uncounted)
    return ClaimTrace(tuple(sorted(first, key=_uncounted)), is_cut)


def _uncounted(node: Node) -> bool:
    return not node.counts


def _cited(citation) -> Node:
    if citation.is_denied:
        why_not = _("it does not say it")
    elif citation.source.retracted:
        why_not = _("retracted")
    elif citation.citation.stance in (Stance.ORIGIN, Stance.BACKGROUND):
        why_not = _("origin and background support nothing")
    else:
        return Node(citation.source, citation)
    return Node(citation.source, citation, counts=False, why_not=why_not)


def _drawn_on(node: Node, cited) -> Node:
    if not node.counts:
        return Node(cited, counts=False)
    if cited.retracted:
        return Node(cited, counts=False, why_not=_("retracted"))
    if not leads(node.cited.source, cited.source):
        return Node(cited, counts=False, why_not=_("reached through no review or guideline"))
    return Node(cited)
