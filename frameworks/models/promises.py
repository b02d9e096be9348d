"""Promises that several tables keep, worded once."""

from datetime import date, datetime
from enum import StrEnum

from django.core.exceptions import ValidationError
from django.db.models import CheckConstraint, F, Q
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


def one_of(field: str, words: type[StrEnum], *, name: str, or_empty: bool = False) -> CheckConstraint:
    """The field holds one of the words (or nothing): choices alone only guide forms."""
    values = [word.value for word in words]
    return CheckConstraint(condition=Q(**{f"{field}__in": [*values, ""] if or_empty else values}), name=name)


def filled(field: str, *, name: str) -> CheckConstraint:
    return CheckConstraint(condition=~Q(**{field: ""}), name=name)


def has_come(day: date) -> None:
    """Refuse a day to come for what was done: readers would take it for done. No constraint can ask for the time."""
    if day > timezone.localdate():
        raise ValidationError(
            _("This day has not come yet. Write the day on which it was done."), code="ahead"
        )


def slug(field: str, *, name: str) -> CheckConstraint:
    """The field is of the form `two-words`, as the Document's keys and slugs are."""
    return CheckConstraint(
        condition=Q(**{f"{field}__regex": r"^[a-z0-9]+(-[a-z0-9]+)*$"}),
        name=name,
        violation_error_message=_("Write it in small letters, digits and single hyphens, as in two-words."),
    )


def doi(field: str, *, name: str) -> CheckConstraint:
    """The field is empty or has the form of a DOI."""
    return CheckConstraint(
        condition=Q(**{field: ""}) | Q(**{f"{field}__regex": r"^10\.[0-9]{4,9}/[!-~]+$"}),
        name=name,
        violation_error_message=_("A DOI is written as in 10.1001/example."),
    )


def ended_now(*, since: str, now: datetime | None = None) -> Greatest:
    """The moment to write where something ends now that began at the moment in the field `since`.

    What ends does so after it began, which constraints promise. The clock of the server that ends it may be behind the
    clock of the one that began it, and ending must not fail for that.
    """
    return Greatest(F(since), now or timezone.now())
