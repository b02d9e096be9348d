"""What the library lists and searches: one row a live framework, written whenever one is published.

The weights of the searchable text: A the title, B what it is for, C what it says to do, D its claims and sources.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator

from django.contrib.postgres.search import SearchVector
from django.db import connection, transaction
from django.db.models import Value

from .document import CertaintyLevel, FrameworkDocument, Source, TimeToResult
from .evidence import verdict
from .models import Framework, Listing, Revision, SourceUpdate, TitleWord
from .models.sources import UpdateType
from .prose import Prose

#: PostgreSQL refuses a tsvector above one megabyte. This many characters stay below it in every script.
MOST_CHARACTERS = 250_000
#: Shorter words are no near miss of anything.
SHORTEST_WORD = 3

_TIMES = [time.value for time in TimeToResult]
_CERTAINTIES = [level.value for level in CertaintyLevel]
_WRITTEN_ANEW = [field.name for field in Listing._meta.concrete_fields if not field.primary_key]


def take_turns() -> None:
    """Wait until nobody else changes what readers find, and keep others waiting until this transaction ends.

    Publishing, withdrawing, recording a retraction and loading a library take it first of all. Otherwise two of them
    could count without seeing each other, or lock facet counts and words in opposite orders.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock('frameworks_listing'::regclass::oid::bigint)")


def write(framework: Framework, revision: Revision) -> None:
    """List this revision in place of what is listed of the framework. To be called in the transaction of publish."""
    document = revision.document
    write_all([listing_row(framework, revision, document, retracted=_retracted(document.source_keys))])


def write_all(rows: Iterable[Listing]) -> None:
    """List many at once: three statements for each five hundred."""
    rows = list(rows)
    Listing.objects.bulk_create(
        rows, batch_size=500, update_conflicts=True, unique_fields=["framework"], update_fields=_WRITTEN_ANEW
    )
    words = {word for row in rows for word in words_of(f"{row.title} {row.tagline}")}
    TitleWord.objects.bulk_create([TitleWord(word=word) for word in sorted(words)], ignore_conflicts=True)


def listing_row(
    framework: Framework, revision: Revision, document: FrameworkDocument, *, retracted: Collection[str] = ()
) -> Listing:
    """The row of this revision, not saved yet. `document` is the revision's; `retracted` counts as absent."""
    found = verdict(document, retracted)
    certainty = document.certainty.level.value if document.certainty else ""
    time = document.time_to_result.value if document.time_to_result else ""
    weighted = _shortened(_texts(document))
    return Listing(
        framework=framework,
        slug=framework.slug,
        title=document.title,
        sort_title=fold(document.title)[:300],
        tagline=document.tagline,
        category_id=framework.category_id,
        time_to_result=time,
        supervision=document.supervision.value,
        certainty=certainty,
        time_rank=_TIMES.index(time) if time else len(_TIMES),
        certainty_rank=_CERTAINTIES.index(certainty) if certainty else len(_CERTAINTIES),
        claims=found.claims,
        traced_claims=found.traced,
        disputed_claims=found.disputed,
        published_at=revision.published_at,
        # Title and tagline are shown whole, with their words marked: a snippet never repeats them.
        passages="\n".join(text for _, text in weighted if text not in (document.title, document.tagline)),
        search=_search_vector(weighted),
    )


@transaction.atomic
def retrace(source_keys: Collection[str]) -> int:
    """Count the claims anew of all that cites these sources: one was retracted, or stands again.

    Returns how many listings changed.
    """
    take_turns()
    listings = Listing.objects.filter(
        framework__current_revision__source_keys__overlap=list(source_keys)
    ).select_related("framework__current_revision")
    changed = []
    for listing in listings.defer("passages", "search"):
        document = listing.framework.current_revision.document
        found = verdict(document, _retracted(document.source_keys))
        counts = found.traced, found.disputed
        if counts != (listing.traced_claims, listing.disputed_claims):
            listing.traced_claims, listing.disputed_claims = counts
            changed.append(listing)
    return Listing.objects.bulk_update(changed, ["traced_claims", "disputed_claims"])


def fold(text: str) -> str:
    """The text without case and accents: how titles are ordered, and words compared."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def without_angles(text: str) -> str:
    """The text without < and >. PostgreSQL takes what follows for a tag, and does not index it."""
    return text.replace("<", " ").replace(">", " ")


def words_of(text: str) -> list[str]:
    """The words that a near miss can be a miss of."""
    return [word[:80] for word in re.findall(r"[^\W\d_]+", fold(text)) if len(word) >= SHORTEST_WORD]


def _retracted(source_keys: Collection[str]) -> frozenset[str]:
    updates = SourceUpdate.objects.filter(type=UpdateType.RETRACTION, source__key__in=source_keys)
    return frozenset(updates.values_list("source__key", flat=True))


def _texts(document: FrameworkDocument) -> Iterator[tuple[str, str]]:
    """All texts of the document with their weights, in the order of the page."""
    yield "A", document.title
    yield "B", document.tagline
    yield "B", document.problem
    yield "B", document.best_for
    yield "C", document.not_ideal_for
    yield from _warnings(document.warnings)
    yield "C", document.overview
    for principle in document.principles:
        yield "C", principle.text
    for step in document.steps:
        yield "C", step.title
        yield "C", step.body
        yield "C", step.tip
        yield from _warnings(step.warnings)
    for item in document.checklist:
        yield "C", item.text
    for example in document.examples:
        yield "C", example.title
        yield "C", example.body
        yield "C", example.outcome
    for mistake in document.mistakes:
        yield "C", mistake.title
        yield "C", mistake.body
    yield "C", document.origin
    if document.certainty:
        yield "C", document.certainty.outcome
        yield "C", document.certainty.reason
    for claim in document.claims:
        yield "D", claim.text
        for citation in claim.citations:
            yield "D", citation.finding
    for citation in document.citations:
        yield "D", citation.finding
    for source in document.sources:
        yield "D", _record(source)


def _warnings(warnings):
    for warning in warnings:
        yield "C", warning.text
        yield "C", warning.what_to_do


def _record(source: Source) -> str:
    authors = [name.literal or f"{name.given} {name.family}".strip() for name in source.author]
    parts = [
        ", ".join(authors),
        source.title,
        source.container_title,
        source.issued,
        source.sample,
        source.note,
    ]
    return ". ".join(part.rstrip(".") for part in parts if part)


def _shortened(texts: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The texts in plain words, each on one line, up to as many characters as can be searched."""
    kept, left = [], MOST_CHARACTERS
    for weight, text in texts:
        plain = text.plain if isinstance(text, Prose) else text
        plain = plain[:left]
        if plain:
            kept.append((weight, plain))
            left -= len(plain)
    return kept


def _search_vector(weighted: Iterable[tuple[str, str]]):
    by_weight: dict[str, list[str]] = {}
    for weight, text in weighted:
        by_weight.setdefault(weight, []).append(text)
    vectors = [
        SearchVector(Value(without_angles("\n".join(texts))), weight=weight, config="plain_english")
        for weight, texts in by_weight.items()
    ]
    whole = vectors[0]
    for vector in vectors[1:]:
        whole = whole + vector
    return whole
