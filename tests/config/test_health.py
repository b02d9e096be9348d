import pytest
from django.db import connection


class TestAlive:
    def test_asks_no_database(self, client):  # without the django_db mark a query would fail the test
        response = client.get("/healthz")
        assert (response.status_code, response.content) == (200, b"alive\n")
        assert response.headers["Content-Type"].startswith("text/plain")
        assert "no-store" in response.headers["Cache-Control"]


class TestReady:
    @pytest.mark.django_db
    def test_asks_the_database_once(self, client, django_assert_num_queries):
        with django_assert_num_queries(1):
            response = client.get("/readyz")
        assert (response.status_code, response.content) == (200, b"ready\n")
        assert response.headers["Content-Type"].startswith("text/plain")
        assert "no-store" in response.headers["Cache-Control"]

    @pytest.mark.django_db
    def test_is_503_on_a_database_that_was_not_migrated(self, client):
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE frameworks_framework RENAME TO elsewhere")
        response = client.get("/readyz")
        assert (response.status_code, response.content) == (503, b"the database was not migrated\n")

    def test_is_503_without_a_database(self, run_python):
        code = """if True:
            import django; django.setup()
            from django.test import Client
            client = Client(headers={"host": "tracework.example"}, raise_request_exception=False)
            for path in ("/healthz", "/readyz"):
                response = client.get(path)
                print(response.status_code, response["Content-Type"], "no-store" in response["Cache-Control"])
        """
        asked = run_python("-c", code)
        assert asked.stdout.splitlines() == ["200 text/plain True", "503 text/plain True"], asked.stderr
