"""What a reader keeps: checklists, the state of each item, and every change of it.

None of these stands in the admin: what a person tracks is nobody else's business.
"""

import uuid
from enum import StrEnum

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from frameworks.models import Framework, Revision
from frameworks.models.promises import one_of

LONGEST_NOTE = 1000


class State(StrEnum):
    """The state of an item, as addresses and rows spell it."""

    OPEN = "open"
    DONE = "done"
    #: It leaves the total.
    NOT_FOR_ME = "not-for-me"


def _owned(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(reader__isnull=False, guest=None) | Q(reader=None, guest__isnull=False), name=name
    )


class ChecklistQuerySet(models.QuerySet):
    @transaction.atomic
    def erase(self) -> int:
        """Delete these for good, with their ticks, notes and history. Answers how many there were."""
        # A tick that is under way comes first, and one that comes later finds nothing: in between, its row would keep
        # the checklist from being deleted. In order, so that two who erase never wait for each other.
        ids = list(self.select_for_update().order_by("pk").values_list("pk", flat=True))
        self.model.objects.filter(pk__in=ids).delete()
        return len(ids)


class Checklist(models.Model):
    """One run through a framework's checklist, of a reader or of a guest, on the revision that it was started on.

    It is finished as long as no item in scope is open: that follows from its ticks, and is stored nowhere.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="checklists")
    #: What the signed cookie of a visitor without an account holds.
    guest = models.UUIDField(null=True, db_index=True)
    framework = models.ForeignKey(Framework, models.PROTECT, related_name="+")
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="+")
    #: The items in scope. Totals are over these; copied, so that counting never opens a document.
    item_keys = ArrayField(models.CharField(max_length=80))
    supervision_confirmed_at = models.DateTimeField(null=True)
    notes_on = models.BooleanField(default=True)
    started_at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True)

    objects = ChecklistQuerySet.as_manager()

    class Meta:
        verbose_name = _("checklist")
        verbose_name_plural = _("checklists")
        constraints = [
            _owned("a_checklist_belongs_to_a_reader_or_to_a_guest"),
            models.UniqueConstraint(
                fields=["reader", "framework"],
                condition=Q(archived_at=None),
                name="a_reader_has_one_open_checklist_per_framework",
            ),
            models.UniqueConstraint(
                fields=["guest", "framework"],
                condition=Q(archived_at=None),
                name="a_guest_has_one_open_checklist_per_framework",
            ),
            models.CheckConstraint(condition=Q(item_keys__len__gte=1), name="a_checklist_has_an_item"),
            models.CheckConstraint(
                condition=Q(archived_at=None) | Q(archived_at__gte=F("started_at")),
                name="a_checklist_is_archived_after_it_started",
            ),
        ]

    def __str__(self):
        return f"checklist {self.pk}"

    def get_absolute_url(self):
        return reverse("checklists:detail", args=[self.pk])


class Tick(models.Model):
    """The state of one item, and the reader's note on it. An item without a row is open and has no note."""

    pk = models.CompositePrimaryKey("checklist_id", "item")
    checklist = models.ForeignKey(Checklist, models.CASCADE, related_name="ticks")
    item = models.CharField(max_length=80)
    state = models.CharField(max_length=10, default=State.OPEN.value)
    note = models.CharField(max_length=LONGEST_NOTE, blank=True)
    #: When the state last changed; empty where it never did.
    changed_at = models.DateTimeField(null=True)
    #: When the note last changed; empty where there never was one.
    noted_at = models.DateTimeField(null=True)
    #: Whether a move to another revision reworded the item since it was ticked, and the reader has not answered yet.
    reworded = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("tick")
        verbose_name_plural = _("ticks")
        constraints = [
            one_of("state", State, name="a_tick_is_of_a_known_state"),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("note"), LONGEST_NOTE), name="a_note_is_not_too_long"
            ),
        ]

    def __str__(self):
        return f"{self.item}: {self.state}"


class TickChange(models.Model):
    """A line of a checklist's history, written with the tick in one statement.

    A trigger refuses to change it, but for forgetting an earlier note; it is deleted only with its checklist.
    """

    checklist = models.ForeignKey(Checklist, models.CASCADE, related_name="changes")
    item = models.CharField(max_length=80)
    #: The new state and the new note; empty (NULL) where that did not change.
    state = models.CharField(max_length=10, null=True)  # noqa: DJ001
    note = models.CharField(max_length=LONGEST_NOTE, null=True)  # noqa: DJ001
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("change of a tick")
        verbose_name_plural = _("changes of ticks")
        constraints = [
            models.CheckConstraint(
                # Said twice, as a check that comes to NULL lets the row in.
                condition=Q(state__isnull=False, state__in=[state.value for state in State])
                | Q(state__isnull=True, note__isnull=False),
                name="a_change_is_of_a_known_state_or_of_a_note",
            ),
            models.CheckConstraint(
                condition=Q(note__isnull=True) | LessThanOrEqual(Length("note"), LONGEST_NOTE),
                name="a_note_in_the_history_is_not_too_long",
            ),
        ]
        indexes = [models.Index(fields=["checklist", "-id"], name="changes_latest_first")]

    def __str__(self):
        return f"{self.item}: {self.state}"


class RevisionMove(models.Model):
    """That the reader took a checklist to another revision, and what is needed to go back."""

    checklist = models.ForeignKey(Checklist, models.CASCADE, related_name="moves")
    from_revision = models.ForeignKey(Revision, models.PROTECT, related_name="+")
    to_revision = models.ForeignKey(Revision, models.PROTECT, related_name="+")
    from_item_keys = ArrayField(models.CharField(max_length=80))
    #: The texts of the items that left the scope, by key: what was ticked of them is still shown.
    removed = models.JSONField(default=dict)
    #: The items that this move marked as reworded.
    reworded = ArrayField(models.CharField(max_length=80), default=list)
    moved_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("move to another revision")
        verbose_name_plural = _("moves to other revisions")
        indexes = [models.Index(fields=["checklist", "-id"], name="moves_latest_first")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(from_revision=F("to_revision")), name="a_move_leads_to_another_revision"
            ),
            models.CheckConstraint(
                condition=Q(undone_at=None) | GreaterThanOrEqual(F("undone_at"), F("moved_at")),
                name="a_move_is_undone_after_it_was_made",
            ),
        ]

    def __str__(self):
        return f"{self.from_revision_id} → {self.to_revision_id}"


class StorageConsent(models.Model):
    """That a person agreed to what is kept of them, to which wording, and when. Withdrawing it erases."""

    reader = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    guest = models.UUIDField(null=True)
    #: Which wording: the name of its template.
    version = models.CharField(max_length=20)
    given_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("consent to storage")
        verbose_name_plural = _("consents to storage")
        constraints = [
            _owned("a_consent_is_a_readers_or_a_guests"),
            models.UniqueConstraint(
                fields=["reader", "version"],
                condition=Q(withdrawn_at=None),
                name="a_reader_consents_once_to_a_wording",
            ),
            models.UniqueConstraint(
                fields=["guest", "version"],
                condition=Q(withdrawn_at=None),
                name="a_guest_consents_once_to_a_wording",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | Q(withdrawn_at__gte=F("given_at")),
                name="a_consent_is_withdrawn_after_it_was_given",
            ),
        ]

    def __str__(self):
        return f"{self.version}, {self.given_at:%Y-%m-%d}"
