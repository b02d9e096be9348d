"""What a web server starts: `granian --interface wsgi config.wsgi:application`, or `make serve`."""

import os

from django.core.wsgi import get_wsgi_application
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

django_application = get_wsgi_application()


def application(environ, start_response):
    """Django, spared the one header that it stumbles over before any middleware of ours could refuse it.

    It looks up the charset that a request declares among all of Python's codecs, and some, such as base64, decode no
    text. Where the charset is not UTF-8, one that nobody knows takes its place; config/errors.py then answers 400.
    """
    if not _is_readable(environ.get("CONTENT_TYPE", "")):
        environ["CONTENT_TYPE"] = "text/plain; charset=unreadable"
    return django_application(environ, start_response)


def _is_readable(content_type):
    try:
        return parse_header_parameters(content_type)[1].get("charset", "utf-8").lower() == "utf-8"
    except ValueError:  # too long, or not a header at all
        return False
