"""The entries of a draft: one table, so that the database itself keeps keys unique and steps at home."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Deferrable, Q
from django.utils.translation import gettext_lazy as _

from ..document import RESERVED_KEYS, DoneBy, Level
from ..labels import choices
from .framework import Framework
from .promises import one_of, slug


class Kind(models.TextChoices):
    PRINCIPLE = "principle", _("principle")
    STEP = "step", _("step")
    WARNING = "warning", _("safety warning")
    ITEM = "item", _("checklist item")
    EXAMPLE = "example", _("example")
    MISTAKE = "mistake", _("mistake")
    CLAIM = "claim", _("claim")


#: The texts that an entry of each kind must have, and those that it may have. All others stay empty.
REQUIRED = {
    Kind.PRINCIPLE: ("text",),
    Kind.STEP: ("title", "body", "done_by"),
    Kind.WARNING: ("text", "level"),
    Kind.ITEM: ("text",),
    Kind.EXAMPLE: ("title", "body"),
    Kind.MISTAKE: ("title", "body"),
    Kind.CLAIM: ("text",),
}
OPTIONAL = {
    Kind.STEP: ("tip",),
    Kind.WARNING: ("what_to_do", "step"),
    Kind.ITEM: ("step",),
    Kind.EXAMPLE: ("outcome",),
    Kind.CLAIM: ("about",),
}
_EMPTY = {
    **dict.fromkeys(("title", "text", "body", "tip", "outcome", "done_by", "level", "what_to_do"), ""),
    "step": None,
    "about": [],
}


def _uses_its_own_columns(kind: Kind) -> models.CheckConstraint:
    condition = Q()
    for column, nothing in _EMPTY.items():
        if column in REQUIRED[kind]:
            condition &= ~Q(**{column: nothing})
        elif column not in OPTIONAL.get(kind, ()):
            condition &= Q(**{column: nothing})
    return models.CheckConstraint(
        condition=~Q(kind=kind.value) | condition, name=f"a_{kind.value}_has_what_it_needs_and_no_more"
    )


class Entry(models.Model):
    """A part of a draft that has an anchor on the page. Its key never changes: ticks and links hang on it."""

    framework = models.ForeignKey(Framework, models.CASCADE, related_name="entries")
    kind = models.CharField(max_length=10, choices=Kind, editable=False)
    key = models.SlugField(_("key"), max_length=80)
    position = models.PositiveIntegerField(_("position"))
    step = models.ForeignKey(
        "self",
        # A warning whose step goes becomes a warning about the whole: a danger is never hidden.
        models.SET_NULL,
        null=True,
        blank=True,
        db_constraint=False,  # the database's own key spans framework and kind as well
        related_name="of_step",
        verbose_name=_("step"),
    )
    title = models.CharField(_("title"), max_length=300, blank=True)
    text = models.TextField(_("text"), blank=True)
    body = models.TextField(_("text"), blank=True)
    tip = models.TextField(_("tip"), blank=True)
    outcome = models.TextField(_("outcome"), blank=True)
    done_by = models.CharField(_("who does it"), max_length=30, blank=True, choices=choices(DoneBy))
    level = models.CharField(_("level"), max_length=20, blank=True, choices=choices(Level))
    what_to_do = models.TextField(_("what to do"), blank=True)
    about = ArrayField(models.CharField(max_length=80), verbose_name=_("about"), default=list, blank=True)

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        ordering = ["framework", "kind", "position"]
        constraints = [
            models.UniqueConstraint(fields=["framework", "key"], name="a_key_names_one_entry_of_a_framework"),
            models.UniqueConstraint(
                fields=["framework", "kind", "position"],
                name="no_two_entries_of_a_kind_stand_in_one_place",
                deferrable=Deferrable.DEFERRED,
            ),
            # What the foreign keys that span more than an id lead to.
            models.UniqueConstraint(
                fields=["id", "framework", "kind"], name="an_entry_is_of_one_framework_and_kind"
            ),
            models.UniqueConstraint(fields=["id", "kind"], name="an_entry_is_of_one_kind"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="an_entry_is_of_a_known_kind"),
            slug("key", name="a_key_is_small_letters_digits_and_hyphens"),
            models.CheckConstraint(
                condition=~Q(key__in=sorted(RESERVED_KEYS)), name="a_key_is_no_name_of_a_part_of_the_page"
            ),
            one_of("done_by", DoneBy, name="who_does_a_step_is_a_known_word", or_empty=True),
            one_of("level", Level, name="a_level_is_a_known_word", or_empty=True),
            *(_uses_its_own_columns(kind) for kind in Kind),
        ]

    def __str__(self):
        return self.title or self.text[:80]


class _OfKind(models.Manager):
    def get_queryset(self):
        return super().get_queryset().filter(kind=self.model.KIND)


class _OfOneKind:
    """An entry of one kind, for the places that deal with that kind alone."""

    KIND: Kind

    def save(self, **kwargs):
        self.kind = self.KIND
        super().save(**kwargs)


class Principle(_OfOneKind, Entry):
    KIND = Kind.PRINCIPLE
    objects = _OfKind()

    class Meta:
        proxy = True
        verbose_name = _("principle")
        verbose_name_plural = _("principles")


class Step(_OfOneKind, Entry):
    KIND = Kind.STEP
    objects = _OfKind()

    class Meta:
        proxy = True
        verbose_name = _("step")
        verbose_name_plural = _("steps")


class SafetyWarning(_OfOneKind, Entry):
    KIND = Kind.WARNING
    objects = _OfKind()

    class Meta:
        proxy = True
        verbose_name = _("safety warning")
        verbose_name_plural = _("safety warnings")


class ChecklistItem(_OfOneKind, Entry):
    KIND = Kind.ITEM
    objects = _OfKind()

    class Meta:
        proxy = True
        verbose_name = _("checklist item")
        verbose_name_plural = _("checklist items")


class Example(_OfOneKind, Entry):
    KIND = Kind.EXAMPLE
    objects = _OfKind()

    class Meta:
        proxy = True
        verbose_name = _("example")
        verbose_name_plural = _("examples")


class Mistake(_OfOneKind, Entry):
    KIND = Kind.MISTAKE
    objects = _OfKind()

    class Meta:
        proxy = True
        verbose_name = _("mistake")
        verbose_name_plural = _("mistakes")


class Claim(_OfOneKind, Entry):
    KIND = Kind.CLAIM
    objects = _OfKind()

    class Meta:
        proxy = True
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
