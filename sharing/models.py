"""Handouts: what a clinician agreed with a patient, at a link of its own; and what the patient lets them see of it.

None of these stands in the admin: what a clinician gives to a patient is between the two.
"""

import uuid
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, F, Func, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, Length, TruncDate
from django.db.models.lookups import LessThanOrEqual
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import ClinicianProfile, ClinicianState
from checklists.models import Checklist
from frameworks.article import Article
from frameworks.models import Framework, Revision
from frameworks.models.promises import ended_now
from frameworks.structured_data import absolute

from . import tokens

LONGEST_MESSAGE = 2000
#: How many days a link can be open: a week, a month, three months, a year.
DAYS = (7, 30, 90, 365)
DEFAULT_DAYS = 90
EXPIRES_SOON = timedelta(days=14)
MOST_AN_HOUR = 60
LONGEST_NAME = 80


class TooMany(Exception):
    """This clinician has made as many handouts in the last hour as anyone may."""

    def __init__(self, wait: timedelta):
        super().__init__()
        self.wait = wait


class NothingLeft(Exception):
    """Nothing that was chosen is in the current revision any more."""


class Closed(StrEnum):
    """Why a link that was good opens nothing now."""

    #: Whoever made it has no account here any more, or one that is closed.
    LEFT = "left"
    #: Their verification was withdrawn, or what they have said of themselves since then was refused.
    UNCONFIRMED = "unconfirmed"
    #: They have said something else of themselves, and wait for it to be verified.
    WAITING = "waiting"
    REVOKED = "revoked"
    REPLACED = "replaced"
    EXPIRED = "expired"


def last_day(days: int) -> date:
    """The day so many days from today, in the time zone of whoever is asking."""
    return timezone.localdate() + timedelta(days=days)


def end_of(day: date) -> datetime:
    """The first moment after a day, in the time zone of whoever is asking."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


class Title(Func):
    """A revision's title, without the rest of its document."""

    template = "%(expressions)s ->> 'title'"
    output_field = models.CharField()


class HandoutQuerySet(models.QuerySet):
    def of(self, clinician) -> Self:
        return self.filter(clinician=clinician)

    def made_before(self, id: uuid.UUID) -> Self:
        """Those that follow this one, latest first; none where it is not among these."""
        one = self.filter(pk=id).values("created_at")[:1]
        earlier = Q(created_at__lt=Subquery(one)) | Q(created_at=Subquery(one), pk__gt=id)
        return self.filter(earlier)

    def open(self) -> Self:
        """Those that a patient can read now: of a clinician who is verified, not revoked, not expired."""
        verified = ClinicianProfile.objects.verified().values("user")
        return self.filter(revoked_at=None, expires_at__gt=timezone.now(), clinician__in=verified)

    def with_revisions(self) -> Self:
        """With the slug of the framework, the number and title of the revision, and the number of the current one."""
        return self.annotate(
            slug=F("framework__slug"),
            number=F("revision__number"),
            title=Title(F("revision__document")),
            current_number=F("framework__current_revision__number"),
            withdrawn_at=F("framework__withdrawn_at"),
        )

    def make(self, id, clinician, article: Article, *, steps, items, message, days) -> "Handout":
        """Make a handout pinned to the revision of this article. Asked twice for the same under one id, there is one.

        Where the id is that of another handout, it is made under a new one. Raises TooMany.
        """
        last_on = last_day(days)
        chosen = {
            "step_keys": steps,
            "item_keys": items,
            "message": message,
            "last_on": last_on,
            "expires_at": end_of(last_on),
        }
        revision = {"framework__slug": article.slug, "revision__number": article.number}
        same = self.of(clinician).filter(**revision, **chosen, revoked_at=None)
        if made := same.filter(pk=id).first():
            return made
        now = timezone.now()
        latest = self.of(clinician).filter(created_at__gt=now - timedelta(hours=1)).order_by("-created_at")
        # The next one can be made when the first of as many as may be is an hour old.
        if first := latest.values_list("created_at", flat=True)[MOST_AN_HOUR - 1 : MOST_AN_HOUR].first():
            raise TooMany(first + timedelta(hours=1) - now)
        pinned = Revision.objects.only("pk", "framework_id").get(
            framework__slug=article.slug, number=article.number
        )
        handout = self.model(
            pk=id,
            clinician=clinician,
            framework_id=pinned.framework_id,
            revision=pinned,
            created_at=now,
            **chosen,
        )
        self.bulk_create([handout], ignore_conflicts=True)
        made = same.filter(pk=id).first()
        if made is None:
            handout.pk = uuid.uuid4()
            made = self.bulk_create([handout])[0]
        return made

    def forget_clinician(self) -> int:
        """Close these and keep of each only what its link still has to say: that it is closed, and of what it was."""
        return self.update(
            clinician=None,
            message="",
            step_keys=[],
            item_keys=[],
            opens=0,
            revoked_at=Coalesce(F("revoked_at"), ended_now(since="created_at")),
        )


