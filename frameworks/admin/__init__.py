"""What editors and publishers see in the admin: the desk."""

from . import framework, live, sources

__all__ = ["framework", "live", "sources"]
