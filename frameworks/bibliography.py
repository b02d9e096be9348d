"""The bibliography: records of sources and the rows that hold them."""

from collections.abc import Iterable, Mapping

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from . import document
from .models import DrawsOn, Source

# Columns that hold nothing as an empty text, where a record says None.
_OPTIONAL = ("issued", "DOI", "PMID", "URL", "study_design")
_PLAIN = (
    "title",
    "and_others",
    "container_title",
    "volume",
    "issue",
    "page",
    "sample",
    "note",
    "verified_on",
)
_STUDY_LEVEL = ("study_level", "study_level_read_by", "study_level_read_on")
_COLUMNS = ["type", "author", *_PLAIN, *_OPTIONAL, *_STUDY_LEVEL]


class CannotBeSaved(ValueError):
    """A record that does not fit the others. `key` names it; the message says what is wrong with which field."""

    def __init__(self, key: str, message: str):
        super().__init__(_("source “%(key)s”: %(message)s") % {"key": key, "message": message})
        self.key, self.message = key, message


def records(keys: Iterable[str] | None = None) -> dict[str, document.Source]:
    """The records of these sources and of all that they draw on, by key; of every source where no keys are given.

    One statement. A key that no source has is left out.
    """
    rows = Source.objects.raw(
        """
        WITH RECURSIVE reached (id) AS (
            SELECT id FROM frameworks_source WHERE %(all)s OR key = ANY (%(keys)s)
            UNION
            SELECT arrow.to_source_id FROM frameworks_drawson arrow JOIN reached ON arrow.from_source_id = reached.id
        )
        SELECT source.*, ARRAY(
            SELECT beneath.key
            FROM frameworks_drawson arrow JOIN frameworks_source beneath ON beneath.id = arrow.to_source_id
            WHERE arrow.from_source_id = source.id
        ) AS draws_on_keys
        FROM frameworks_source source JOIN reached USING (id)
        """,
        {"all": keys is None, "keys": list(keys or ())},
    )
    found = (record(row, draws_on=row.draws_on_keys) for row in rows)
    return {source.key: source for source in sorted(found, key=lambda source: source.key)}


def record(row: Source, *, draws_on: Iterable[str]) -> document.Source:
    """The record that a row holds."""
    return document.Source(
        key=row.key,
        type=row.type,
        author=row.author,
        study_level=None
        if row.study_level is None
        else {
            "level": row.study_level,
            "read_by": row.study_level_read_by,
            "read_on": row.study_level_read_on,
        },
        draws_on=tuple(draws_on),
        **{column: getattr(row, column) for column in (*_PLAIN, *_OPTIONAL)},
    )


def lock() -> None:
    """Let nobody else write a record until this transaction ends: what is judged of the bibliography holds so long."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE frameworks_source IN SHARE ROW EXCLUSIVE MODE")


@transaction.atomic
def save(sources: Iterable[document.Source], *, are_new: bool = False) -> None:
    """Make or update the rows of these records, and what they draw on, in a fixed number of statements.

    Of records that `are_new`, none replaces one that is there: whoever says so has looked, behind `lock`. Raises
    CannotBeSaved, and saves nothing, where a record draws on a source that is not there or on itself, or has
    the DOI or PMID of another.
    """
    given = {source.key: source for source in sources}
    if not given:
        return
    wanted = {(source.key, beneath) for source in given.values() for beneath in source.draws_on}
    known = records({*given, *(beneath for _key, beneath in wanted)})
    _refuse_strangers_and_circles(given, known)
    _refuse_numbers_of_others(given)
    _set_free_numbers_that_change_hands(given, known)
    rows = Source.objects.bulk_create(
        [Source(**_columns(source)) for source in given.values()],
        update_conflicts=not are_new,
        unique_fields=["key"],
        update_fields=_COLUMNS,
    )
    ids = {row.key: row.pk for row in rows}
    ids |= dict(Source.objects.filter(key__in=[beneath for _key, beneath in wanted]).values_list("key", "pk"))
    arrows = [DrawsOn(from_source_id=ids[key], to_source_id=ids[beneath]) for key, beneath in sorted(wanted)]
    # Old arrows go first: with one of them left, a new one might seem to close a circle.
    DrawsOn.objects.filter(from_source__key__in=given).delete()
    DrawsOn.objects.bulk_create(arrows)


def _columns(source: document.Source) -> dict:
    level = source.study_level
    return {
        "key": source.key,
        "type": source.type.value,
        "author": [name.model_dump(exclude_defaults=True) for name in source.author],
        **{column: getattr(source, column) for column in _PLAIN},
        **{column: str(getattr(source, column) or "") for column in _OPTIONAL},
        "study_level": level and level.level,
        "study_level_read_by": level.read_by if level else "",
        "study_level_read_on": level and level.read_on,
    }


def _refuse_strangers_and_circles(given: Mapping[str, document.Source], known: Mapping[str, document.Source]):
    then = {**known, **given}
    for source in given.values():
        for key in source.draws_on:
            if key not in then:
                raise CannotBeSaved(
                    source.key,
                    _("draws_on: there is no source “%(key)s”; add its record first") % {"key": key},
                )
            if document.rests_on(then, key, source.key):
                raise CannotBeSaved(
                    source.key,
                    _("draws_on: “%(key)s” draws on “%(other)s” already; take one of the two out of draws_on")
                    % {"key": key, "other": source.key},
                )


def _refuse_numbers_of_others(given: Mapping[str, document.Source]):
    owners = {("DOI", source.DOI.lower()): source.key for source in given.values() if source.DOI}
    owners |= {("PMID", source.PMID): source.key for source in given.values() if source.PMID}
    others = (
        Source.objects.annotate(lower_doi=Lower("DOI"))
        .filter(
            Q(lower_doi__in=[number for name, number in owners if name == "DOI"])
            | Q(PMID__in=[number for name, number in owners if name == "PMID"])
        )
        .exclude(key__in=given)
        .values_list("key", "lower_doi", "PMID")
    )
    for other, doi, pmid in others:
        for name, number in (("DOI", doi), ("PMID", pmid)):
            if key := owners.get((name, number)):
                raise CannotBeSaved(
                    key,
                    _("%(name)s: is that of “%(other)s” already; one work has one record")
                    % {"name": name, "other": other},
                )


def _set_free_numbers_that_change_hands(
    given: Mapping[str, document.Source], known: Mapping[str, document.Source]
):
    """Take DOI and PMID from the rows that lose them, so that two records can swap theirs."""
    for name in ("DOI", "PMID"):
        losing = [
            key
            for key in given
            if key in known and getattr(known[key], name) not in (None, getattr(given[key], name))
        ]
        Source.objects.filter(key__in=losing).update(**{name: ""})
