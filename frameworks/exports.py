"""A published framework for other programs: as data, and as a file that an editor can load again."""

from collections import defaultdict

from . import citation_formats
from .article import Article
from .citation_formats import Format
from .document import Change
from .models.sources import UpdateType
from .yaml_text import as_yaml


def as_record(article: Article) -> dict:
    """The revision with what is live over it: who reads only the document would miss a notice or a withdrawal."""
    live = article.live
    return {
        "framework": article.slug,
        "revision": article.number,
        "kind": article.kind.value,
        "note": article.note,
        "published_at": article.published_at.isoformat(),
        "withdrawn": live.withdrawn_on
        and {"on": live.withdrawn_on.isoformat(), "reason": live.withdrawn_reason},
        "notices": [
            {"level": notice.level.value, "text": notice.text, "issued_at": notice.issued_at.isoformat()}
            for notice in live.notices
        ],
        "review": live.review
        and {
            "reviewed_on": live.review.reviewed_on.isoformat(),
            "reviewer": live.review.reviewer,
            "credential": live.review.credential,
            "due_on": live.review.due_on.isoformat(),
        },
        "source_updates": [
            {
                "source": update.source,
                "type": update.type.value,
                "date": update.date.isoformat(),
                "notice_doi": update.notice_doi,
            }
            for update in live.updates
        ],
        "help": [
            {"country": group.country, "kind": contact.kind.value, "name": contact.name, "link": contact.link}
            for group in (live.help if article.sensitive else ())
            for contact in group.first + group.more
        ],
        "document": article.document.model_dump(mode="json"),
    }


def as_file(article: Article) -> str:
    """The document as YAML. What is live over it stands on top, as comments."""
    live = article.live
    heading = [
        f"{article.document.title}: Tracework, revision {article.number}, {article.published_at:%Y-%m-%d}"
    ]
    if live.withdrawn_on:
        heading.append(f"WITHDRAWN {live.withdrawn_on}: {live.withdrawn_reason}")
    heading += [
        f"SAFETY NOTICE ({notice.level}), {notice.issued_at:%Y-%m-%d}: {notice.text}"
        for notice in live.notices
    ]
    heading += [f"SOURCE {update.source}: {update.type.label}, {update.date}" for update in live.updates]
    return as_yaml(article.document, change=Change(kind=article.kind, note=article.note), heading=heading)


def as_citations(article: Article, format: Format) -> str:
    """The sources for a reference manager. What became of one since it appeared stands in its note, a withdrawal of
    the framework in the note of each: a record leaves the file that it came in.
    """
    remarks = defaultdict(list)
    for update in article.live.updates:
        notice = f" (doi:{update.notice_doi})" if update.notice_doi else ""
        remarks[update.source].append(f"{_BECAME[update.type]} on {update.date}{notice}.")
    if article.live.withdrawn_on:
        for key in article.sources:
            remarks[key].append(
                f"Cited by “{article.document.title}” of Tracework, WITHDRAWN {article.live.withdrawn_on}: "
                f"{article.live.withdrawn_reason}"
            )
    return citation_formats.write([cited.source for cited in article.sources.values()], format, remarks)


#: In English whatever the reader's language: other programs sort by the first word.
_BECAME = {
    UpdateType.RETRACTION: "Retracted",
    UpdateType.CORRECTION: "Corrected",
    UpdateType.EXPRESSION_OF_CONCERN: "Expression of concern",
}
