"""Every address of the site: each app keeps its own list, machines ask at the two health addresses."""

from django.urls import include, path

from config import errors, health

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error

urlpatterns = [
    path("healthz", health.alive, name="alive"),
    path("readyz", health.ready, name="ready"),
    path("", include("frameworks.urls")),
]
