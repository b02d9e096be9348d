"""The library's list: what a reader asks of it, its facets, its orders, its pages.

Flat in the number of frameworks. The totals come from the counts that a trigger keeps (`FacetCount`), never from
counting rows, and a page begins at the sort key of the row before it, never at an offset. Raw SQL: rows compared as a
whole, which is what lets an index find that place, are nothing that the ORM can say.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from urllib.parse import urlencode

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .document import CertaintyLevel, Supervision, TimeToResult
from .labels import label

PAGE_SIZE = 20
NOT_STATED = "not-stated"
NOT_GRADED = "not-graded"


@dataclass(frozen=True)
class Facet:
    """A way to narrow the list. `words` holds the values of an address and what a row has in their place."""

    name: str
    column: str
    legend: str
    without: str  # what a reader is offered where nothing is left
    words: Mapping[str, str] | None = None  # None: the slugs of the categories


FACETS = {
    facet.name: facet
    for facet in (
        Facet("category", "category_id", _("Category"), _("In any category")),
        Facet(
            "time",
            "time_to_result",
            _("Time to result"),
            _("Whatever the time to result"),
            {word.value: word.value for word in TimeToResult} | {NOT_STATED: ""},
        ),
        Facet(
            "supervision",
            "supervision",
            _("Supervision"),
            _("Whatever the supervision"),
            {word.value: word.value for word in Supervision},
        ),
        Facet(
            "certainty",
            "certainty",
            _("Certainty of evidence"),
            _("Whatever the certainty"),
            {word.value: word.value for word in CertaintyLevel} | {NOT_GRADED: ""},
        ),
    )
}
_LABELS = {
    NOT_STATED: _("Not stated"),
    NOT_GRADED: _("Not graded"),
    **{word.value: label(word) for words in (TimeToResult, Supervision, CertaintyLevel) for word in words},
}


@dataclass(frozen=True)
class Sort:
    """An order of the list. Its columns lead to one row, and an index has them in this order."""

    label: str
    columns: tuple[str, ...]
    descending: bool = False
    facet: str = ""  # the facet that the first column ranks

    @property
    def ranks(self) -> dict[str, int]:
        """The place of each word of the facet in the first column (see `listings.listing_row`)."""
        return {word: rank for rank, word in enumerate(FACETS[self.facet].words)}


SORTS = {
    "recent": Sort(_("Recently updated"), ("published_at", "framework_id"), descending=True),
    # Not “best evidence”: it orders by how sure anyone is, which is one of three things.
    "evidence": Sort(
        _("Highest certainty"), ("certainty_rank", "sort_title", "framework_id"), facet="certainty"
    ),
    "quickest": Sort(_("Quickest result"), ("time_rank", "sort_title", "framework_id"), facet="time"),
    "title": Sort(_("Title"), ("sort_title", "framework_id")),
}
#: The order of a search, which only a search has.
RELEVANCE = "relevance"


@dataclass(frozen=True)
class Selection:
    """What a reader asks of the library: the parameters of its address, cleaned."""

    q: str = ""
    category: tuple[str, ...] = ()
    time: tuple[str, ...] = ()
    supervision: tuple[str, ...] = ()
    certainty: tuple[str, ...] = ()
    sort: str = ""
    after: str = ""
    before: str = ""

    @property
    def order(self) -> str:
        """The order that is asked for, or else the natural one: by relevance where words are looked for."""
        if self.q:
            return self.sort or RELEVANCE
        return self.sort if self.sort in SORTS else "recent"

    @property
    def is_narrowed(self) -> bool:
        return any(getattr(self, name) for name in FACETS)

    @property
    def is_whole_library(self) -> bool:
        """Whether it is a page of the library as it stands: what is to be found from outside."""
        return not (self.q or self.is_narrowed or self.sort)

    # What each of the three forms sends along unseen, so that it changes one thing and keeps the others.

    @property
    def kept_by_search(self) -> list[tuple[str, str]]:
        return self.parameters("q", "after", "before")

    @property
    def kept_by_facets(self) -> list[tuple[str, str]]:
        return self.parameters(*FACETS, "after", "before")

    @property
    def kept_by_sort(self) -> list[tuple[str, str]]:
        return self.parameters("sort", "after", "before")

    def with_facets_of(self, known: Mapping[str, int]) -> "Selection":
        """The same without the categories that there are not. `known` holds the categories by slug."""
        return replace(self, category=tuple(slug for slug in self.category if slug in known))

    def parameters(self, *leave_out: str) -> list[tuple[str, str]]:
        """Its parameters as they stand in an address, as pairs; nothing that says what goes without saying."""
        pairs = [("q", self.q)]
        for name in FACETS:
            pairs += [(name, word) for word in getattr(self, name)]
        natural = replace(self, sort="").order
        pairs += [
            ("sort", "" if self.order == natural else self.order),
            ("after", self.after),
            ("before", self.before),
        ]
        return [(name, value) for name, value in pairs if value and name not in leave_out]

    def address(self, **changes) -> str:
        """The address of this selection with these changes, at the beginning of its list unless told otherwise."""
        query = urlencode(replace(self, **{"after": "", "before": "", **changes}).parameters())
        return reverse("frameworks:library") + (f"?{query}" if query else "")

    def without(self, name: str, word: str) -> "Selection":
        return replace(self, **{name: tuple(other for other in getattr(self, name) if other != word)})


@dataclass(frozen=True)
class Entry:
    """One framework of the list."""

    slug: str
    title: str
    tagline: str
    category: str
    time: TimeToResult | None
    supervision: Supervision
    certainty: CertaintyLevel | None
    claims: int
    traced: int
    disputed: int
    #: Where the words of a search were found, marked; a search alone has it.
    snippet: str = ""


@dataclass(frozen=True)
class Option:
    """One word of a facet."""

    value: str
    label: str
    #: How many frameworks choosing it would leave; None where that was not counted.
    count: int | None
    #: Where it is chosen: the list without it.
    without: str = ""

    @property
    def is_chosen(self) -> bool:
        return bool(self.without)


@dataclass(frozen=True)
class Opening:
    """A facet that may be left open where nothing is left, and how many there are then."""

    label: str
    count: int
    address: str


#: How many frameworks share a category (its id), a time, a supervision and a certainty.
Cell = tuple[int, str, str, str, int]


@dataclass
class Tally:
    """What a selection leaves of the library, or of what a search found, facet by facet."""

    everything: int = 0
    total: int = 0
    counts: dict[str, dict] = field(default_factory=lambda: {name: {} for name in FACETS})

    @classmethod
    def of(cls, cells: Iterable[Cell], chosen: Mapping[str, Sequence]) -> "Tally":
        """Count the cells. `chosen` holds the chosen values of each facet.

        An option's count is what choosing it alone would leave, the other facets being as they are.
        """
        tally = cls()
        facets = [(place, chosen[name], tally.counts[name]) for place, name in enumerate(FACETS)]
        narrowing = [(place, wanted) for place, wanted, _counts in facets if wanted]
        for cell in cells:
            number = cell[4]
            tally.everything += number
            missed = [place for place, wanted in narrowing if cell[place] not in wanted]
            if not missed:
                tally.total += number
            for place, _wanted, counts in facets:
                fits = not missed or missed == [place]
                counts[cell[place]] = counts.get(cell[place], 0) + (number if fits else 0)
        return tally

    def without(self, name: str) -> int:
        """How many there are when one facet is left open."""
        return sum(self.counts[name].values())


@dataclass(frozen=True)
class Results:
    """A page of the list, and what stands around it. Two that are equal make the same page."""

    selection: Selection
    entries: tuple[Entry, ...]
    #: The words of each facet that lead anywhere or are chosen, by the facet's name.
    options: tuple[tuple[str, tuple[Option, ...]], ...]
    #: How many fit; None says “more than can be counted at once”.
    total: int | None
    #: How many there are with every facet left open; None as above.
    everything: int | None
    openings: tuple[Opening, ...] = ()
    #: The place of the first entry, where it is known.
    first: int | None = None
    has_previous: bool = False
    has_next: bool = False
    #: The place where the page should begin is gone, so this is the beginning.
    begins_anew: bool = False
    #: Part of the address was not understood.
    left_out: bool = False
    #: What was looked for instead of what was asked for, and found.
    instead: str = ""
    #: The words leave nothing to look for: only what to leave out, or words that every page has.
    is_empty_search: bool = False

    @property
    def last(self) -> int | None:
        return self.first and self.first + len(self.entries) - 1

    @property
    def previous(self) -> str:
        return self.selection.address(before=self.entries[0].slug) if self.has_previous else ""

    @property
    def next(self) -> str:
        return self.selection.address(after=self.entries[-1].slug) if self.has_next else ""

    @property
    def facets(self) -> list[tuple[Facet, tuple[Option, ...]]]:
        """The facets that have anything to choose between."""
        return [(FACETS[name], options) for name, options in self.options if options]

    @property
    def filters(self) -> list[tuple[Facet, Option]]:
        """What is chosen."""
        return [(facet, option) for facet, options in self.facets for option in options if option.is_chosen]

    @property
    def sorts(self) -> list[tuple[str, str]]:
        """The orders that there are, as words of an address and labels."""
        sorts = [(name, sort.label) for name, sort in SORTS.items()]
        return [(RELEVANCE, _("Best match")), *sorts] if self.selection.q else sorts

    @property
    def unfiltered(self) -> str:
        """The list with every facet left open."""
        return self.selection.address(**dict.fromkeys(FACETS, ()))

    @property
    def exactly(self) -> str:
        """The same search for just the words that were typed."""
        return self.selection.address(q=f'"{self.selection.q.replace(chr(34), "")}"')


def browse(selection: Selection) -> Results:
    """The list without a search: the facets in one statement, a page of rows in a second.

    A third is needed only where the row that the page should follow is no longer there.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CUBE)
        cells, categories = cursor.fetchone()
    view = _view(cells, categories, replace(selection, after="", before=""))
    asked, selection = selection, replace(selection, category=view.selection.category)
    chosen, tally = view.chosen, view.tally
    rows, begins_anew = [], False
    if tally.total:
        rows = _rows(selection, chosen, tally)
        if not rows and (selection.after or selection.before):
            selection, begins_anew = replace(selection, after="", before=""), True
            rows = _rows(selection, chosen, tally)
    has_more, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
    if selection.before and not selection.after:
        rows.reverse()
        has_previous, has_next = has_more, True
    else:
        has_previous, has_next = bool(selection.after), has_more
    return Results(
        selection=selection,
        entries=tuple(entry(row, view.names) for row in rows),
        options=view.options,
        total=tally.total,
        everything=tally.everything,
        openings=openings(selection, tally),
        has_previous=has_previous,
        has_next=has_next,
        begins_anew=begins_anew,
        left_out=asked.category != selection.category,
    )


