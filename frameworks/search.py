"""The search of the library: what was found, in which order, and where in the text.

At most four hundred matches are ranked, so a common word costs the same in a library of any size: those that name the
words in title or tagline, then any others. Facets, orders and pages work on these. Three statements at most: what was
found, what a near miss finds instead, and the texts of the rows that are shown.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from django.db import connection
from django.utils.html import escape, format_html_join
from django.utils.safestring import SafeString

from . import library
from .library import FACETS, PAGE_SIZE, RELEVANCE, SORTS, Results, Selection, Tally
from .listings import SHORTEST_WORD, fold, without_angles

MOST_RANKED = 400
LONGEST_QUERY = 200
#: A near miss is looked for in the first words only.
MOST_WORDS_MENDED = 8
#: Of so many words that look alike, the nearest is chosen, if it is near enough.
MOST_ALIKE, NEAR_ENOUGH = 12, 0.7

# No document holds these characters (see `prose.clean`), so they mark a match where no text can forge one. The other
# two stand for < and >, since PostgreSQL leaves out of a headline whatever looks like a tag.
_MARK, _UNMARK, _LESS, _GREATER = "\x02\x03\x04\x05"
_ALL = f"HighlightAll=true, StartSel={_MARK}, StopSel={_UNMARK}"
_SOME = f"MaxWords=36, MinWords=18, ShortWord=2, StartSel={_MARK}, StopSel={_UNMARK}"

_HITS = f"""
    WITH asked AS MATERIALIZED (
        SELECT websearch_to_tsquery('plain_english', %(q)s) AS query
    ), usable AS MATERIALIZED (
        SELECT query FROM asked WHERE querytree(query) NOT IN ('', 'T')
    ), found AS MATERIALIZED (
        SELECT hit.* FROM usable, frameworks_found(query, NULL, NULL, NULL, NULL, %(most)s) AS hit
    ), narrowed AS MATERIALIZED (
        SELECT * FROM found WHERE NOT %(is_narrowed)s
        UNION ALL
        SELECT hit.*
        FROM usable, frameworks_found(
            query,
            (SELECT array_agg(id) FROM frameworks_category WHERE slug = ANY (%(category)s)),
            %(time)s::text[], %(supervision)s::text[], %(certainty)s::text[], %(most)s
        ) AS hit
        WHERE %(is_narrowed)s
    )
    SELECT (SELECT querytree(query) FROM asked),
        (
            SELECT coalesce(json_agg(json_build_array(
                listing.framework_id, listing.slug, hit.named,
                ts_rank_cd('{{0.03, 0.06, 0.3, 1}}', listing.search, query, 1),
                listing.sort_title, listing.time_rank, listing.certainty_rank, extract(epoch FROM listing.published_at)
            )), '[]')::text
            FROM usable, narrowed AS hit JOIN frameworks_listing listing USING (framework_id)
        ),
        (
            SELECT coalesce(json_agg(json_build_array(
                category_id, time_to_result, supervision, certainty, number)), '[]')::text
            FROM (
                SELECT category_id, time_to_result, supervision, certainty, count(*) AS number
                FROM found JOIN frameworks_listing USING (framework_id)
                GROUP BY category_id, time_to_result, supervision, certainty
            ) AS cell
        ),
        ({library.CATEGORIES}),
        CASE WHEN NOT EXISTS (SELECT FROM found) THEN (
            -- Only what no page has is to be mended.
            SELECT json_object_agg(asked.word, ARRAY(SELECT frameworks_like(asked.word, %(most_alike)s)))::text
            FROM unnest(%(words)s::text[]) AS asked (word)
            WHERE numnode(plainto_tsquery('plain_english', asked.word)) > 0
                AND NOT EXISTS (
                    SELECT FROM frameworks_found(
                        plainto_tsquery('plain_english', asked.word), NULL, NULL, NULL, NULL, 1))
        ) END
