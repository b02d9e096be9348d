"""What shows at once over every revision: notices, reviews, and where to find help."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..document import Level
from ..labels import choices
from .framework import Framework
from .promises import ended_now, filled, has_come, one_of, slug


class SafetyNotice(models.Model):
    """A danger that cannot wait for a revision."""

    framework = models.ForeignKey(Framework, models.CASCADE, related_name="safety_notices")
    level = models.CharField(_("level"), max_length=20, choices=choices(Level), default=Level.DANGER.value)
    text = models.TextField(_("text"))
    issued_at = models.DateTimeField(_("issued"), default=timezone.now)
    lifted_at = models.DateTimeField(_("lifted"), null=True, blank=True)

    class Meta:
        verbose_name = _("safety notice")
        verbose_name_plural = _("safety notices")
        ordering = ["-issued_at"]
        constraints = [
            filled("text", name="a_notice_has_a_text"),
            one_of("level", Level, name="a_notice_is_of_a_known_level"),
            models.CheckConstraint(
                condition=Q(lifted_at=None) | Q(lifted_at__gte=F("issued_at")),
                name="a_notice_is_lifted_after_it_was_issued",
            ),
        ]

    def __str__(self):
        return self.text[:80]

    def lift(self):
        """Stop showing it. Lifting it again changes nothing."""
        standing = SafetyNotice.objects.filter(pk=self.pk, lifted_at=None)
        standing.update(lifted_at=ended_now(since="issued_at"))
        self.refresh_from_db(fields=["lifted_at"])


class Review(models.Model):
    """That someone qualified read the framework. It makes no revision."""

    framework = models.ForeignKey(Framework, models.CASCADE, related_name="reviews")
    reviewed_on = models.DateField(_("reviewed on"), validators=[has_come])
    reviewer = models.CharField(
        _("reviewer"), max_length=200, help_text=_("As printed, with their agreement.")
    )
    credential = models.CharField(_("credential"), max_length=200)
    due_on = models.DateField(_("next review due on"))

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering = ["-reviewed_on", "-id"]
        constraints = [
            filled("reviewer", name="a_review_names_its_reviewer"),
            filled("credential", name="a_reviewer_has_a_credential"),
            models.CheckConstraint(
                condition=Q(due_on__gt=F("reviewed_on")),
                name="the_next_review_comes_after_this_one",
                violation_error_message=_("The next review is due on a day after this one."),
            ),
        ]

    def __str__(self):
        return f"{self.reviewer}, {self.reviewed_on}"


class HelpKind(models.TextChoices):
    EMERGENCY = "emergency", _("Emergency")
    TALK = "talk", _("Talk")
    TEXT = "text", _("Text")
    CHAT = "chat", _("Chat")
    DIRECTORY = "directory", _("Directory")


class HelpContact(models.Model):
    """Where somebody in danger or distress finds help. One table, used wherever it is needed."""

    key = models.SlugField(_("key"), unique=True, max_length=80)
    country = models.CharField(
        _("country"),
        max_length=2,
        blank=True,
        help_text=_("Two letters as in ISO 3166, EU for the European Union, or empty for anywhere."),
    )
    kind = models.CharField(_("kind"), max_length=10, choices=HelpKind)
    name = models.CharField(_("name"), max_length=120)
    number = models.CharField(_("number or address, as shown"), max_length=120)
    link = models.CharField(_("link"), max_length=200, help_text=_("tel:, sms: or https:"))
    hours = models.CharField(_("hours"), max_length=120, blank=True)
    cost = models.CharField(_("cost"), max_length=120, blank=True)
    source_url = models.URLField(_("where we have it from"), max_length=500, blank=True)
    checked_on = models.DateField(_("checked on"), null=True, blank=True, validators=[has_come])
    position = models.PositiveIntegerField(_("position"), default=0)
    loaded_digest = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        verbose_name = _("help contact")
        verbose_name_plural = _("help contacts")
        ordering = ["position", "id"]
        constraints = [
            slug("key", name="a_contact_key_is_small_letters_digits_and_hyphens"),
            filled("name", name="a_help_contact_has_a_name"),
            filled("number", name="a_help_contact_has_a_number"),
            models.CheckConstraint(
                condition=Q(kind__in=HelpKind.values), name="a_help_contact_is_of_a_known_kind"
            ),
            models.CheckConstraint(
                condition=Q(country__regex=r"^([A-Z]{2})?$"),
                name="a_country_is_two_capital_letters",
                violation_error_message=_(
                    "Write the country as two capital letters, as in GB, or leave it empty."
                ),
            ),
            models.CheckConstraint(
                condition=Q(link__regex=r"^(tel:[+0-9]+|sms:[+0-9]+([?][!-~]*)?|https://[!-~]+)$"),
                name="a_help_link_calls_texts_or_opens_a_page",
                violation_error_message=_(
                    "Write the link as tel:+44123, sms:85258 or https://example.org/, without spaces."
                ),
            ),
        ]

    def __str__(self):
        return f"{self.name}: {self.number}"
