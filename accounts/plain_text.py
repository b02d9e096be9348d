"""What people type into boxes of plain text, in one normal form and with nothing in it that cannot be seen."""

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

#: Some scripts join and part their letters with these; every other unseen character is refused.
_JOINERS = "\u200c\u200d"
#: Letters and a sign to Unicode, and nothing to the eye: the fillers of Hangul, and Braille without a dot.
_BLANKS = "\u115f\u1160\u3164\uffa0\u2800"


def clean(typed: str, *, lines: bool = False) -> str:
    """The text in NFC, without space around it; on one line, unless `lines` are meant.

    Raises ValidationError for a character that nobody sees, such as one that turns the text around: a name that
    patients read stands there as it was checked. What consists of nothing but joiners and marks is empty.
    """
    text = unicodedata.normalize("NFC", typed).replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    text = text.strip() if lines else " ".join(text.split())
    for sign in text:
        if _is_unseen(sign) and not (lines and sign == "\n"):
            raise ValidationError(
                _("This holds the unseen character U+%(code)s. Delete it, or type the text anew."),
                code="unseen_character",
                params={"code": f"{ord(sign):04X}"},
            )
    return text if any(unicodedata.category(sign)[0] not in "CMZ" for sign in text) else ""


def _is_unseen(sign) -> bool:
    unseen = unicodedata.category(sign) in {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
    return sign in _BLANKS or (unseen and sign not in _JOINERS)
