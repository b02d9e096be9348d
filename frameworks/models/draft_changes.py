"""Who changed a draft, when, and what it said before."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .framework import Framework
from .revisions import DocumentField


class DraftChange(models.Model):
    """One save at the editors' desk.

    Two editors who began at one version are told what each has changed since; and whoever publishes a supervised or
    sensitive framework is none of those who changed it.
    """

    framework = models.ForeignKey(Framework, models.CASCADE, related_name="draft_changes")
    version = models.PositiveIntegerField(_("version that it made"))
    #: None: it made the draft.
    before = DocumentField(null=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    changed_at = models.DateTimeField(_("changed"), default=timezone.now)
    #: The number of the revision that was current then; 0 where none was.
    follows = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("change of a draft")
        verbose_name_plural = _("changes of drafts")
        ordering = ["framework", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["framework", "version"], name="a_version_of_a_draft_is_made_by_one_change"
            ),
        ]

    def __str__(self):
        return f"{self.framework_id} · {self.version}"
