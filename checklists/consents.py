"""The one question before anything of a person is stored for the first time, and taking the answer back."""

from django.db import transaction

from frameworks.models.promises import ended_now

from .models import Checklist, StorageConsent
from .owners import Owner

#: The wording that people agree to now: the name of its template in templates/checklists/consents/. An older wording
#: stays there as long as somebody's consent names it.
VERSION = "2026-11-23"


def standing_consent(owner: Owner) -> StorageConsent | None:
    """The owner's consent to today's wording, unless it was withdrawn."""
    if not owner:
        return None
    return StorageConsent.objects.filter(**owner.fields, version=VERSION, withdrawn_at=None).first()


def latest(owner: Owner) -> StorageConsent | None:
    """The owner's latest consent that was not withdrawn, to whichever wording."""
    return StorageConsent.objects.filter(**owner.fields, withdrawn_at=None).order_by("-given_at").first()


def give(owner: Owner) -> None:
    """Record the consent. Giving it twice is giving it once."""
    StorageConsent.objects.bulk_create(
        [StorageConsent(**owner.fields, version=VERSION)], ignore_conflicts=True
    )


@transaction.atomic
def withdraw(owner: Owner) -> None:
    """Take the consent back, which erases all that was kept under it: every checklist, tick, note and its history.

    Of an account the dates of consent and withdrawal remain, without what was kept; of a guest nothing does.
    """
    Checklist.objects.filter(**owner.fields).erase()
    consents = StorageConsent.objects.filter(**owner.fields)
    if owner.is_guest:
        consents.delete()
    else:
        consents.filter(withdrawn_at=None).update(withdrawn_at=ended_now(since="given_at"))