"""  # noqa: S608

# A headline reads every word it is given, so it is given one passage: that which has most of the words, as far as
# their beginnings tell. Where these tell nothing (an accent, an irregular form), it reads the whole.
_TEXTS = f"""
    WITH asked AS MATERIALIZED (
        SELECT websearch_to_tsquery('plain_english', %(q)s) AS query
    ), listing AS MATERIALIZED (
        SELECT place, {library.COLUMNS}, translate(coalesce(
            (
                SELECT line
                FROM string_to_table(passages, E'\n') WITH ORDINALITY AS passage (line, place)
                WHERE line ~* %(any_beginning)s
                ORDER BY (
                    SELECT count(*) FROM unnest(%(beginnings)s::text[]) AS one (beginning) WHERE line ~* beginning
                ) DESC, place
                LIMIT 1
            ),
            CASE WHEN NOT named THEN passages END
        ), '<>', %(angles)s) AS passage
        FROM unnest(%(ids)s::bigint[], %(named)s::boolean[]) WITH ORDINALITY AS shown (framework_id, named, place)
        JOIN frameworks_listing USING (framework_id)
    ), headline AS MATERIALIZED (
        SELECT place, ts_headline('plain_english', passage, query, %(some)s) AS snippet FROM listing, asked
    )
    SELECT {library.COLUMNS},
        ts_headline('plain_english', translate(title, '<>', %(angles)s), query, %(all)s),
        ts_headline('plain_english', translate(tagline, '<>', %(angles)s), query, %(all)s),
        snippet,
        starts_with(passage, translate(snippet, %(marks)s, '')),
        right(passage, length(translate(snippet, %(marks)s, ''))) = translate(snippet, %(marks)s, '')
    FROM asked, listing JOIN headline USING (place)
    ORDER BY place