@dataclass(frozen=True)
class View:
    """What the counts of the whole library come to for one selection, whatever its page."""

    selection: Selection
    chosen: dict[str, list]
    tally: Tally
    options: tuple
    names: dict[int, str]


@lru_cache(maxsize=64)
def _view(cells: str, categories: str, selection: Selection) -> View:
    # Remembered under the counts as the database gives them: whatever changes them is another key.
    cells, categories = json.loads(cells), json.loads(categories)
    selection = selection.with_facets_of({slug: id for id, slug, _name in categories})
    chosen = chosen_values(selection, categories)
    tally = Tally.of(cells, chosen)
    names = {id: name for id, _slug, name in categories}
    return View(selection, chosen, tally, options(selection, tally, categories), names)


def chosen_values(selection: Selection, categories) -> dict[str, list]:
    """What the rows have that are chosen, by facet."""
    ids = {slug: id for id, slug, _name in categories}
    return {
        name: [(ids if facet.words is None else facet.words)[word] for word in getattr(selection, name)]
        for name, facet in FACETS.items()
    }


def options(selection: Selection, tally: Tally, categories, *, counted: bool = True):
    """The words of each facet that lead anywhere, and those that are chosen."""
    found = []
    for name, facet in FACETS.items():
        if facet.words is None:
            words = [(slug, id, category) for id, slug, category in categories]
        else:
            words = [(word, value, _LABELS[word]) for word, value in facet.words.items()]
        chosen, counts = getattr(selection, name), tally.counts[name]
        leading = tuple(
            Option(
                value=word,
                label=text,
                count=counts.get(value, 0) if counted else None,
                without=selection.without(name, word).address() if word in chosen else "",
            )
            for word, value, text in words
            if value in counts or word in chosen
        )
        found.append((name, leading))
    return tuple(found)


