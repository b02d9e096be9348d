"""Keys for new entries: from their first words, and never one that anything hangs on already."""

import re
from collections.abc import Container, Iterable

from django.db import connection

from ..document import RESERVED_KEYS, FrameworkDocument
from ..listings import fold
from ..models import Framework

_WORDS = 5
_LONGEST = 60


def key_of(text: str, kind: str, taken: Container[str]) -> str:
    """A key of the first words: unlike all that are taken and the names of the page's parts.

    `kind` is what it is called where the text has no letters that a key could hold.
    """
    words = re.findall(r"[a-z0-9]+", fold(text).replace("'", "").replace("’", ""))
    stem = "-".join(words[:_WORDS])[:_LONGEST].strip("-") or kind
    key, number = stem, 1
    while key in taken or key in RESERVED_KEYS:
        number += 1
        key = f"{stem}-{number}"
    return key


def keys_of_revisions(framework: Framework) -> set[str]:
    """The keys of all checklist items that were ever published: readers' ticks hang on them.

    An item that is written anew gets none of these, or an old tick would say that it is done.
    """
    if framework.pk is None:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT unnest(item_keys) FROM frameworks_revision WHERE framework_id = %s",
            [framework.pk],
        )
        return {key for (key,) in cursor.fetchall()}


def keys_of(document: FrameworkDocument) -> Iterable[tuple[str, str]]:
    """The part and the key of each entry; a warning of a step is of the part `warnings`, too."""
    return (("warnings" if "warnings" in path else path[0], entry.key) for path, entry in document.entries())
