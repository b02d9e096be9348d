"""A draft as a reader will see it: the Document, through the templates of the published page."""

from django.db.models import F
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from ..article import Article, Contact, Live, Notice, Reviewed, Update, help_by_country
from ..document import ChangeKind, FrameworkDocument, Level
from ..models import Framework, HelpContact, SourceUpdate
from ..models.live import HelpKind
from ..models.sources import UpdateType

_CONTACT = ("country", "kind", "name", "number", "link", "hours", "cost", "checked_on")


def preview(framework: Framework, document: FrameworkDocument) -> Article:
    """What the page would show if this were published now."""
    number = framework.current_revision.number + 1 if framework.current_revision else 1
    return Article(
        slug=framework.slug,
        document=document,
        number=number,
        kind=ChangeKind.EDITORIAL,
        note="",
        published_at=timezone.now(),
        live=_live(framework, document),
        current_number=number,
        is_draft=True,
    )


def as_html(article: Article, *, framed: bool = False) -> SafeString:
    """The article of the published page, rendered without a request: nothing of the editor is on it.

    In a frame all links open in the whole window, as no other page of the site may stand in one; those within the
    article stay in it.
    """
    context = {"article": article, "document": article.document}
    checklist = render_to_string("frameworks/sections/checklist.html", context)
    page = render_to_string("frameworks/article.html", context | {"place_of_checklist": checklist})
    if not framed:
        return page
    # In a text, a quotation mark is escaped: this stands nowhere but in a link.
    return mark_safe(page.replace('href="#', 'target="_self" href="#'))  # noqa: S308 - as safe as it was


def _live(framework, document) -> Live:
    review = framework.reviews.order_by("-reviewed_on", "-pk").first()
    updates = SourceUpdate.objects.filter(source__key__in=document.source_keys).order_by("date", "pk")
    return Live(
        category=framework.category.name,
        withdrawn_on=framework.withdrawn_at and framework.withdrawn_at.date(),
        withdrawn_reason=framework.withdrawn_reason,
        notices=tuple(
            Notice(Level(notice.level), notice.text, notice.issued_at)
            for notice in framework.safety_notices.filter(lifted_at=None).order_by("-issued_at", "-pk")
        ),
        review=review
        and Reviewed(
            review.reviewed_on,
            review.reviewer,
            review.credential,
            review.due_on,
            review.due_on < timezone.localdate(),
        ),
        updates=tuple(
            Update(update.source_key, UpdateType(update.type), update.date, update.notice_doi)
            for update in updates.annotate(source_key=F("source__key"))
        ),
        help=help_by_country(
            Contact(**{**contact, "kind": HelpKind(contact["kind"])})
            for contact in HelpContact.objects.order_by("position", "pk").values(*_CONTACT)
        ),
    )
