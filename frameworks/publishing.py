"""From draft to revision, and out of the library again."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from . import listings, readiness
from .document import ChangeKind
from .drafts import read_draft
from .models import Framework, HelpContact, Listing, Revision, Source, SourceUpdate
from .models.sources import UpdateType


@dataclass
class NotReady(Exception):
    """The draft would mislead as it stands. `problems` says what is missing, and where."""

    problems: list[readiness.Problem]

    def __str__(self):
        return "\n".join(problem.message for problem in self.problems)


class NothingToPublish(Exception):
    """The draft says what the current revision says."""


class NoteMissing(Exception):
    """Readers would not be told what changed since the revision that they know."""


def refuse_silence(revision: Revision) -> None:
    """Raise NoteMissing for a later revision without a note to readers: what changed is all that tells them of it.

    Asked after publishing, at the desk and from a file, in the transaction that then keeps nothing. A first revision is
    new as a whole.
    """
    if revision.number > 1 and not revision.note:
        raise NoteMissing(
            _("Say in a sentence what changed since revision %(number)d; it is what readers are told.")
            % {"number": revision.number - 1}
        )


@transaction.atomic
def publish(framework: Framework, *, by, kind: ChangeKind, note: str) -> Revision:
    """Freeze the draft as the next revision and list it. See `Framework.publish`."""
    listings.take_turns()
    # Lock the row: two who publish at once cannot both make revision 4. The current revision is asked for by a
    # statement of its own, after the lock: a join would answer what was current before the wait.
    locked = Framework.objects.select_for_update().get(pk=framework.pk)
    document = read_draft(locked)
    problems = blocking(locked, document)
    if problems:
        raise NotReady(problems)
    current = locked.current_revision
    if current is not None and current.document == document:
        raise NothingToPublish(
            _("The draft says what revision %(number)d says.") % {"number": current.number}
        )
    number = current.number + 1 if current else 1
    revision = Revision.freeze(locked, document, number=number, kind=kind, note=note, by=by)
    revision.save()
    locked.current_revision = revision
    locked.save(update_fields=["current_revision"])
    listings.write(locked, revision)
    framework.current_revision = revision
    return revision


def blocking(framework: Framework, document) -> list[readiness.Problem]:
    """What keeps this draft from being published, with what the database knows of its sources and of help."""
    if framework.withdrawn_at is not None:
        return [
            readiness.Problem("withdrawn", "", _("It was withdrawn; a withdrawn framework is not published."))
        ]
    return readiness.blocking(
        document,
        retracted=retracted_sources(document),
        has_help=HelpContact.objects.exists() if document.sensitive else True,
    )


def advice(framework: Framework, document) -> list[readiness.Problem]:
    """What is advised before this draft is published, with what the database knows of its sources and reviews."""
    review = framework.reviews.order_by("-reviewed_on", "-pk").first()
    updates = updated_sources(document.source_keys)
    return readiness.advice(
        document,
        retracted=[key for key, types in updates.items() if UpdateType.RETRACTION in types],
        updates=updates,
        review_due_on=review and review.due_on,
        today=timezone.localdate(),
    )


def retracted_sources(document) -> frozenset[str]:
    """The keys of its sources that were retracted."""
    found = Source.objects.filter(key__in=document.source_keys, updates__type=UpdateType.RETRACTION)
    return frozenset(found.values_list("key", flat=True))


def updated_sources(keys: Collection[str]) -> dict[str, set[str]]:
    """What became of those of these sources of which anything is recorded, by key."""
    found: dict[str, set[str]] = {}
    for key, type in SourceUpdate.objects.filter(source__key__in=keys).values_list("source__key", "type"):
        found.setdefault(key, set()).add(type)
    return found


def newly_cited(before, document) -> list[readiness.Problem]:
    """What became of the sources that this document cites and the one before it did not."""
    cited = [{citation.source for _path, citation in one.cited()} for one in (before, document)]
    return readiness.about_sources(document, updated_sources(cited[1] - cited[0]))


@transaction.atomic
def withdraw(framework: Framework, *, reason: str) -> bool:
    """Take it out of library and search. See `Framework.withdraw`."""
    listings.take_turns()
    # Whoever withdrew it first gave the day and the reason that stand.
    withdrawn = Framework.objects.filter(pk=framework.pk, withdrawn_at=None).update(
        withdrawn_at=timezone.now(), withdrawn_reason=reason
    )
    Listing.objects.filter(framework=framework).delete()
    framework.refresh_from_db(fields=["withdrawn_at", "withdrawn_reason"])
    return bool(withdrawn)
