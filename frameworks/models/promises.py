"""Constraints that several tables keep, worded once."""

from enum import StrEnum

from django.db.models import CheckConstraint, Q


def one_of(field: str, words: type[StrEnum], *, name: str, or_empty: bool = False) -> CheckConstraint:
    """The field holds one of the words (or nothing): choices alone only guide forms."""
    values = [word.value for word in words]
    return CheckConstraint(condition=Q(**{f"{field}__in": [*values, ""] if or_empty else values}), name=name)


def filled(field: str, *, name: str) -> CheckConstraint:
    return CheckConstraint(condition=~Q(**{field: ""}), name=name)


def slug(field: str, *, name: str) -> CheckConstraint:
    """The field is of the form `two-words`, as the Document's keys and slugs are."""
    return CheckConstraint(condition=Q(**{f"{field}__regex": r"^[a-z0-9]+(-[a-z0-9]+)*$"}), name=name)


def doi(field: str, *, name: str) -> CheckConstraint:
    """The field is empty or has the form of a DOI."""
    return CheckConstraint(
        condition=Q(**{field: ""}) | Q(**{f"{field}__regex": r"^10\.[0-9]{4,9}/[!-~]+$"}), name=name
    )
