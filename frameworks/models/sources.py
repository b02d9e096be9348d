"""The bibliography: sources, what they draw on, where they are cited, and what became of them."""

from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from ..document import Checked, Directness, SourceType, Stance, StudyDesign
from ..identifiers import plain_doi
from ..labels import choices
from .entries import Entry
from .framework import Framework
from .promises import doi, filled, has_come, one_of


class Source(models.Model):
    """A record of the bibliography, in CSL's names."""

    key = models.SlugField(
        _("key"), unique=True, max_length=60, help_text=_("As in a bibliography: feder2014.")
    )
    type = models.CharField(_("type"), max_length=30, choices=choices(SourceType))
    title = models.CharField(_("title"), max_length=300)
    author = models.JSONField(_("authors"), default=list, blank=True, help_text=_("Names as in CSL-JSON."))
    and_others = models.BooleanField(_("and others"), default=False)
    issued = models.CharField(
        _("published"), max_length=10, blank=True, help_text=_("2014, 2014-06 or 2014-06-30.")
    )
    container_title = models.CharField(_("published in"), max_length=300, blank=True)
    volume = models.CharField(_("volume"), max_length=300, blank=True)
    issue = models.CharField(_("issue"), max_length=300, blank=True)
    page = models.CharField(_("pages"), max_length=300, blank=True)
    DOI = models.CharField(_("DOI"), max_length=200, blank=True)
    PMID = models.CharField(_("PMID"), max_length=9, blank=True)
    URL = models.URLField(_("address"), max_length=500, blank=True)
    study_design = models.CharField(
        _("kind of study"), max_length=40, blank=True, choices=choices(StudyDesign)
    )
    sample = models.CharField(_("who was studied"), max_length=300, blank=True)
    study_level = models.PositiveSmallIntegerField(_("study level (OCEBM 2011)"), null=True, blank=True)
    study_level_read_by = models.CharField(_("level read by"), max_length=300, blank=True)
    study_level_read_on = models.DateField(_("level read on"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    verified_on = models.DateField(_("last seen to lead there"), null=True, blank=True)
    draws_on = models.ManyToManyField(
        "self", symmetrical=False, through="DrawsOn", related_name="drawn_on_by", blank=True
    )
    loaded_digest = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ["key"]
        constraints = [
            models.CheckConstraint(
                condition=Q(key__regex=r"^[a-z][a-z0-9-]*$"),
                name="a_source_key_is_small_letters_digits_and_hyphens",
                violation_error_message=_(
                    "Write the key in small letters, digits and hyphens, beginning with a letter, as in feder2014."
                ),
            ),
            filled("title", name="a_source_has_a_title"),
            one_of("type", SourceType, name="a_source_is_of_a_known_type"),
            one_of("study_design", StudyDesign, name="a_study_design_is_a_known_word", or_empty=True),
            models.UniqueConstraint(
                Lower("DOI"),
                condition=~Q(DOI=""),
                name="a_doi_is_of_one_source",
                violation_error_message=_("Another source has this DOI."),
            ),
            models.UniqueConstraint(
                fields=["PMID"],
                condition=~Q(PMID=""),
                name="a_pmid_is_of_one_source",
                violation_error_message=_("Another source has this PMID."),
            ),
            doi("DOI", name="a_doi_has_the_form_of_one"),
            models.CheckConstraint(
                condition=Q(PMID="") | Q(PMID__regex=r"^[1-9][0-9]{0,8}$"),
                name="a_pmid_has_the_form_of_one",
                violation_error_message=_("A PMID is written as its digits alone, as in 24740528."),
            ),
            models.CheckConstraint(
                condition=Q(issued="")
                | Q(issued__regex=r"^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$"),
                name="a_source_is_issued_in_a_year_month_or_day",
            ),
            models.CheckConstraint(
                condition=Q(URL="") | Q(URL__regex=r"^https?://"),
                name="the_address_of_a_source_is_a_web_address",
            ),
            models.CheckConstraint(
                condition=Q(study_level=None, study_level_read_by="", study_level_read_on=None)
                | (
                    Q(study_level__range=(1, 5), study_level_read_on__isnull=False)
                    & ~Q(study_level_read_by="")
                ),
                name="a_study_level_says_who_read_it_and_when",
            ),
        ]

    def __str__(self):
        return f"{self.key}: {self.title}"


class DrawsOn(models.Model):
    """That one source rests on another. A trigger keeps the graph free of circles."""

    from_source = models.ForeignKey(Source, models.CASCADE, related_name="+")
    to_source = models.ForeignKey(Source, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("source drawn on")
        verbose_name_plural = _("sources drawn on")
        constraints = [
            models.UniqueConstraint(
                fields=["from_source", "to_source"], name="a_source_draws_on_another_once"
            ),
        ]

    def __str__(self):
        return f"{self.from_source_id} → {self.to_source_id}"


class Citation(models.Model):
    """A source cited by one claim, or by the framework as a whole."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="citations", verbose_name=_("source"))
    claim = models.ForeignKey(Entry, models.CASCADE, null=True, blank=True, related_name="citations")
    framework = models.ForeignKey(Framework, models.CASCADE, null=True, blank=True, related_name="citations")
    position = models.PositiveIntegerField(_("position"), default=0)
    stance = models.CharField(_("stance"), max_length=20, choices=choices(Stance))
    directness = models.CharField(
        _("directness"), max_length=10, choices=choices(Directness), default=Directness.DIRECT.value
    )
    locator = models.CharField(_("where in the source"), max_length=300, blank=True)
    finding = models.CharField(_("what it found"), max_length=300, blank=True)
    checked = models.CharField(
        _("what checking found"), max_length=20, choices=choices(Checked), default=Checked.NOT_CHECKED.value
    )
    checked_by = models.CharField(_("checked by"), max_length=300, blank=True)
    checked_on = models.DateField(_("checked on"), null=True, blank=True)

    class Meta:
        verbose_name = _("citation")
        verbose_name_plural = _("citations")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(claim__isnull=True) ^ Q(framework__isnull=True),
                name="a_citation_is_of_one_claim_or_of_the_framework",
            ),
            one_of("stance", Stance, name="a_stance_is_a_known_word"),
            one_of("directness", Directness, name="a_directness_is_a_known_word"),
            one_of("checked", Checked, name="what_checking_found_is_a_known_word"),
            models.CheckConstraint(
                condition=Q(checked=Checked.NOT_CHECKED.value, checked_by="", checked_on=None)
                | (~Q(checked=Checked.NOT_CHECKED.value) & ~Q(checked_by="") & Q(checked_on__isnull=False)),
                name="a_check_says_who_and_when",
                violation_error_message=_("A citation that was checked says by whom and when."),
            ),
        ]

    def __str__(self):
        return f"{self.stance}: {self.source_id}"


class UpdateType(models.TextChoices):
    """Crossref's terms."""

    RETRACTION = "retraction", _("Retracted")
    CORRECTION = "correction", _("Corrected")
    EXPRESSION_OF_CONCERN = "expression_of_concern", _("Expression of concern")


class SourceUpdate(models.Model):
    """What became of a source after it appeared. Shown at once, on every revision that cites it."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="updates")
    type = models.CharField(_("type"), max_length=30, choices=UpdateType)
    date = models.DateField(_("date"), validators=[has_come])
    notice_doi = models.CharField(_("DOI of the notice"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("source update")
        verbose_name_plural = _("source updates")
        ordering = ["-date"]
        constraints = [
            models.UniqueConstraint(fields=["source", "type", "date"], name="an_update_is_recorded_once"),
            doi("notice_doi", name="the_doi_of_a_notice_has_the_form_of_one"),
            models.CheckConstraint(
                condition=Q(type__in=UpdateType.values), name="an_update_is_of_a_known_type"
            ),
        ]

    def __str__(self):
        return f"{self.get_type_display()}, {self.date}"

    def save(self, **kwargs):
        """Record it, and count anew what the library says of the frameworks that cite the source."""
        with transaction.atomic():
            super().save(**kwargs)
            self._count_anew()

    def delete(self, **kwargs):
        with transaction.atomic():
            deleted = super().delete(**kwargs)
            self._count_anew()
        return deleted

    def clean(self):
        self.notice_doi = plain_doi(self.notice_doi)

    def _count_anew(self):
        from ..listings import retrace

        retrace([self.source.key])