class Handout(models.Model):
    """Steps and items of one revision that a clinician chose for a patient, with a message, until a day.

    Who the patient is, is known to nobody here. When the clinician leaves, the row stays without anything of theirs,
    so that a printed link still leads to the safety notices of its framework.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinician = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="handouts"
    )
    framework = models.ForeignKey(Framework, models.PROTECT, related_name="+")
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="+")
    message = models.CharField(max_length=LONGEST_MESSAGE, blank=True)
    #: What was chosen, each by its key, also where it is all of them. Warnings are never a matter of choice.
    step_keys = ArrayField(models.CharField(max_length=80))
    item_keys = ArrayField(models.CharField(max_length=80))
    created_at = models.DateTimeField(default=timezone.now)
    #: The last day on which it is open, as it is printed; and the first moment at which it is closed: the end of that
    #: day in the time zone that the clinician had when they chose it.
    last_on = models.DateField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    #: A link is of one generation: the next one kills it.
    generation = models.PositiveIntegerField(default=1)
    #: How often it was opened. By whom is known to nobody.
    opens = models.PositiveIntegerField(default=0)

    objects = HandoutQuerySet.as_manager()

    class Meta:
        verbose_name = _("handout")
        verbose_name_plural = _("handouts")
        ordering = ["-created_at", "pk"]
        indexes = [models.Index(fields=["clinician", "-created_at"], name="handouts_latest_first")]
        constraints = [
            models.CheckConstraint(
                condition=Q(clinician=None) | Q(step_keys__len__gte=1) | Q(item_keys__len__gte=1),
                name="a_handout_has_a_step_or_an_item",
            ),
            models.CheckConstraint(
                condition=Q(clinician__isnull=False)
                | Q(message="", step_keys__len=0, item_keys__len=0, opens=0, revoked_at__isnull=False),
                name="a_handout_without_its_clinician_is_closed_and_empty",
            ),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("message"), LONGEST_MESSAGE),
                name="a_message_is_not_too_long",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="a_handout_expires_after_it_was_made"
            ),
            # Wherever on earth: of the time zones, the first is 14 hours before UTC, the last 12 behind.
            models.CheckConstraint(
                condition=Q(last_on__lte=TruncDate("expires_at", tzinfo=UTC))
                & Q(last_on__gte=TruncDate("expires_at", tzinfo=UTC) - timedelta(days=1)),
                name="a_handout_expires_at_the_end_of_its_last_day",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None) | Q(revoked_at__gte=F("created_at")),
                name="a_handout_is_revoked_after_it_was_made",
            ),
            models.CheckConstraint(
                condition=Q(generation__gte=1), name="generations_of_a_link_are_counted_from_one"
            ),
        ]

    def __str__(self):
        return f"handout {self.pk}"

    def get_absolute_url(self):
        return reverse("sharing:detail", args=[self.pk])

    # Its link

    @property
    def path(self) -> str:
        return reverse("sharing:handout", args=[tokens.make(self.pk, self.generation)])

    @property
    def link(self) -> str:
        """The whole address that the patient opens. As good as a key: it stands in no log and in no database."""
        return absolute(self.path)

    def count_opening(self) -> None:
        Handout.objects.filter(pk=self.pk).update(opens=F("opens") + 1)

    def why_closed(self, generation: int) -> Closed | None:
        """Why a link of this generation opens nothing; None where it is open, as `open()` in SQL says it."""
        why = self.why_nobody
        if why in {Closed.LEFT, Closed.UNCONFIRMED}:
            return why
        if self.revoked_at is not None:
            return Closed.REVOKED
        if generation != self.generation:
            return Closed.REPLACED
        return Closed.EXPIRED if self.is_expired else why

    @property
    def why_nobody(self) -> Closed | None:
        """Why nobody can be named who made it; None where they are verified, as `verified()` in SQL says it."""
        profile = getattr(self.clinician, "clinician", None)
        if profile is None:
            return Closed.LEFT
        if profile.state in {ClinicianState.WITHDRAWN, ClinicianState.REFUSED}:
            return Closed.UNCONFIRMED
        if not self.clinician.is_active:
            return Closed.LEFT
        return None if profile.is_verified else Closed.WAITING

    # How it stands

    @property
    def is_expired(self) -> bool:
        return self.expires_at <= timezone.now()

    @property
    def is_over(self) -> bool:
        return self.revoked_at is not None or self.is_expired

    @property
    def expires_soon(self) -> bool:
        return not self.is_over and self.expires_at - timezone.now() <= EXPIRES_SOON

    # What its clinician does with it. Each is one statement, and twice is once.

    def extend(self, *, days: int) -> bool:
        """Keep it open through the day so many days from today, or as long as it is already. False where revoked."""
        last_on = last_day(days)
        expires_at = end_of(last_on)
        is_earlier = Q(expires_at__lt=expires_at)
        alive = Handout.objects.filter(pk=self.pk, revoked_at=None)
        return bool(
            alive.update(
                last_on=Case(When(is_earlier, then=Value(last_on)), default=F("last_on")),
                expires_at=Case(When(is_earlier, then=Value(expires_at)), default=F("expires_at")),
            )
        )

    def revoke(self) -> None:
        """Close it for good, at once."""
        alive = Handout.objects.filter(pk=self.pk, revoked_at=None)
        alive.update(revoked_at=ended_now(since="created_at"))

    def replace_link(self, *, instead_of: int) -> bool:
        """Give it a new link in place of that of this generation, which dies. False where that is not its link."""
        same = Handout.objects.filter(
            pk=self.pk, revoked_at=None, generation=instead_of, generation__lt=tokens.LAST_GENERATION
        )
        return bool(same.update(generation=F("generation") + 1))

    def renew(self, pinned: Article, current: Article) -> None:
        """Pin it to the current revision. What was left out stays left out, and nothing comes along unasked.

        Where every step and every item had been chosen, every one is. An item goes with its step. Raises NothingLeft.
        """
        there = (*pinned.document.steps, *pinned.document.checklist)
        everything = {entry.key for entry in there} <= {*self.step_keys, *self.item_keys}
        steps = [step.key for step in current.document.steps if everything or step.key in self.step_keys]
        items = [
            item.key
            for item in current.document.checklist
            if (everything or item.key in self.item_keys) and (item.step is None or item.step in steps)
        ]
        if not steps and not items:
            raise NothingLeft
        revision = Revision.objects.filter(framework=self.framework_id, number=current.number)
        Handout.objects.filter(pk=self.pk, revoked_at=None).update(
            revision=revision.values("pk")[:1], step_keys=steps, item_keys=items
        )


class HandoutStart(models.Model):
    """That a checklist came from a handout. Its clinician learns nothing of it, unless the reader consents."""

    checklist = models.OneToOneField(
        Checklist, models.CASCADE, primary_key=True, related_name="handout_start"
    )
    handout = models.ForeignKey(Handout, models.CASCADE, related_name="starts")

    class Meta:
        verbose_name = _("start from a handout")
        verbose_name_plural = _("starts from handouts")

    def __str__(self):
        return f"{self.checklist_id} ← {self.handout_id}"


class ProgressConsentQuerySet(models.QuerySet):
    def standing(self) -> Self:
        """Those that were neither withdrawn nor ended by themselves."""
        return self.filter(withdrawn_at=None, lapsed_at=None)

    def visible_to(self, clinician) -> Self:
        """Those by which this clinician sees something now: theirs, standing, and of a checklist from their handout.

        Also of a reader who can sign in: whoever cannot could not take it back.
        """
        verified = ClinicianProfile.objects.verified().values("user")
        theirs = self.filter(clinician=clinician, checklist__handout_start__handout__clinician=clinician)
        return theirs.standing().filter(clinician__in=verified, checklist__reader__is_active=True)

    def ended_by_joining(self, checklist, clinician) -> Self:
        """Those that end when this checklist is joined with one from a handout of this clinician, or of None.

        By these it is shown to somebody who was never let see what comes in.
        """
        return self.standing().filter(checklist=checklist).exclude(clinician=clinician)

    def lapse(self) -> int:
        """End these without their readers' doing."""
        return self.standing().update(lapsed_at=timezone.now())

    def forget_clinician(self) -> None:
        self.lapse()
        self.update(clinician=None)


