"""The token in a handout's link: which handout, which generation of its link, and a seal over both.

    base64url(id, 16 bytes · generation, 4 bytes · HMAC-SHA256 of both, cut to 16 bytes) = 48 characters

The database holds nothing that opens a handout: without HANDOUT_KEY nobody makes a token, and with it the clinician's
link can be shown again at any time. 128 bits are what OWASP ASVS 5.0, 7.2.3 asks of a token.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

LENGTH = 48
#: A generation fills four bytes, as PostgreSQL's integer does.
LAST_GENERATION = 2**31 - 1

_SEAL = 16
_PURPOSE = b"sharing.tokens"


def make(id: UUID, generation: int) -> str:
    """The token of this generation of a handout's link, under the present key."""
    named = _named(id, generation)
    return urlsafe_b64encode(named + _seal(settings.HANDOUT_KEY, named)).decode()


def read(token: str) -> tuple[UUID, int] | None:
    """Which handout and generation a token names; None where its seal was made by no key of ours."""
    if len(token) != LENGTH or not token.isascii():
        return None
    try:
        # The decoder drops what is no letter of its alphabet, and two tokens would then say the same.
        raw = urlsafe_b64decode(token) if _is_of_its_alphabet(token) else b""
    except ValueError:
        return None
    named, seal = raw[:-_SEAL], raw[-_SEAL:]
    keys = (settings.HANDOUT_KEY, *settings.HANDOUT_KEY_FALLBACKS)
    # Each key is tried, whichever fits: how long it takes says nothing.
    if not any([hmac.compare_digest(seal, _seal(key, named)) for key in keys]):  # noqa: C419
        return None
    return UUID(bytes=named[:16]), int.from_bytes(named[16:])


def _named(id: UUID, generation: int) -> bytes:
    return id.bytes + generation.to_bytes(4)


def _is_of_its_alphabet(token: str) -> bool:
    return all(sign.isalnum() or sign in "-_" for sign in token)


def _seal(key: str, named: bytes) -> bytes:
    return hmac.digest(_derived(key), named, "sha256")[:_SEAL]


@lru_cache(maxsize=16)
def _derived(key: str) -> bytes:
    # The key may be SECRET_KEY, which other things are made from as well.
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(key.encode())
