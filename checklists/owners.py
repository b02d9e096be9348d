"""Whose checklists a request may see: of the reader who is signed in, or of the visitor with the guest's cookie."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from django.conf import settings
from django.core.signing import BadSignature
from django.utils.crypto import salted_hmac

#: How long a guest's checklists are kept after the last change.
GUEST_KEPT_FOR = timedelta(days=30)
_SALT = "checklists.guest"


@dataclass(frozen=True)
class Owner:
    """A reader by id, a guest, or nobody yet."""

    reader: int | None = None
    guest: uuid.UUID | None = None

    @classmethod
    def of(cls, request) -> Self:
        """Who asks. Somebody who is signed in is never a guest as well."""
        if request.user.is_authenticated:
            return cls(reader=request.user.pk)
        return cls(guest=guest_of(request))

    @classmethod
    def new_guest(cls) -> Self:
        return cls(guest=uuid.uuid4())

    def __bool__(self):
        return self.reader is not None or self.guest is not None

    @property
    def is_guest(self) -> bool:
        return self.guest is not None

    @property
    def fields(self) -> dict:
        """What a row of theirs has, for the ORM."""
        return {"reader_id": self.reader, "guest": self.guest}

    @property
    def parameters(self) -> dict:
        """For `OWNED` in SQL."""
        return {"reader": self.reader, "guest": self.guest}


#: The condition of SQL that a row of the alias `checklist` is the owner's. Nobody owns nothing: NULL equals nothing.
OWNED = "(checklist.reader_id = %(reader)s OR checklist.guest = %(guest)s)"


def guest_of(request) -> uuid.UUID | None:
    """The guest whose cookie this browser holds; None without one, or where it is not ours or too old."""
    try:
        return uuid.UUID(
            request.get_signed_cookie(settings.GUEST_COOKIE_NAME, salt=_SALT, max_age=GUEST_KEPT_FOR)
        )
    except (KeyError, BadSignature, ValueError):
        return None  # no cookie, or none of ours: then this visitor is nobody yet


def guest_to_be(request) -> uuid.UUID:
    """The guest that a visitor becomes by starting a checklist.

    It follows from the cookie that protects the form, which all tabs of a browser share: two that start at once, before
    either has the guest's cookie, become the same guest. Nobody can tell one from the other without our secret key.
    """
    secret = request.META.get("CSRF_COOKIE")
    if not secret:
        return uuid.uuid4()
    return uuid.UUID(bytes=salted_hmac(_SALT, secret, algorithm="sha256").digest()[:16], version=4)


def remember_guest(response, guest: uuid.UUID) -> None:
    """Let this browser, and no other, find the guest's checklists for another thirty days."""
    response.set_signed_cookie(
        settings.GUEST_COOKIE_NAME,
        str(guest),
        salt=_SALT,
        max_age=GUEST_KEPT_FOR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def forget_guest(response) -> None:
    response.delete_cookie(settings.GUEST_COOKIE_NAME, samesite="Lax")
