"""What can be passed on of a framework: its address, that of one revision, and that of each step."""

from dataclasses import dataclass
from functools import cached_property

from django.urls import reverse
from django.utils.translation import gettext as _

from .article import Article
from .document import Step
from .mail_links import mail_link
from .structured_data import absolute


@dataclass(frozen=True)
class Shared:
    """An address that anyone may pass on."""

    #: What its letter is about.
    subject: str
    path: str
    #: Where its QR code is, as a file.
    qr_path: str
    step: Step | None = None

    @property
    def address(self) -> str:
        return absolute(self.path)

    @property
    def mail_link(self) -> str:
        return mail_link(subject=self.subject, body=f"{self.subject}\n\n{self.address}\n")


@dataclass(frozen=True)
class SharePage:
    article: Article
    #: Whether it was opened for this revision. Then the addresses of the steps name it, too.
    pinned: bool

    @cached_property
    def framework(self) -> Shared:
        names = [self.article.slug]
        return Shared(
            self.article.title_elsewhere,
            reverse("frameworks:detail", args=names),
            reverse("frameworks:share_qr", args=names),
        )

    @cached_property
    def revision(self) -> Shared:
        names = [self.article.slug, self.article.number]
        return Shared(
            self.article.revision_elsewhere,
            reverse("frameworks:revision", args=names),
            reverse("frameworks:share_revision_qr", args=names),
        )

    @property
    def first(self) -> Shared:
        """What it was opened for: the one whose QR code is drawn."""
        return self.revision if self.pinned else self.framework

    @cached_property
    def steps(self) -> list[Shared]:
        return [
            Shared(
                _("%(title)s, step %(number)d: %(step)s")
                % {"title": self.first.subject, "number": number, "step": step.title},
                f"{self.first.path}#{step.key}",
                f"{self.first.qr_path}?step={step.key}",
                step,
            )
            for number, step in enumerate(self.article.document.steps, 1)
        ]

    def find(self, step: str) -> Shared | None:
        """The step of this key, or the whole where it is empty; None where there is no such step."""
        if not step:
            return self.first
        return next((shared for shared in self.steps if shared.step.key == step), None)