"""  # noqa: S608


@dataclass(frozen=True)
class Hit:
    framework_id: int
    slug: str
    #: Whether title or tagline has all the words.
    named: bool
    relevance: float
    sort_title: str
    time_rank: int
    certainty_rank: int
    published_at: float


@dataclass(frozen=True)
class Found:
    q: str
    #: The part of the query that an index can answer, as PostgreSQL writes it.
    tree: str
    hits: list[Hit]
    cells: list[library.Cell]
    categories: list
    #: For each word that no page has, words of titles and taglines that look like it.
    alike: dict[str, list[str]]


def search(selection: Selection) -> Results:
    """A page of what was found, or of what a near miss finds where nothing was."""
    q = _tidied(selection.q)
    found = _ask(q, selection)
    mended = _mended(q, found.alike)
    if mended != q:
        again = _ask(mended, selection)
        found = again if again.cells else found
    asked, selection = selection, selection.with_facets_of({slug: id for id, slug, _name in found.categories})
    tally = Tally.of(found.cells, library.chosen_values(selection, found.categories))
    is_counted = tally.everything <= MOST_RANKED
    hits = sorted(found.hits[:MOST_RANKED], key=_KEYS[selection.order])
    first, last, begins_anew = _page(hits, selection)
    return Results(
        selection=selection,
        entries=_entries(found, hits[first:last]),
        options=library.options(selection, tally, found.categories, counted=is_counted),
        total=len(hits) if len(found.hits) <= MOST_RANKED else None,
        everything=tally.everything if is_counted else None,
        openings=library.openings(selection, tally) if is_counted else (),
        first=first + 1,
        has_previous=first > 0,
        has_next=last < len(hits),
        begins_anew=begins_anew,
        left_out=asked.category != selection.category,
        instead=found.q if found.q != q else "",
        is_empty_search=found.tree in ("", "T"),
    )


def _ask(q: str, selection: Selection) -> Found:
    chosen = {
        name: [facet.words[word] for word in getattr(selection, name)] or None
        for name, facet in FACETS.items()
        if facet.words is not None
    }
    with connection.cursor() as cursor:
        cursor.execute(
            _HITS,
            {
                "q": q,
                "words": _words(q),
                "most": MOST_RANKED + 1,
                "most_alike": MOST_ALIKE,
                "is_narrowed": selection.is_narrowed,
                "category": list(selection.category),
                **chosen,
            },
        )
        tree, hits, cells, categories, alike = cursor.fetchone()
    return Found(
        q=q,
        tree=tree,
        hits=[Hit(*hit) for hit in json.loads(hits)],
        cells=json.loads(cells),
        categories=json.loads(categories),
        alike=json.loads(alike) if alike else {},
    )


def _tidied(q: str) -> str:
    """The query without signs that say nothing. PostgreSQL gives up on some thirty minus signs in a row."""
    tidied = []
    for piece in re.findall(r'-*"[^"]*"?|[^\s"]+', without_angles(q)):
        body = piece.lstrip("-")
        if body[:1] != '"':
            body = re.sub(r"(?<!\w)[^\w\s]*-|-(?!\w)", " ", body).strip()
        if re.search(r"\w", body):
            tidied.append("-" * piece.startswith("-") + body)
    return " ".join(tidied)


# What is quoted or left out stands as it is: quoting a word is how to ask for just that spelling.
_PIECE = re.compile(r'"[^"]*"?|(?<!\S)-\S+|[^\W\d_]+')


def _is_word(piece: str) -> bool:
    return piece[0] not in '"-' and len(fold(piece)) >= SHORTEST_WORD


def _words(q: str) -> list[str]:
    words = dict.fromkeys(fold(piece) for piece in _PIECE.findall(q) if _is_word(piece))
    return list(words)[:MOST_WORDS_MENDED]


def _mended(q: str, alike: Mapping[str, Sequence[str]]) -> str:
    """The query with its unknown words replaced by the nearest that there are."""
    near = {word: get_close_matches(word, words, n=1, cutoff=NEAR_ENOUGH) for word, words in alike.items()}

    def mend(piece: re.Match) -> str:
        return "".join(near.get(fold(piece[0]), ())) if _is_word(piece[0]) else ""

    return _PIECE.sub(lambda piece: mend(piece) or piece[0], q)


_KEYS = {
    # A page that names all the words comes before any that mentions them, however often.
    RELEVANCE: lambda hit: (not hit.named, -hit.relevance, hit.sort_title, hit.framework_id),
    "recent": lambda hit: (-hit.published_at, -hit.framework_id),
    "evidence": lambda hit: (hit.certainty_rank, hit.sort_title, hit.framework_id),
    "quickest": lambda hit: (hit.time_rank, hit.sort_title, hit.framework_id),
    "title": lambda hit: (hit.sort_title, hit.framework_id),
}
assert set(_KEYS) == {RELEVANCE, *SORTS}


def _page(hits: Sequence[Hit], selection: Selection) -> tuple[int, int, bool]:
    """Where the page begins and ends, and whether it begins anew because its place is gone."""
    edge = selection.after or selection.before
    at = next((n for n, hit in enumerate(hits) if hit.slug == edge), None) if edge else None
    if at is not None and selection.after and at + 1 < len(hits):
        first, last = at + 1, at + 1 + PAGE_SIZE
    elif at and not selection.after:
        first, last = max(0, at - PAGE_SIZE), at
    else:
        return 0, min(PAGE_SIZE, len(hits)), bool(edge and hits)
    return first, min(last, len(hits)), False


def _entries(found: Found, hits: Sequence[Hit]) -> tuple[library.Entry, ...]:
    if not hits:
        return ()
    beginnings = [_beginning(lexeme) for lexeme in re.findall(r"'((?:[^']|'')+)'", found.tree)]
    with connection.cursor() as cursor:
        cursor.execute(
            _TEXTS,
            {
                "q": found.q,
                "ids": [hit.framework_id for hit in hits],
                "named": [hit.named for hit in hits],
                "angles": _LESS + _GREATER,
                "marks": _MARK + _UNMARK,
                "all": _ALL,
                "some": _SOME,
                "any_beginning": "|".join(beginnings),
                "beginnings": beginnings,
            },
        )
        rows = cursor.fetchall()
    names = {id: name for id, _slug, name in found.categories}
    return tuple(
        library.entry(
            row,
            names,
            title=_marked(title),
            tagline=_marked(tagline),
            # PostgreSQL shows the beginning of a text where it finds nothing to mark: no reason to show it.
            snippet=_marked(f"{'' if begins else '… '}{snippet}{'' if ends else ' …'}")
            if snippet and _MARK in snippet
            else "",
        )
        for *row, title, tagline, snippet, begins, ends in rows
    )


def _beginning(lexeme: str) -> str:
    """A pattern for words of this lexeme. Its last letter may be one that the stemmer put there: `therapi`, `wake`."""
    lexeme = lexeme.replace("''", "'")
    if len(lexeme) > SHORTEST_WORD and lexeme[-1] in "ei":
        lexeme = lexeme[:-1]
    return r"\m" + re.sub(r"([^\w\s])", r"\\\1", lexeme)


def _marked(text: str | None) -> SafeString:
    """The text as HTML, its matches in <mark>. Each piece between two private marks is escaped by itself."""
    before, *rest = (text or "").replace(_LESS, "<").replace(_GREATER, ">").split(_MARK)
    pieces = (piece.partition(_UNMARK) for piece in rest)
    return escape(before) + format_html_join(
        "", "<mark>{}</mark>{}", ((match, after) for match, _, after in pieces)
    )
