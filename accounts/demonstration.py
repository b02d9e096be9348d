"""The accounts that `make run` makes to try every role with. Their password is public, so they work only with DEBUG."""

from django.conf import settings

#: Reserved for examples by RFC 2606: nobody can have an address there.
DOMAIN = "demo.example"
PASSWORD = "try-every-role"  # noqa: S105


def may_enter(email):
    """False for a demonstration account where DEBUG is off, such as in a database that was copied to a server."""
    return settings.DEBUG or not email.endswith(f"@{DOMAIN}")