def openings(selection: Selection, tally: Tally) -> tuple[Opening, ...]:
    """Which one facet may be left open where nothing is left, so that there is something."""
    if tally.total:
        return ()
    return tuple(
        Opening(FACETS[name].without, tally.without(name), selection.address(**{name: ()}))
        for name in FACETS
        if getattr(selection, name) and tally.without(name)
    )


def entry(row: Sequence, categories: Mapping[int, str], **marked) -> Entry:
    """The entry of a row of `COLUMNS`."""
    slug, title, tagline, category, time, supervision, certainty, claims, traced, disputed = row
    return Entry(
        **{
            "slug": slug,
            "title": title,
            "tagline": tagline,
            "category": categories.get(category, ""),
            "time": TimeToResult(time) if time else None,
            "supervision": Supervision(supervision),
            "certainty": CertaintyLevel(certainty) if certainty else None,
            "claims": claims,
            "traced": traced,
            "disputed": disputed,
            **marked,
        }
    )


COLUMNS = """slug, title, tagline, category_id, time_to_result, supervision, certainty, claims, traced_claims,
    disputed_claims"""

CATEGORIES = """
    SELECT coalesce(json_agg(json_build_array(id, slug, name) ORDER BY position, name), '[]')::text
    FROM frameworks_category
"""

