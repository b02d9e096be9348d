"""Progress that a reader shows to the clinician of a handout: what is asked before, what is seen, and who looked."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, Max, Prefetch, prefetch_related_objects

from accounts.models import ClinicianProfile
from checklists.models import Checklist, State, Tick
from frameworks.article import Article
from frameworks.document import ChecklistItem, Step
from frameworks.models.promises import ended_now
from frameworks.public_page import find_article

from .models import Closed, Handout, HandoutStart, ProgressConsent, ProgressLook, Title

#: The wording that readers agree to now: the name of its template in templates/sharing/consents/. An older wording
#: stays there as long as somebody's consent names it.
VERSION = "2026-11-24"
#: How many looks a page shows, latest first. All of them are in the file of the reader's data.
LOOKS_SHOWN = 100


class CannotShow(Exception):
    """There is no clinician to show it to: no handout, another one by now, or they are no longer verified."""


# The reader's side


@dataclass(frozen=True)
class Origin:
    """Where a checklist came from, and what the clinician sees of it."""

    handout: UUID
    #: None where they are not verified now: then nobody is named.
    clinician: ClinicianProfile | None
    #: The consent that stands, with `looked` (how often) and `last_look`.
    consent: ProgressConsent | None
    #: Where nobody is named, why.
    why: Closed | None = None


def origin_of(checklist: UUID) -> Origin | None:
    """None where the checklist came from no handout. One statement there, else two."""
    start = (
        HandoutStart.objects.select_related("handout__clinician__clinician")
        .defer("handout__message")
        .filter(checklist=checklist)
        .first()
    )
    if start is None:
        return None
    if why := start.handout.why_nobody:
        return Origin(start.handout_id, None, None, why)
    profile = start.handout.clinician.clinician
    consents = ProgressConsent.objects.filter(checklist=checklist).visible_to(profile.user)
    return Origin(start.handout_id, profile, with_looks(consents).first())


def with_looks(consents):
    return consents.annotate(looked=Count("looks"), last_look=Max("looks__looked_at"))


@transaction.atomic
def grant(checklist: UUID, reader, *, handout: UUID, name: str) -> ProgressConsent:
    """Let the clinician of the handout see the progress. Asked twice, the first consent stands.

    `handout` is the one that the reader was told of. Raises CannotShow.
    """
    # Held, so that the end of the verification finds the consent that is given here.
    profile = (
        ClinicianProfile.objects.verified()
        .select_for_update(of=("self", "user"), no_key=True)
        .select_related("user")
        .filter(
            user__handouts=handout,
            user__handouts__starts__checklist=checklist,
            user__handouts__starts__checklist__reader=reader,
        )
        .first()
    )
    if profile is None:
        raise CannotShow
    consent = ProgressConsent(checklist_id=checklist, clinician=profile.user, name=name, version=VERSION)
    ProgressConsent.objects.bulk_create([consent], ignore_conflicts=True)
    return ProgressConsent.objects.standing().get(checklist=checklist)


def withdraw(consent: UUID, reader) -> ProgressConsent | None:
    """Take it back, at once; twice is once. None where the reader gave no such consent."""
    mine = ProgressConsent.objects.filter(pk=consent, checklist__reader=reader)
    mine.standing().update(withdrawn_at=ended_now(since="granted_at"))
    return mine.first()


def given_by(reader) -> list[ProgressConsent]:
    """All that the reader ever gave, latest first: with its clinician's profile, its title, and who looked.

    What has ended has no other page: it comes with its `latest_looks`.
    """
    given = list(
        with_looks(ProgressConsent.objects.filter(checklist__reader=reader))
        .select_related("clinician__clinician", "checklist")
        .annotate(slug=F("checklist__framework__slug"), title=Title(F("checklist__revision__document")))
    )
    looks = Prefetch("looks", ProgressLook.objects.all()[:LOOKS_SHOWN], to_attr="latest_looks")
    prefetch_related_objects([consent for consent in given if not consent.stands], looks)
    return given


# The clinician's side


def shown_to(clinician, handouts: Iterable[Handout]) -> None:
    """Give each of the clinician's handouts the consents by which something of it is seen, as `shown`."""
    handouts = {handout.pk: handout for handout in handouts}
    for handout in handouts.values():
        handout.shown = []
    consents = ProgressConsent.objects.visible_to(clinician).annotate(
        handout=F("checklist__handout_start__handout")
    )
    for consent in consents.order_by("name", "pk"):
        if consent.handout in handouts:
            handouts[consent.handout].shown.append(consent)


@dataclass(frozen=True)
class Seen:
    """An item as the clinician sees it. What is not done is open, or is not for this reader: that is not told."""

    item: ChecklistItem
    done_on: datetime | None


@dataclass(frozen=True)
class Group:
    step: Step | None
    number: int
    items: tuple[Seen, ...]


@dataclass(frozen=True)
class Progress:
    """What a clinician sees: of each item whether and since when it is done, and nothing else that the reader keeps."""

    consent: ProgressConsent
    started_at: datetime
    archived_at: datetime | None
    article: Article
    groups: tuple[Group, ...]

    @property
    def seen(self) -> list[Seen]:
        return [seen for group in self.groups for seen in group.items]

    @property
    def done(self) -> int:
        return sum(1 for seen in self.seen if seen.done_on)


@transaction.atomic
def look(consent: UUID, clinician) -> Progress | None:
    """Look at the progress, which the reader is told of; None where there is nothing for this clinician to see."""
    found = (
        ProgressConsent.objects.visible_to(clinician)
        .select_for_update(of=("self",))
        .filter(pk=consent)
        .annotate(slug=F("checklist__framework__slug"), number=F("checklist__revision__number"))
        .first()
    )
    if found is None:
        return None
    ProgressLook.objects.create(consent=found)
    checklist = Checklist.objects.only("item_keys", "started_at", "archived_at").get(pk=found.checklist_id)
    # A note is not even read.
    done = dict(
        Tick.objects.filter(checklist=checklist, state=State.DONE.value).values_list("item", "changed_at")
    )
    article = find_article(found.slug, found.number)
    scope = set(checklist.item_keys)
    groups = (
        Group(
            group.step,
            group.number,
            tuple(Seen(item, done.get(item.key)) for item in group.items if item.key in scope),
        )
        for group in article.item_groups
    )
    return Progress(
        found,
        checklist.started_at,
        checklist.archived_at,
        article,
        tuple(group for group in groups if group.items),
    )
