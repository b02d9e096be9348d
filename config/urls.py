"""Every address of the site: each app keeps its own list, machines ask at the addresses here."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from accounts import views as accounts
from config import errors, health, machines

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler429 = accounts.too_many_requests
handler500 = errors.server_error

urlpatterns = [
    path("healthz", health.alive, name="alive"),
    path("readyz", health.ready, name="ready"),
    path("robots.txt", machines.robots, name="robots"),
    path("favicon.ico", machines.favicon, name="favicon"),
    path(".well-known/security.txt", machines.security, name="security"),
    path("", include("frameworks.urls")),
    path("", include("checklists.urls")),
    path("", include("sharing.urls")),
    path("account/", include("accounts.urls")),
    # The admin's own forms that take a password know no limits.
    path("admin/login/", accounts.admin_login),
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/", admin.site.urls),
]
