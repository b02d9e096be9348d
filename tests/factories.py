"""Made-up content for tests. Each factory takes what a test is about and fills in the rest."""

import uuid

from allauth.account.models import EmailAddress
from django.utils import timezone

from accounts.models import ClinicianProfile, User
from checklists import consents, runs
from checklists.models import Checklist
from checklists.owners import Owner
from frameworks import bibliography
from frameworks.document import FrameworkDocument, Source
from frameworks.drafts import write_draft
from frameworks.models import Category, Framework
from frameworks.public_page import find_article
from sharing.models import Handout

_BREATHING = {
    "title": "Box breathing",
    "tagline": "Four slow counts, four times",
    "category": "stress",
    "time_to_result": "minutes",
    "supervision": "self-guided",
    "problem": "Worry that keeps you from starting.",
    "best_for": "The minutes before something hard.",
    "overview": "Breathe in, hold, breathe out, hold: four counts each.",
    "origin": "Taught to sailors.",
    "warnings": [
        {"key": "dizzy", "level": "danger", "text": "You may faint.", "what_to_do": "Sit down."},
    ],
    "principles": [{"key": "slow", "text": "A slow breath calms."}],
    "steps": [
        {
            "key": "sit",
            "title": "Sit",
            "body": "Find a chair.",
            "warnings": [{"key": "no-driving", "level": "caution", "text": "Never while driving."}],
        },
        {
            "key": "breathe",
            "title": "Breathe",
            "body": "In, hold, out, hold.",
            "tip": "Count on your fingers.",
        },
    ],
    "checklist": [
        {"key": "chair", "text": "I have a chair", "step": "sit"},
        {"key": "four-rounds", "text": "I did four rounds", "step": "breathe"},
    ],
    "examples": [
        {"key": "trial", "title": "A trial", "body": "Ten people breathed.", "outcome": "Nine felt calmer."}
    ],
    "mistakes": [{"key": "hurry", "title": "Hurrying", "body": "Four counts are four seconds."}],
    "claims": [
        {
            "key": "calms",
            "text": "Slow breathing lowers the pulse.",
            "about": ["breathe", "overview"],
            "citations": [
                {
                    "source": "lee2020",
                    "stance": "supports",
                    "locator": "abstract",
                    "finding": "Lower by five beats.",
                }
            ],
        }
    ],
    "citations": [{"source": "talk2019", "stance": "origin", "locator": "23:34"}],
}


def make_source(key: str, **fields) -> Source:
    """A record for the bibliography; a randomised trial unless told otherwise."""
    return Source(
        **{
            "key": key,
            "type": "article-journal",
            "title": f"The study of {key}",
            "study_design": "randomized-controlled-trial",
            **fields,
        }
    )


_SOURCES = {
    "lee2020": make_source(
        "lee2020",
        title="Slow breathing and the pulse",
        author=[{"family": "Lee", "given": "Ann"}],
        issued="2020-05",
        DOI="10.1234/lee.2020",
    ),
    "talk2019": make_source("talk2019", title="A talk on breath", type="broadcast", study_design=None),
}


def make_document(*, sources=(), **changes) -> FrameworkDocument:
    """A small, complete document that could be published: box breathing, with one claim. `changes` replace fields.

    Where a professional is required, one is there while the reader breathes, unless the changes bring other steps.
    The records of sources that the changes cite and nobody gives are made up.
    """
    fields = {**_BREATHING, **changes}
    if fields["supervision"] == "professional-required" and "steps" not in changes:
        sit, breathe = _BREATHING["steps"]
        fields["steps"] = [sit, {**breathe, "done_by": "reader-with-professional"}]
    dumped = [
        *fields["citations"],
        *(c for claim in fields["claims"] for c in _plain(claim).get("citations", ())),
    ]
    records = {source.key: source for source in sources}
    ahead = [_plain(citation)["source"] for citation in dumped]
    ahead += [beneath for source in sources for beneath in source.draws_on]
    while ahead:
        key = ahead.pop()
        records.setdefault(key, _SOURCES.get(key) or make_source(key))
        ahead += [beneath for beneath in records[key].draws_on if beneath not in records]
    return FrameworkDocument.model_validate({**fields, "sources": tuple(records.values())})


