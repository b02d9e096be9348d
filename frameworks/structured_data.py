"""A framework's page for search engines: JSON-LD in the words of schema.org, nothing that the page does not say."""

from urllib.parse import urljoin

from django.conf import settings
from django.urls import reverse

from .article import Article, CitedSource
from .document import DoneBy, Name, SourceType, Supervision
from .labels import label

_TYPES = {
    SourceType.ARTICLE_JOURNAL: "ScholarlyArticle",
    SourceType.ARTICLE: "ScholarlyArticle",
    SourceType.PAPER_CONFERENCE: "ScholarlyArticle",
    SourceType.ARTICLE_MAGAZINE: "Article",
    SourceType.ARTICLE_NEWSPAPER: "NewsArticle",
    SourceType.BOOK: "Book",
    SourceType.CHAPTER: "Chapter",
    SourceType.DATASET: "Dataset",
    SourceType.POST_WEBLOG: "BlogPosting",
    SourceType.REPORT: "Report",
    SourceType.THESIS: "Thesis",
    SourceType.WEBPAGE: "WebPage",
}


def absolute(path: str) -> str:
    """The whole address of a page of this site."""
    return urljoin(f"{settings.BASE_URL}/", path)


def structured_data(article: Article) -> dict | None:
    """The page in schema.org's words; None for a page that nobody is to find: an older one, a draft, or withdrawn."""
    if article.is_draft or not article.is_current or article.live.withdrawn_on:
        return None
    document, review = article.document, article.live.review
    address = absolute(reverse("frameworks:detail", args=[article.slug]))
    data = {
        "@context": "https://schema.org",
        "@type": "MedicalWebPage",
        "@id": address,
        "url": address,
        "name": document.title,
        "description": article.description,
        "inLanguage": "en-GB",
        "dateModified": article.published_at.date().isoformat(),
        "version": str(article.number),
        "isAccessibleForFree": True,
        "publisher": {"@type": "Organization", "name": "Tracework", "url": absolute("/")},
        "citation": [_work(cited) for cited in article.sources.values() if not cited.retracted],
    }
    if review:
        data["lastReviewed"] = review.reviewed_on.isoformat()
        data["reviewedBy"] = {
            "@type": "Person",
            "name": review.reviewer,
            "description": review.credential,
        }
    if _is_for_readers_alone(article) and not article.live.notices:
        data["mainEntity"] = _how_to(article, address)
    return data


def _is_for_readers_alone(article: Article) -> bool:
    """Whether a search engine may show the steps as something to do: no professional has a part in any.

    While a safety notice stands it shows none: it would go on showing them as they were when it last came by.
    """
    return article.supervision is not Supervision.PROFESSIONAL_REQUIRED and all(
        step.done_by is DoneBy.READER for step in article.document.steps
    )


def _how_to(article: Article, address: str) -> dict:
    return {
        "@type": "HowTo",
        "name": article.document.title,
        "step": [
            {
                "@type": "HowToStep",
                "name": step.entry.title,
                "url": f"{address}#{step.entry.key}",
                # Whoever shows the step alone shows its warnings, too, and those of the whole with the first.
                "text": " ".join([*_warnings(article, step, is_first=n == 0), step.entry.body.plain]),
            }
            for n, step in enumerate(article.steps)
        ],
    }


def _warnings(article: Article, step, *, is_first: bool):
    of_the_whole = article.document.warnings if is_first else ()
    for warning in (*of_the_whole, *(marked.entry for marked in step.warnings)):
        said = " ".join(filter(None, [warning.text.plain, warning.what_to_do.plain]))
        yield f"{label(warning.level)}: {said}"


def _work(cited: CitedSource) -> dict:
    source = cited.source
    work = {
        "@type": _TYPES.get(source.type, "CreativeWork"),
        "name": source.title,
        "author": [_author(name) for name in source.author],
        "datePublished": source.issued,
        "url": cited.link,
        "identifier": source.DOI and f"doi:{source.DOI}",
    }
    if source.container_title:
        work["isPartOf"] = {"@type": "CreativeWork", "name": source.container_title}
    return {name: value for name, value in work.items() if value}


def _author(name: Name) -> dict:
    if name.literal:
        return {"@type": "Organization", "name": name.literal}
    return {"@type": "Person", "name": f"{name.given} {name.family}".strip(), "familyName": name.family}