class ProgressConsent(models.Model):
    """That a reader lets a clinician see which items of a checklist are done, and since when. Never a note.

    It is the only way in which anybody but the reader sees progress. The reader withdraws it; it lapses when the
    clinician is no longer verified and when the account of either is closed. A trigger sees to that, so that no later
    verification and no reopening brings it back.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    checklist = models.ForeignKey(Checklist, models.CASCADE, related_name="progress_consents")
    clinician = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="progress_consents"
    )
    #: By which the clinician knows the reader: the reader chooses it.
    name = models.CharField(max_length=LONGEST_NAME)
    #: Which wording: the name of its template.
    version = models.CharField(max_length=20)
    granted_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True)
    lapsed_at = models.DateTimeField(null=True)

    objects = ProgressConsentQuerySet.as_manager()

    class Meta:
        verbose_name = _("consent to show progress")
        verbose_name_plural = _("consents to show progress")
        ordering = ["-granted_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["checklist"],
                condition=Q(withdrawn_at=None, lapsed_at=None),
                name="a_checklist_is_shown_to_one_clinician_at_a_time",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="a_reader_has_a_name_for_the_clinician"),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | Q(withdrawn_at__gte=F("granted_at")),
                name="a_consent_to_show_is_withdrawn_after_it_was_given",
            ),
            models.CheckConstraint(
                condition=Q(clinician__isnull=False)
                | Q(withdrawn_at__isnull=False)
                | Q(lapsed_at__isnull=False),
                name="a_consent_without_its_clinician_is_over",
            ),
        ]

    def __str__(self):
        return f"consent {self.pk}"

    def get_absolute_url(self):
        """Where the clinician sees the progress."""
        return reverse("sharing:progress", args=[self.pk])

    @property
    def stands(self) -> bool:
        return self.withdrawn_at is None and self.lapsed_at is None


class ProgressLook(models.Model):
    """That the clinician looked at the progress, and when: nothing of it is shown before this is written."""

    consent = models.ForeignKey(ProgressConsent, models.CASCADE, related_name="looks")
    looked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("look at progress")
        verbose_name_plural = _("looks at progress")
        ordering = ["-looked_at"]
        indexes = [models.Index(fields=["consent", "-looked_at"], name="looks_latest_first")]

    def __str__(self):
        return f"{self.looked_at:%Y-%m-%d %H:%M}"