_CUBE = f"""
    SELECT (
        SELECT coalesce(json_agg(
            json_build_array(category_id, time_to_result, supervision, certainty, listings)), '[]')::text
        FROM frameworks_facetcount WHERE listings > 0
    ), ({CATEGORIES})
"""  # noqa: S608

# Few of many: from the facets' counts to their rows by the index over the facets, and only then sorted.
_FEW = """
    WITH listing AS MATERIALIZED (
        SELECT listing.*
        FROM frameworks_facetcount cell
        JOIN frameworks_listing listing USING (category_id, time_to_result, supervision, certainty)
        WHERE cell.listings > 0 AND {narrowed}
    )
    SELECT {columns} FROM listing
"""
_MANY = "SELECT {columns} FROM frameworks_listing AS listing"


def _rows(selection: Selection, chosen: Mapping[str, list], tally: Tally) -> list[tuple]:
    """One row more than a page holds, from the edge on; backwards, nearest first, where `before` is asked for."""
    sort = SORTS[selection.order]
    narrowed, values = ["true"], []
    for name, facet in FACETS.items():
        if chosen[name]:
            narrowed.append(f"{{table}}.{facet.column} = ANY (%s)")
            values.append(chosen[name])
    narrowed = " AND ".join(narrowed)
    # In an order's own index the chosen rows are met once in (everything / total) rows, so a page costs that many times
    # its size. Where reading all that are chosen costs less, they are read and sorted.
    if tally.total**2 <= PAGE_SIZE * tally.everything:
        select, where = _FEW.format(columns=COLUMNS, narrowed=narrowed.format(table="cell")), ["true"]
    else:
        select, where = _MANY.format(columns=COLUMNS), [narrowed.format(table="listing")]
        if sort.facet and (words := getattr(selection, sort.facet)):
            ranks = [sort.ranks[word] for word in words]
            where.append(f"{sort.columns[0]} BETWEEN %s AND %s")
            values += [min(ranks), max(ranks)]
    key, descending = ", ".join(sort.columns), sort.descending
    if edge := selection.after or selection.before:
        descending = descending != (not selection.after)
        compared = "<" if descending else ">"
        where.append(f"({key}) {compared} (SELECT {key} FROM frameworks_listing WHERE slug = %s)")  # noqa: S608
        values.append(edge)
    order = ", ".join(f"{column} {'DESC' if descending else 'ASC'}" for column in sort.columns)
    with connection.cursor() as cursor:
        cursor.execute(f"{select} WHERE {' AND '.join(where)} ORDER BY {order} LIMIT {PAGE_SIZE + 1}", values)
        return cursor.fetchall()