def _plain(part) -> dict:
    return part if isinstance(part, dict) else part.model_dump()


def make_category(slug="stress", *, name=None, **fields) -> Category:
    """The category of this slug, made where it is not there yet."""
    return Category.objects.get_or_create(
        slug=slug, defaults={"name": name or slug.replace("-", " ").capitalize(), **fields}
    )[0]


def make_framework(
    document=None, *, slug="box-breathing", published=False, kind="editorial", note="", by=None, **changes
) -> Framework:
    """A framework with a draft of this document, or of `make_document(**changes)`; published where asked."""
    document = document or make_document(**changes)
    make_category(document.category)
    bibliography.save(document.sources)
    framework = Framework.objects.filter(slug=slug).first() or Framework(slug=slug)
    write_draft(framework, document)
    if published:
        framework.publish(by=by, kind=kind, note=note)
    return framework


PASSWORD = "correct horse battery"

#: What the form sends that starts the checklist of a first revision: the consent, and what was read before it.
AGREED = {"consent": "on", "revision": "1", "wording": consents.VERSION}


def make_user(email="reader@example.com", *, password=PASSWORD, verified=True, **fields) -> User:
    """A person who can sign in, as after sign-up; with `verified=False`, before they have typed the code."""
    user = User.objects.create_user(email, password, **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=verified, primary=True)
    return user


def make_checklist(
    reader=None, guest=None, framework=None, *, supervision_confirmed=False, **changes
) -> Checklist:
    """A checklist on the current revision, of this reader or guest; of a new guest unless told otherwise.

    The framework is the one that there is, or box breathing. `guest` is an Owner or the id of one. `changes` are
    written into the row, as in `item_keys=["chair"]`.
    """
    if reader is not None:
        owner = Owner(reader=reader.pk)
    elif guest is None:
        owner = Owner.new_guest()
    else:
        owner = guest if isinstance(guest, Owner) else Owner(guest=guest)
    framework = framework or Framework.objects.published().first() or make_framework(published=True)
    checklist = runs.start(framework, owner, supervision_confirmed=supervision_confirmed)
    if changes:
        for name, value in changes.items():
            setattr(checklist, name, value)
        checklist.save(update_fields=list(changes))
    return checklist


def make_clinician(email="clinician@example.com", *, verified=True, user=None, **fields) -> User:
    """A person with a clinician's profile, who is verified unless told otherwise. `fields` are those of the profile."""
    user = user or make_user(email)
    ClinicianProfile.objects.create(
        **{
            "user": user,
            "name": "Dr Amara Osei",
            "credential": "Consultant psychiatrist",
            "organisation": "Northfield Trauma Clinic",
            "registration": "GMC 1234567",
            "verified_at": timezone.now() if verified else None,
            **fields,
        }
    )
    return user


def make_handout(clinician=None, framework=None, *, days=90, message="", **changes) -> Handout:
    """A handout of the whole current revision: of box breathing, by a new clinician, unless told otherwise.

    `changes` are written into the row, as in `step_keys=["sit"]`.
    """
    clinician = clinician or make_clinician()
    framework = framework or Framework.objects.published().first() or make_framework(published=True)
    article = find_article(framework.slug)
    handout = Handout.objects.make(
        uuid.uuid4(),
        clinician,
        article,
        steps=[step.key for step in article.document.steps],
        items=article.document.item_keys,
        message=message,
        days=days,
    )
    if "expires_at" in changes:
        changes.setdefault("last_on", changes["expires_at"].date())
    if changes:
        for name, value in changes.items():
            setattr(handout, name, value)
        handout.save(update_fields=list(changes))
    return handout
