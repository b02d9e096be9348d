"""What was published: revisions that never change, and the library's list of the current ones."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ..document import ChangeKind, FrameworkDocument
from ..labels import choices
from .framework import Category, Framework
from .promises import one_of


class DocumentField(models.JSONField):
    """A FrameworkDocument, kept as JSON."""

    def from_db_value(self, value, expression, connection):
        value = super().from_db_value(value, expression, connection)
        return value if value is None else FrameworkDocument.stored(value)

    def get_db_prep_value(self, value, connection, prepared=False):
        if isinstance(value, FrameworkDocument):
            value = value.model_dump(mode="json")
        return super().get_db_prep_value(value, connection, prepared)

    def get_transform(self, name):
        # Nothing looks inside a stored document by SQL: what is asked for often has a column of its own.
        return models.Field.get_transform(self, name)


class Revision(models.Model):
    """A framework as it was published. A trigger refuses to change or delete it."""

    framework = models.ForeignKey(Framework, models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField(_("number"))
    document = DocumentField()
    kind = models.CharField(_("kind of change"), max_length=10, choices=choices(ChangeKind))
    note = models.CharField(_("note to readers"), max_length=300, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Empty: the starting library, or an account that was erased."),
    )
    published_at = models.DateTimeField(_("published"), auto_now_add=True)
    # What is asked for often stands beside the document, so that nobody has to open it.
    category = models.CharField(max_length=80)
    item_keys = ArrayField(models.CharField(max_length=80), default=list)
    source_keys = ArrayField(models.CharField(max_length=60), default=list)

    class Meta:
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        ordering = ["framework", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["framework", "number"], name="a_number_is_of_one_revision_of_a_framework"
            ),
            # What the framework's key to its current revision leads to.
            models.UniqueConstraint(fields=["id", "framework"], name="a_revision_is_of_one_framework"),
            models.CheckConstraint(condition=Q(number__gte=1), name="revisions_are_numbered_from_one"),
            one_of("kind", ChangeKind, name="a_revision_is_of_a_known_kind"),
        ]
        indexes = [
            GinIndex(fields=["source_keys"], name="revisions_by_source"),
            models.Index(fields=["published_at", "id"], name="revisions_by_date"),
        ]

    def __str__(self):
        return f"{self.framework_id} · {self.number}"

    def get_absolute_url(self):
        return reverse("frameworks:revision", args=[self.framework.slug, self.number])

    @classmethod
    def freeze(
        cls, framework, document: FrameworkDocument, *, number: int, kind: ChangeKind, note="", by=None
    ):
        """The document as a revision of the framework, with the keys that are asked for without it; not saved yet."""
        return cls(
            framework=framework,
            number=number,
            document=document,
            kind=kind.value,
            note=note,
            published_by=by,
            category=document.category,
            item_keys=document.item_keys,
            source_keys=document.source_keys,
        )


class Listing(models.Model):
    """What the library lists, filters and searches: one narrow row a live framework, written by publish."""

    framework = models.OneToOneField(Framework, models.CASCADE, primary_key=True, related_name="listing")
    slug = models.SlugField(unique=True, max_length=80)
    title = models.CharField(max_length=300)
    # The title without case and accents, so that every server and every page sorts it the same way.
    sort_title = models.CharField(max_length=300, db_collation="C")
    tagline = models.CharField(max_length=300, blank=True)
    category = models.ForeignKey(Category, models.PROTECT, related_name="+")
    time_to_result = models.CharField(max_length=20, blank=True)
    supervision = models.CharField(max_length=30)
    certainty = models.CharField(max_length=20, blank=True)
    # Places in the orders “quickest result” and “strongest evidence”, best first.
    time_rank = models.PositiveSmallIntegerField()
    certainty_rank = models.PositiveSmallIntegerField()
    claims = models.PositiveSmallIntegerField()
    traced_claims = models.PositiveSmallIntegerField()
    disputed_claims = models.PositiveSmallIntegerField(db_default=0)
    published_at = models.DateTimeField()
    # The searchable text, for snippets alone; PostgreSQL keeps it out of the row.
    passages = models.TextField(blank=True)
    search = SearchVectorField()

    class Meta:
        verbose_name = _("listing")
        verbose_name_plural = _("listings")
        indexes = [
            GinIndex(fields=["search"], name="listings_by_words"),
            # What names the word that is looked for is found first, however many others mention it.
            GinIndex(
                SearchVector("title", "tagline", config="plain_english"), name="listings_by_title_words"
            ),
            models.Index(fields=["sort_title", "framework"], name="listings_by_title"),
            models.Index(fields=["published_at", "framework"], name="listings_by_date"),
            models.Index(fields=["time_rank", "sort_title", "framework"], name="listings_by_time"),
            models.Index(fields=["certainty_rank", "sort_title", "framework"], name="listings_by_certainty"),
            models.Index(
                fields=["category", "time_to_result", "supervision", "certainty"], name="listings_by_facets"
            ),
        ]

    def __str__(self):
        return self.title


class FacetCount(models.Model):
    """How many listings share these four facets: a trigger counts, so that no request has to."""

    category = models.ForeignKey(Category, models.CASCADE, related_name="+")
    time_to_result = models.CharField(max_length=20, blank=True)
    supervision = models.CharField(max_length=30)
    certainty = models.CharField(max_length=20, blank=True)
    listings = models.IntegerField(default=0)

    class Meta:
        verbose_name = _("facet count")
        verbose_name_plural = _("facet counts")
        constraints = [
            models.UniqueConstraint(
                fields=["category", "time_to_result", "supervision", "certainty"],
                name="each_combination_of_facets_is_counted_once",
            ),
            models.CheckConstraint(condition=Q(listings__gte=0), name="a_count_is_never_below_nothing"),
        ]

    def __str__(self):
        return f"{self.listings}"


class TitleWord(models.Model):
    """A word of a title or tagline, for near misses (`insomina`)."""

    word = models.CharField(max_length=80, primary_key=True)

    class Meta:
        verbose_name = _("title word")
        verbose_name_plural = _("title words")
        indexes = [GinIndex(OpClass("word", name="gin_trgm_ops"), name="title_words_by_likeness")]

    def __str__(self):
        return self.word
