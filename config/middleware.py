"""The one header of ours that Django has no setting for."""

POLICY = (
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), "
    "midi=(), payment=(), usb=(), xr-spatial-tracking=()"
)


class PermissionsPolicyMiddleware:
    """Switch off what a page could ask of the device: no page of ours needs it, so no injected script gets it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", POLICY)
        return response
