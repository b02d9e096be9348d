"""What the list of frameworks says of each, in one statement."""

from datetime import timedelta

from django.contrib import admin
from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextChoices,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..citing import citing
from ..document import Checked, Stance
from ..models import Citation, Entry, Review, SourceUpdate
from ..models.entries import Kind
from ..models.sources import UpdateType


class Status(TextChoices):
    NEVER_PUBLISHED = "never-published", _("Never published")
    LIVE = "live", _("Live")
    LIVE_WITH_CHANGES = "live-with-changes", _("Live, saved since")
    WITHDRAWN = "withdrawn", _("Withdrawn")


def with_numbers(frameworks: QuerySet) -> QuerySet:
    """Each framework with its status, when its review is due, its claims, and how many have a source."""
    claims = Entry.objects.filter(framework=OuterRef("pk"), kind=Kind.CLAIM)
    retracted = SourceUpdate.objects.filter(source=OuterRef("source"), type=UpdateType.RETRACTION)
    # What bears on the claim, was not found to say something else, and still stands, a podcast too. The verdict of a
    # page counts those apart that only popular sources bear on.
    bearing = Citation.objects.filter(
        ~Q(checked=Checked.DOES_NOT_SAY_IT.value),
        ~Exists(retracted),
        claim=OuterRef("pk"),
        stance__in=[stance.value for stance in (Stance.SUPPORTS, Stance.QUALIFIES, Stance.DISPUTES)],
    )
    latest = Review.objects.filter(framework=OuterRef("pk")).order_by("-reviewed_on", "-pk")
    return frameworks.annotate(
        status=Case(
            When(current_revision=None, then=Value(Status.NEVER_PUBLISHED.value)),
            When(withdrawn_at__isnull=False, then=Value(Status.WITHDRAWN.value)),
            When(
                changed_at__gt=F("current_revision__published_at"), then=Value(Status.LIVE_WITH_CHANGES.value)
            ),
            default=Value(Status.LIVE.value),
            output_field=CharField(),
        ),
        review_due_on=Subquery(latest.values("due_on")[:1]),
        claims=_count(claims),
        sourced=_count(claims.filter(Exists(bearing))),
    )


def _count(rows: QuerySet):
    counted = rows.order_by().values("framework").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


class StatusFilter(admin.SimpleListFilter):
    title = _("status")
    parameter_name = "status"

    def lookups(self, request, model_admin):
        return Status.choices

    def queryset(self, request, queryset):
        return queryset.filter(status=self.value()) if self.value() in Status.values else queryset


class ReviewFilter(admin.SimpleListFilter):
    title = _("review")
    parameter_name = "review"

    def lookups(self, request, model_admin):
        return [("none", _("Never reviewed")), ("overdue", _("Overdue")), ("soon", _("Due within 90 days"))]

    def queryset(self, request, queryset):
        today = timezone.localdate()
        match self.value():
            case "none":
                return queryset.filter(review_due_on=None)
            case "overdue":
                return queryset.filter(review_due_on__lt=today)
            case "soon":
                return queryset.filter(
                    review_due_on__gte=today, review_due_on__lte=today + timedelta(days=90)
                )
        return queryset


class SourcesFilter(admin.SimpleListFilter):
    """Frameworks whose draft or page cites a source of which readers are warned."""

    title = _("sources")
    parameter_name = "sources"

    def lookups(self, request, model_admin):
        return [
            ("doubtful", _("Cites one retracted or under concern")),
            (UpdateType.RETRACTION.value, _("Cites a retracted one")),
            (UpdateType.EXPRESSION_OF_CONCERN.value, _("Cites one under concern")),
            (UpdateType.CORRECTION.value, _("Cites a corrected one")),
        ]

    def queryset(self, request, queryset):
        types = {self.value()} & set(UpdateType.values)
        if self.value() == "doubtful":
            types = {UpdateType.RETRACTION, UpdateType.EXPRESSION_OF_CONCERN}
        if not types:
            return queryset
        keys = SourceUpdate.objects.filter(type__in=types).values_list("source__key", flat=True)
        return queryset.filter(pk__in=[framework.id for framework in citing(set(keys))])
