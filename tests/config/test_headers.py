from pathlib import Path

import pytest
from django.conf import settings as project
from django.test import Client

EXPECTED = {
    "Content-Security-Policy": (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "strict-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains; preload",
}


def a_static_file():
    folder = project.STATICFILES_DIRS[0]
    return next(file.relative_to(folder) for file in sorted(Path(folder).rglob("*.css")))


ANSWERS = {
    "a page": ("/healthz", 200),
    "a file": (f"/static/{a_static_file()}", 200),
    "a redirect": ("/wrong/form", 301),
    "an unknown address": ("/no/such/page/", 404),
    "a refusal": ("/wrong/forbidden/", 403),
    "an unreadable request": ("/?q=%00", 400),
    "a mistake of ours": ("/wrong/broken/", 500),
    "no database": ("/wrong/operational/", 503),
}


class TestEveryAnswer:
    @pytest.mark.django_db
    @pytest.mark.parametrize(("path", "status"), ANSWERS.values(), ids=ANSWERS)
    def test_carries_every_header(self, wrong, path, status):
        response = wrong.get(path, secure=True)
        if response.streaming:
            list(response)  # a file, which is closed when it has been read
        assert response.status_code == status
        assert {name: response.headers.get(name) for name in EXPECTED} == EXPECTED
        assert "camera=()" in response.headers["Permissions-Policy"]

    def test_to_a_foreign_host_too(self, settings):
        response = Client().get("/", secure=True, headers={"host": "evil.example"})
        assert response.status_code == 400
        assert {name: response.headers.get(name) for name in EXPECTED} == EXPECTED

    def test_to_a_form_from_elsewhere_too(self, wrong):
        response = Client(enforce_csrf_checks=True).post("/wrong/form/", secure=True)
        assert response.status_code == 403
        assert {name: response.headers.get(name) for name in EXPECTED} == EXPECTED
