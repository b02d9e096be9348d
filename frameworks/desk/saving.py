"""Saving a draft: nobody's edit is lost, and it stays known who changed what."""

from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.db import transaction

from ..comparison import Comparison, compare
from ..document import FrameworkDocument
from ..drafts import read_draft, write_draft
from ..models import DraftChange, Framework


@dataclass
class ChangedMeanwhile(Exception):
    """Somebody saved the draft since this edit of it began. Nothing was stored."""

    now: FrameworkDocument
    version: int
    #: What the draft said when the edit began; None where that is not known, as after a file was loaded.
    base: FrameworkDocument | None
    #: Who changed it, as far as it is known.
    by: tuple[str, ...]


@transaction.atomic
def save_draft(
    framework: Framework, document: FrameworkDocument, *, by, version: int, began: int | None = None
) -> Comparison:
    """Make this document the draft, and return what that changed: nothing, where the draft says the same already.

    `version` is the one that it is to replace, `began` the one that the edit began with, where that is an earlier one.
    Raises ChangedMeanwhile where the draft is no longer of this version. A fixed number of statements.
    """
    # The revision is asked for after the lock, by a statement of its own: a join would answer what was current before
    # the wait, and whoever waits for a publish would count as having edited before it.
    locked = Framework.objects.select_for_update().get(pk=framework.pk)
    before = read_draft(locked)
    changed = compare(before, document)
    if not changed:
        return changed  # as when a form is sent twice
    if locked.version != version:
        raise changed_since(locked, before, version if began is None else began)
    write(locked, document, before=before, by=by)
    return changed


@transaction.atomic
def begin_draft(slug: str, *, title: str, category: str, by) -> Framework:
    """Make a framework of which only the title and the category are known."""
    framework = Framework(slug=slug)
    write(framework, FrameworkDocument(title=title, category=category), before=None, by=by)
    return framework


def write(framework: Framework, document: FrameworkDocument, *, before: FrameworkDocument | None, by) -> None:
    """Make this document the draft, and note who did it. The row is new, or locked by who calls this."""
    write_draft(framework, document)
    framework.refresh_from_db(fields=["version"])
    current = framework.current_revision
    DraftChange.objects.create(
        framework=framework,
        version=framework.version,
        before=before,
        changed_by=by,
        follows=current.number if current else 0,
    )


def changed_since(framework: Framework, now: FrameworkDocument, version: int) -> ChangedMeanwhile:
    """What became of the draft since it was of this version; no statement where it still is."""
    if framework.version == version:
        return ChangedMeanwhile(now=now, version=version, base=None, by=())
    since = DraftChange.objects.filter(framework=framework, version__gt=version).order_by("version")
    first = since.first()
    people = get_user_model().objects.filter(
        pk__in=since.exclude(changed_by=None).values_list("changed_by", flat=True)
    )
    return ChangedMeanwhile(
        now=now,
        version=framework.version,
        base=first.before if first and first.version == version + 1 else None,
        by=tuple(str(person) for person in people),
    )


def changes_since_publication(framework: Framework):
    """The changes of the draft since its current revision was published."""
    current = framework.current_revision
    return framework.draft_changes.filter(follows=current.number if current else 0)


def editors_since(framework: Framework) -> set[int]:
    """The accounts that changed the draft since its current revision was published."""
    changes = changes_since_publication(framework).exclude(changed_by=None)
    return set(changes.values_list("changed_by", flat=True))
