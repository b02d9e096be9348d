"""The trace of a whole framework as a drawing: each claim, the sources for and against it, and what those draw on.

The columns are tiers, the nearest to the data last, so that a reader sees how much of the page arrives there. All of
it stands as text in the ledger and in the list of sources; the drawing adds nothing but the overview.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import cycle

from django.utils.translation import gettext_lazy as _

from .document import Checked, Citation, Stance
from .evidence import Tier

#: In units of the drawing, which are pixels where there is room for it.
_ROW, _TOP, _BOX, _HEIGHT, _GAP, _FIRST, _RADIUS = 40, 24, 168, 27, 76, 92, 13
_MOST_LETTERS = 20
#: More than this is no overview any more.
_MOST_CLAIMS, _MOST_SOURCES = 40, 60

_COLUMNS = (
    (_("Popular, tertiary, unclassified"), {Tier.POPULAR, Tier.TERTIARY, Tier.UNCLASSIFIED}),
    (_("Secondary"), {Tier.SECONDARY}),
    (_("Primary"), {Tier.PRIMARY}),
)
#: What a line says where a claim cites one source more than once: the gravest for a reader.
_STRONGEST = (Stance.DISPUTES, Stance.SUPPORTS, Stance.QUALIFIES, Stance.ORIGIN, Stance.BACKGROUND)


@dataclass(frozen=True)
class ClaimNode:
    number: int
    x: int
    y: int


@dataclass(frozen=True)
class SourceNode:
    key: str
    name: str
    tier: Tier
    retracted: bool
    x: int
    y: int
    width: int = _BOX
    height: int = _HEIGHT

    @property
    def top(self) -> int:
        return self.y - self.height // 2

    @property
    def text_x(self) -> int:
        return self.x + self.width // 2


@dataclass(frozen=True)
class Line:
    #: Of an SVG path.
    d: str
    #: The stance of the citation; None: one source draws on another.
    stance: Stance | None


@dataclass(frozen=True)
class Picture:
    width: int
    height: int
    headings: tuple[tuple[int, str], ...]
    claims: tuple[ClaimNode, ...]
    sources: tuple[SourceNode, ...]
    lines: tuple[Line, ...]

    def has(self, stance: str) -> bool:
        return any(line.stance == stance for line in self.lines)


def picture(article) -> Picture | None:
    """The drawing; None where there is nothing to draw, or too much for one."""
    claims, sources = article.document.claims, _reached(article)
    if not sources or not 0 < len(claims) <= _MOST_CLAIMS or len(sources) > _MOST_SOURCES:
        return None
    heights = {claim.key: _y(n) for n, claim in enumerate(claims)}
    cited_from = {
        key: [
            heights[claim.key] for claim in claims if key in {each.source for each in _drawn(claim.citations)}
        ]
        for key in sources
    }
    nodes, headings, x = {}, [], _FIRST
    for name, tiers in _COLUMNS:
        column = [key for key, cited in sources.items() if cited.tier in tiers]
        if column:
            order = sorted(column, key=lambda key: _middle(key, cited_from, sources, nodes))
            for n, key in enumerate(order):
                cited = sources[key]
                nodes[key] = SourceNode(key, _short(cited.short_name), cited.tier, cited.retracted, x, _y(n))
            headings.append((x, name))
            x += _BOX + _GAP
    rows = max(len(claims), *(node.y // _ROW for node in nodes.values()))
    return Picture(
        width=x - _GAP + 2,
        height=_y(rows),
        headings=tuple(headings),
        claims=tuple(ClaimNode(n, _RADIUS + 1, heights[claim.key]) for n, claim in enumerate(claims, 1)),
        sources=tuple(nodes.values()),
        lines=tuple(_lines(claims, heights, sources, nodes)),
    )


def _drawn(citations: Iterable[Citation]) -> list[Citation]:
    """A line stands for what a source says of a claim: of one that was found not to say it, there is none."""
    return [citation for citation in citations if citation.checked is not Checked.DOES_NOT_SAY_IT]


def _reached(article) -> dict:
    """The sources to which lines lead, and those of the framework as a whole; all in the order of the page."""
    reached = set()
    ahead = [citation.source for citation in _drawn(citation for _path, citation in article.document.cited())]
    while ahead:
        key = ahead.pop()
        if key not in reached:
            reached.add(key)
            ahead += article.sources[key].source.draws_on
    return {key: cited for key, cited in article.sources.items() if key in reached}


def _y(row: int) -> int:
    return _TOP + _ROW * row + _ROW // 2


def _middle(key: str, cited_from: Mapping[str, list[int]], sources, nodes: Mapping[str, SourceNode]) -> float:
    """About where the lines to it come from, so that few of them cross."""
    above = [nodes[other].y for other in nodes if key in sources[other].source.draws_on]
    found = cited_from[key] + above
    return sum(found) / len(found) if found else 0


def _lines(claims, heights, sources, nodes):
    # Lines that share a lane lie beside each other.
    slots = cycle((-4, 0, 4))
    for claim in claims:
        stances: dict[str, set[Stance]] = {}
        for citation in _drawn(claim.citations):
            stances.setdefault(citation.source, set()).add(citation.stance)
        for key, found in stances.items():
            stance = next(stance for stance in _STRONGEST if stance in found)
            start = 2 * _RADIUS + 1, heights[claim.key]
            yield Line(_route(start, (nodes[key].x, nodes[key].y), next(slots)), stance)
    for key, cited in sources.items():
        for beneath in cited.source.draws_on:
            start, end = nodes[key], nodes[beneath]
            right = start.x + start.width
            if end.x > start.x:
                yield Line(_route((right, start.y), (end.x, end.y), next(slots)), None)
            else:
                # In the same column, or back: round the right-hand side.
                back = end.x + end.width
                yield Line(
                    f"M{right} {start.y}C{right + 40} {start.y} {right + 40} {end.y} {back} {end.y}", None
                )


def _route(start: tuple[int, int], end: tuple[int, int], slot: int) -> str:
    """From one place to another, between the boxes of the columns on the way: behind one, it would seem to end."""
    here, d = start, f"M{start[0]} {start[1]}"
    for column in range(_FIRST, end[0], _BOX + _GAP):
        if column > start[0]:
            straight = start[1] + (end[1] - start[1]) * (column - start[0]) // (end[0] - start[0])
            lane = _TOP + _ROW * round((straight - _TOP) / _ROW) + slot
            d += _curve(here, (column, lane)) + f"H{column + _BOX}"
            here = column + _BOX, lane
    return d + _curve(here, end)


def _curve(start: tuple[int, int], end: tuple[int, int]) -> str:
    middle = (start[0] + end[0]) // 2
    return f"C{middle} {start[1]} {middle} {end[1]} {end[0]} {end[1]}"


def _short(name: str) -> str:
    """As much of the name as fits, and always the year."""
    if len(name) <= _MOST_LETTERS:
        return name
    words, space, year = name.rpartition(" ")
    if not (year.isdigit() and len(year) == 4):
        words, space, year = name, "", ""
    return f"{words[: _MOST_LETTERS - len(space + year) - 1].rstrip()}…{space}{year}"
