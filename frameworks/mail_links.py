"""Links that open a letter in the person's own mail program. Nothing of it passes through us."""

from urllib.parse import quote, urlencode


def mail_link(*, subject: str, body: str) -> str:
    """A `mailto:` address of a letter that says this; whom to write to is for the person to say."""
    # Spaces as %20: mail programs show a plus sign as it is. Line ends as RFC 6068 has them.
    letter = {"subject": subject, "body": body.replace("\n", "\r\n")}
    return "mailto:?" + urlencode(letter, quote_via=quote)
