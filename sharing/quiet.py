"""What every answer below a handout's link says, whoever gives it: the address is as good as a key."""


class QuietLinksMiddleware:
    """No cache keeps it, no search engine lists it, no other site learns it: pages, redirects, refusals and errors."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if request.path_info.startswith("/h/"):
            response.headers["Cache-Control"] = "private, no-store"
            response.headers["X-Robots-Tag"] = "noindex"
            if not _has_form(request):
                response.headers["Referrer-Policy"] = "no-referrer"
        return response


def _has_form(request) -> bool:
    """Whether the page bears a token against forgery.

    It has to say of which site it is, as every page of ours does: under no-referrer a browser sends `Origin: null`, and
    what the form sends is refused.
    """
    return "CSRF_COOKIE_NEEDS_UPDATE" in request.META
