"""What keeps a draft from being published: each rule says what is missing, where, and so what to do."""

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext as _

from .document import FrameworkDocument, Supervision
from .evidence import traces


@dataclass(frozen=True)
class Problem:
    """One thing that is missing. `path` leads to its place in the document (`claims[2]`)."""

    rule: str
    path: str
    message: str


def blocking(document: FrameworkDocument, *, retracted: Collection[str], has_help: bool) -> list[Problem]:
    """All that blocks this document; an empty list means that it can be published.

    `retracted` holds the keys of retracted sources, `has_help` says whether there is any help contact to show.
    """
    return [
        *_texts(document),
        *_entries(document),
        *_safety(document, has_help=has_help),
        *_evidence(document, retracted),
    ]


def _texts(document):
    for field, message in {
        "title": _("The title is empty; a reader finds the framework by it."),
        "problem": _("The problem it solves is empty; say what the framework is for."),
        "overview": _("The overview is empty; say what the framework is and how well it is known to work."),
    }.items():
        if not getattr(document, field):
            yield Problem(f"{field}-is-written", field, message)


def _entries(document):
    for part, message in {
        "principles": _("There is no principle; write at least one idea that the steps rest on."),
        "steps": _("There is no step; write at least one thing to do."),
        "checklist": _("There is no checklist item; write at least one thing to tick."),
    }.items():
        if not getattr(document, part):
            yield Problem(f"{part}-has-an-entry", part, message)


def _safety(document, *, has_help):
    if document.supervision is None:
        yield Problem(
            "supervision-is-judged",
            "supervision",
            _("Nobody has judged whether a reader may do this alone; choose a supervision."),
        )
    if document.supervision is Supervision.PROFESSIONAL_REQUIRED and not document.all_warnings():
        yield Problem(
            "supervised-has-a-warning",
            "warnings",
            _("A professional is required, and no warning says why; write what can happen without one."),
        )
    if document.sensitive and not has_help:
        yield Problem(
            "sensitive-has-help",
            "sensitive",
            _("A sensitive framework shows where to find help, and there is no help contact; add one first."),
        )


def _evidence(document, retracted):
    found = traces(document, retracted)
    for n, claim in enumerate(document.claims):
        if found[claim.key].rests_on_retracted:
            yield Problem(
                "no-claim-rests-on-retracted-sources-alone",
                f"claims[{n}]",
                _("“%(claim)s” rests on retracted sources alone; cite one that stands, or remove the claim.")
                % {"claim": claim.text},
            )
