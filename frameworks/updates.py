"""What became of sources, for pages that show more than one revision and so more sources than are live over one."""

from collections.abc import Iterable

from .article import Update
from .models import SourceUpdate
from .models.sources import UpdateType


def updates_of(keys: Iterable[str]) -> dict[str, tuple[Update, ...]]:
    """The updates of those of the sources that have any, by key, in the order in which they came. One statement."""
    found: dict[str, tuple[Update, ...]] = {}
    rows = SourceUpdate.objects.filter(source__key__in=set(keys)).order_by("date", "id")
    for key, type, date, notice in rows.values_list("source__key", "type", "date", "notice_doi"):
        found[key] = (*found.get(key, ()), Update(key, UpdateType(type), date, notice))
    return found
