"""What keeps a draft from being published, and what is advised: each rule says what is missing, where, and why."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .document import DoneBy, FrameworkDocument, Supervision, dotted
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
    if (
        document.supervision is Supervision.PROFESSIONAL_REQUIRED
        and document.steps
        and all(step.done_by is DoneBy.READER for step in document.steps)
    ):
        yield Problem(
            "supervised-has-a-step-with-a-professional",
            "steps[0].done_by",
            _(
                "A professional is required, and the page says that they stay for the steps marked as theirs, while "
                "every step is the reader's alone; say of each who does it."
            ),
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


# Advice: what a careful editor mends, and what may be published all the same


def advice(
    document: FrameworkDocument,
    *,
    retracted: Collection[str],
    updates: Mapping[str, Collection[str]] | None = None,
    review_due_on: date | None,
    today: date,
) -> list[Problem]:
    """All that is advised.

    `updates` says by its key what became of each source: `retraction`, `correction`, `expression_of_concern`.
    `review_due_on` is when the next review is due; None where there was never one.
    """
    return [
        *_about_being_sensitive(document),
        *_about_warnings(document),
        *_about_steps(document),
        *_about_claims(document, retracted),
        *about_sources(document, updates or {}),
        *_about_the_review(review_due_on, today),
    ]


def about_sources(document: FrameworkDocument, updates: Mapping[str, Collection[str]]) -> list[Problem]:
    """What became of the sources that it cites: the gravest of each, where it is cited first."""
    messages = {
        "retraction": _(
            "“%(source)s” was retracted; readers are told so, and it supports nothing. Cite one that stands."
        ),
        "expression_of_concern": _(
            "“%(source)s” is under an expression of concern; read the notice, and see whether the claims still hold."
        ),
        "correction": _(
            "“%(source)s” was corrected; read the correction, and see whether what is cited still stands in it."
        ),
    }
    first: dict[str, str] = {}
    for path, citation in document.cited():
        first.setdefault(citation.source, dotted(path))
    return [
        Problem(f"no-{word.replace('_', '-')}-of-a-cited-source", path, messages[word] % {"source": key})
        for key, path in first.items()
        for word in [word for word in messages if word in updates.get(key, ())][:1]
    ]


#: How words begin that may find a reader in distress: of suicide, self-harm, abuse and trauma.
_DISTRESS = re.compile(r"\b(?:suicid|self[-\s\u2011]?harm|abus|traum)\w*", re.IGNORECASE)


def speaks_of_distress(document: FrameworkDocument) -> str:
    """The first word that may find a reader in distress, as it stands in the document; empty where there is none.

    What a source is called does not count: it is read below what the framework itself says.
    """
    found = _DISTRESS.search(document.model_dump_json(exclude={"sources"}))
    return found[0] if found else ""


def _about_being_sensitive(document):
    if not document.sensitive and (word := speaks_of_distress(document)):
        yield Problem(
            "what-may-distress-is-sensitive",
            "sensitive",
            _(
                "It speaks of “%(word)s” and is not marked as sensitive; mark it, and the page shows where to find "
                "help."
            )
            % {"word": word},
        )


# A warning that says no more than that supervision is needed tells a reader neither what can happen nor to whom. So all
# that such a sentence needs is taken out of it, and it says more if anything is left.

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
#: A professional, or being without one.
_WITH_WHOM = set(
    _WORD.findall("""
    supervision supervised supervise unsupervised oversight alone own professional professionals
    professionally therapist therapists psychotherapist doctor doctors physician physicians clinician
    clinicians psychiatrist psychologist nurse counsellor counselor practitioner provider specialist expert
    """)
)
#: What forbids or requires.
_MUST = set(
    _WORD.findall("""
    not never no only don't doesn't mustn't shouldn't needn't isn't cannot can't must should shall ought need
    needs needed require requires required always ask consult see speak talk
    """)
)
#: What else stands in such a sentence: articles, auxiliaries, what a professional is, what the sentence is about.
_BESIDES = set(
    _WORD.findall("""
    please warning caution important a an the this that it these those be is are been being do does done have
    has had you your yourself anyone any some someone somebody person people who and or at all without with
    within under unless by to of for in on from if until when while before first prior proper properly medical
    medically clinical clinically trained qualified licensed certified registered experienced competent
    suitable appropriate adequate close direct constant mental health care healthcare help guidance guided
    support advice presence present approval attempt attempted try tried use used using take taken taking give
    given perform performed practise practised practice practiced undertake undertaken start started starting
    begin carry carried out conduct conducted framework protocol method exercise practices treatment therapy
    session sessions step
    """)
)
_CLAUSE = re.compile(r"[.,:;!?()–—]+|\s-\s")
#: Words of one stem begin alike: *administer* and *administered*, *integrate* and *integration*.
_STEM = 6


def _only_asks_for_supervision(text: str, about: str) -> bool:
    """Whether a warning says nothing but that. `about` is the title of what it warns of, which it may name."""
    # “may” alone says what can happen.
    plain = re.sub(r"\b(?:can|may) ?(?:only|not|never) be\b", "must not be", text.replace("’", "'").lower())
    own = {word[:_STEM] for word in _WORD.findall(about.replace("’", "'").lower())}
    said: set[str] = set()
    for clause in _CLAUSE.split(plain):
        words = set(_WORD.findall(clause))
        more = words - _WITH_WHOM - _MUST - _BESIDES
        # Named by itself, what the step is about is what can happen: “Never alone: seizures.”
        if more and (not words & (_WITH_WHOM | _MUST) or any(word[:_STEM] not in own for word in more)):
            return False
        said |= words
    return bool(said & _WITH_WHOM and said & _MUST)


def _about_warnings(document):
    for path, entry in document.entries():
        if "warnings" not in path:
            continue
        where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
        if not entry.what_to_do:
            yield Problem(
                "warning-says-what-to-do",
                where,
                _("“%(warning)s” does not say what to do; a danger without a way out only frightens.")
                % {"warning": entry.text.plain},
            )
        step = document.steps[path[1]].title if path[0] == "steps" else ""
        if _only_asks_for_supervision(entry.text.plain, f"{document.title} {step}"):
            yield Problem(
                "warning-says-what-can-happen",
                where,
                _(
                    "“%(warning)s” only repeats that supervision is needed, which the page says already; say what can "
                    "happen, and to whom."
                )
                % {"warning": entry.text.plain},
            )


def _about_steps(document):
    for n, step in enumerate(document.steps):
        if step.done_by is DoneBy.PROFESSIONAL and not step.warnings:
            yield Problem(
                "professional-step-has-a-warning",
                f"steps[{n}]",
                _(
                    "A professional does “%(step)s”, and no warning there says what could go wrong without one."
                )
                % {"step": step.title},
            )


def _about_claims(document, retracted):
    if not document.claims:
        yield Problem(
            "claims-are-listed",
            "claims",
            _("No claim is listed, so nothing is traced to a source; the page tells readers so."),
        )
    found = traces(document, retracted)
    unsourced = [n for n, claim in enumerate(document.claims) if not found[claim.key].sourced]
    unchecked = [
        n
        for n, claim in enumerate(document.claims)
        if found[claim.key].sourced and not found[claim.key].checked
    ]
    if unsourced:
        yield Problem(
            "claims-have-sources",
            f"claims[{unsourced[0]}]",
            ngettext(
                "%(number)d claim has no source; readers cannot tell it from an opinion.",
                "%(number)d claims have no source; readers cannot tell them from opinions.",
                len(unsourced),
            )
            % {"number": len(unsourced)},
        )
    if unchecked:
        yield Problem(
            "claims-are-checked",
            f"claims[{unchecked[0]}]",
            ngettext(
                "%(number)d claim cites a source that nobody has opened to see whether it says so.",
                "%(number)d claims cite sources that nobody has opened to see whether they say so.",
                len(unchecked),
            )
            % {"number": len(unchecked)},
        )


def _about_the_review(due_on, today):
    if due_on is None:
        yield Problem("is-reviewed", "", _("No clinician has reviewed it; the page tells readers so."))
    elif due_on < today:
        yield Problem(
            "review-is-not-overdue", "", _("Its review is overdue; what is known may have changed since.")
        )
