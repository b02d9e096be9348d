"""The draft side: a framework as its editors see it."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ..document import CertaintyLevel, ChangeKind, Supervision, TimeToResult
from ..labels import choices
from .promises import filled, one_of, slug


class Category(models.Model):
    """A shelf of the library."""

    slug = models.SlugField(_("slug"), unique=True, max_length=80)
    name = models.CharField(_("name"), unique=True, max_length=80)
    position = models.PositiveIntegerField(_("position"), default=0)
    loaded_digest = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["position", "name"]
        constraints = [
            filled("name", name="a_category_has_a_name"),
            slug("slug", name="a_category_slug_is_small_letters_digits_and_hyphens"),
        ]

    def __str__(self):
        return self.name


class FrameworkQuerySet(models.QuerySet):
    def published(self):
        return self.filter(current_revision__isnull=False, withdrawn_at=None)


class Framework(models.Model):
    """A protocol's draft, and which of its revisions readers see."""

    slug = models.SlugField(
        _("slug"), unique=True, max_length=80, help_text=_("Fixed when it is first published.")
    )
    title = models.CharField(_("title"), max_length=300, blank=True)
    tagline = models.CharField(_("tagline"), max_length=300, blank=True)
    category = models.ForeignKey(
        Category, models.PROTECT, verbose_name=_("category"), related_name="frameworks"
    )
    time_to_result = models.CharField(
        _("time to result"), max_length=20, blank=True, choices=choices(TimeToResult)
    )
    supervision = models.CharField(_("supervision"), max_length=30, blank=True, choices=choices(Supervision))
    sensitive = models.BooleanField(_("sensitive"), default=False, help_text=_("Shows where to find help."))
    problem = models.TextField(_("problem it solves"), blank=True)
    best_for = models.TextField(_("best for"), blank=True)
    not_ideal_for = models.TextField(_("not ideal for"), blank=True)
    overview = models.TextField(_("overview"), blank=True)
    origin = models.TextField(_("origin"), blank=True)
    certainty = models.CharField(_("certainty"), max_length=20, blank=True, choices=choices(CertaintyLevel))
    certainty_outcome = models.CharField(_("outcome that was judged"), max_length=300, blank=True)
    certainty_judged_by = models.CharField(_("judged by"), max_length=300, blank=True)
    certainty_reason = models.TextField(_("why this certain"), blank=True)
    certainty_grade = models.BooleanField(_("a panel used GRADE"), default=False)
    current_revision = models.ForeignKey(
        "Revision", models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True, editable=False)
    withdrawn_reason = models.TextField(_("why it was withdrawn"), blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)
    loaded_digest = models.CharField(max_length=64, blank=True, editable=False)

    objects = FrameworkQuerySet.as_manager()

    class Meta:
        verbose_name = _("framework")
        verbose_name_plural = _("frameworks")
        ordering = ["title"]
        permissions = [
            ("publish_framework", _("Can publish a framework")),
            ("withdraw_framework", _("Can withdraw a framework")),
        ]
        indexes = [
            models.Index(
                fields=["withdrawn_at", "id"],
                condition=Q(withdrawn_at__isnull=False),
                name="withdrawn_frameworks_by_date",
            )
        ]
        constraints = [
            slug("slug", name="a_slug_is_small_letters_digits_and_hyphens"),
            one_of("time_to_result", TimeToResult, name="a_time_to_result_is_a_known_word", or_empty=True),
            one_of("supervision", Supervision, name="a_supervision_is_a_known_word", or_empty=True),
            one_of("certainty", CertaintyLevel, name="a_certainty_is_a_known_word", or_empty=True),
            models.CheckConstraint(
                condition=Q(
                    certainty="",
                    certainty_outcome="",
                    certainty_judged_by="",
                    certainty_reason="",
                    certainty_grade=False,
                )
                | (
                    ~Q(certainty="")
                    & ~Q(certainty_outcome="")
                    & ~Q(certainty_judged_by="")
                    & ~Q(certainty_reason="")
                ),
                name="a_certainty_says_of_what_by_whom_and_why",
                violation_error_message=_("A certainty needs the outcome, who judged it, and why."),
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_reason="")
                | (Q(withdrawn_at__isnull=False, current_revision__isnull=False) & ~Q(withdrawn_reason="")),
                name="a_withdrawal_is_of_something_published_and_gives_a_reason",
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="a_draft_has_a_version"),
        ]

    def __str__(self):
        return self.title or self.slug

    def get_absolute_url(self):
        return reverse("frameworks:detail", args=[self.slug])

    @property
    def is_published(self) -> bool:
        """Whether readers find it in the library: the counterpart of `FrameworkQuerySet.published`."""
        return self.current_revision_id is not None and self.withdrawn_at is None

    def publish(self, *, by, kind: ChangeKind | str, note: str = ""):
        """Freeze the draft as the next revision and list it; `by` is None for the starting library.

        Raises NotReady, naming what is missing and where, or NothingToPublish; then nothing is saved.
        """
        from ..publishing import publish

        return publish(self, by=by, kind=ChangeKind(kind), note=note)

    def withdraw(self, *, reason: str) -> bool:
        """Take it out of library and search; its address then gives the reason. Raises IntegrityError without one.

        Withdrawing it again changes nothing, and returns False: the first day and reason stand.
        """
        from ..publishing import withdraw

        return withdraw(self, reason=reason)
