"""The form of a draft has more fields and more bytes than Django takes; no other form of the site has."""

from urllib.parse import parse_qsl

from django.conf import settings
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

#: 100 steps, 300 items and 200 claims with some citations each stay below.
MOST_FIELDS = 20_000
#: 100 steps of 8,000 letters of two bytes each, which a form writes as six.
MOST_BYTES = 20_000_000
_PATH = "/admin/frameworks/framework/"


class LargeFormsMiddleware:
    """Read the form of a draft before anything else does: Django's limits are those of the whole site.

    For who has no session DATA_UPLOAD_MAX_MEMORY_SIZE holds as everywhere.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if (
            request.method == "POST"
            and request.path_info.startswith(_PATH)
            and request.content_type == "application/x-www-form-urlencoded"
            and request.content_params.get("charset", "utf-8").lower() == "utf-8"
            and _length(request) <= _most(request)
        ):
            request._body = request.read()  # `request.body` knows one limit only
            request.POST = _read(request._body)
            request._files = MultiValueDict()
        return self.get_response(request)


def _most(request) -> int:
    has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
    return MOST_BYTES if has_session else settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def _length(request) -> int:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isdigit() else 0


def _read(body: bytes) -> QueryDict:
    # One of too many fields is left to Django, which refuses it.
    if body.count(b"&") >= MOST_FIELDS:
        return QueryDict(body)
    form = QueryDict(mutable=True)
    for name, value in parse_qsl(body.decode("latin-1"), keep_blank_values=True, encoding="utf-8"):
        form.appendlist(name, value)
    form._mutable = False
    return form
