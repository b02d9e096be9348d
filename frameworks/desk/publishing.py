"""From the desk to readers: publishing what was previewed, by somebody who did not write it, and going back."""

from hashlib import blake2b

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import JSONField, Q
from django.db.models.functions import Cast

from .. import bibliography, listings
from ..document import FrameworkDocument, Supervision
from ..drafts import read_draft
from ..models import Framework, Revision, Source
from ..publishing import refuse_silence, retracted_sources
from .saving import changed_since, changes_since_publication, editors_since


class NeedsAnother(Exception):
    """Who changed a supervised or sensitive framework does not publish it: somebody else looks at it first."""


def digest(document: FrameworkDocument) -> str:
    """Tells what was previewed from anything else, the records of its sources included."""
    return blake2b(document.model_dump_json().encode(), digest_size=16).hexdigest()


@transaction.atomic
def publish_draft(framework: Framework, *, previewed: str, version: int, by, kind, note) -> Revision:
    """Publish the draft that was previewed: the one of this digest. `version` is the one that it had.

    Raises ChangedMeanwhile, NeedsAnother, NoteMissing, and what `Framework.publish` raises; then nothing is saved.
    """
    # In the order in which publishing takes them itself: two who hold one each would wait for ever.
    listings.take_turns()
    # The revision is asked for after the lock, as in `save_draft`.
    locked = Framework.objects.select_for_update().get(pk=framework.pk)
    document = read_draft(locked)
    if digest(document) != previewed:
        raise changed_since(locked, document, version)
    if needs_another(locked, document, by):
        raise NeedsAnother
    revision = locked.publish(by=by, kind=kind, note=note)
    refuse_silence(revision)
    return revision


def needs_another(framework: Framework, document: FrameworkDocument, user) -> bool:
    """Whether the two-person rule keeps this person from publishing the draft.

    It holds where the draft, the revision that is live, or the draft at any time since then is supervised or sensitive:
    an edit cannot take itself out.
    """
    current = framework.current_revision
    both = [document, current.document] if current else [document]
    if not any(map(_asks_for_two, both)) and not _asked_for_two_meanwhile(framework):
        return False
    return user.pk in editors_since(framework) or _changed_its_sources(framework, document, user)


def _asks_for_two(document: FrameworkDocument) -> bool:
    return document.sensitive or document.supervision is Supervision.PROFESSIONAL_REQUIRED


def _asked_for_two_meanwhile(framework: Framework) -> bool:
    return (
        changes_since_publication(framework)
        .annotate(was=Cast("before", JSONField()))
        .filter(Q(was__sensitive=True) | Q(was__supervision=Supervision.PROFESSIONAL_REQUIRED.value))
        .exists()
    )


def _changed_its_sources(framework, document, user) -> bool:
    """Whether this person changed the record of a source that the draft cites since the last revision."""
    ids = Source.objects.filter(key__in=document.source_keys).values_list("pk", flat=True)
    edits = LogEntry.objects.filter(
        user=user,
        content_type=ContentType.objects.get_for_model(Source),
        object_id__in=[str(pk) for pk in ids],
    )
    if framework.current_revision:
        edits = edits.filter(action_time__gt=framework.current_revision.published_at)
    return edits.exists()


def restorable(revision: Revision) -> tuple[FrameworkDocument, frozenset[str]]:
    """The revision as a draft of today, and the keys of its sources that are retracted now.

    A draft's records of sources are those of the bibliography: what was corrected there since stays corrected.
    """
    document = revision.document
    cited = {citation.source for _path, citation in document.cited()}
    records = tuple(bibliography.records(cited).values())
    document = FrameworkDocument.stored(document.model_dump() | {"sources": records})
    return document, retracted_sources(document)
