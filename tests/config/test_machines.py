"""What machines look for: robots.txt and security.txt."""

from datetime import UTC, datetime, timedelta
from urllib.robotparser import RobotFileParser

import pytest
from django.urls import reverse
from django.utils import timezone

SITE = "https://tracework.example"
SECURITY = "/.well-known/security.txt"


class TestRobotsTxt:
    @pytest.fixture
    def robots(self, client):
        parser = RobotFileParser()
        parser.parse(client.get("/robots.txt").text.splitlines())
        return parser

    @pytest.mark.parametrize(
        "path", ["/", "/?q=sleep", "/frameworks/a/", "/sources/b/", "/help/", "/feed.atom"]
    )
    def test_lets_the_library_be_read(self, robots, path):
        assert robots.can_fetch("anyone", SITE + path)

    @pytest.mark.parametrize(
        ("name", "arguments"),
        [
            ("admin:index", []),
            ("account_login", []),
            ("checklists:index", []),
            ("checklists:start", ["box-breathing"]),
            ("sharing:desk", []),
            ("sharing:new", ["box-breathing"]),
        ],
    )
    def test_keeps_them_out_of_what_is_somebodys_own(self, robots, name, arguments):
        assert not robots.can_fetch("anyone", SITE + reverse(name, args=arguments))

    def test_lets_them_read_that_a_handout_is_not_to_be_listed(self, robots, client):
        path = reverse("sharing:handout", args=["token"])
        assert robots.can_fetch("anyone", SITE + path)

    def test_names_the_sitemap_by_its_whole_address(self, robots, client):
        assert robots.site_maps() == [f"{SITE}/sitemap.xml"]
        assert "localhost" not in client.get("/robots.txt", headers={"host": "localhost"}).text


class TestSecurityTxt:
    @pytest.fixture
    def contact(self, settings):
        settings.SECURITY_CONTACT = ["mailto:security@tracework.example", "https://tracework.example/report"]

    def test_says_whom_to_tell_in_the_order_of_preference(self, client, contact):
        lines = client.get(SECURITY).text.splitlines()
        assert lines[:2] == [
            "Contact: mailto:security@tracework.example",
            "Contact: https://tracework.example/report",
        ]
        assert "Preferred-Languages: en" in lines
        assert f"Canonical: {SITE}{SECURITY}" in lines

    @pytest.mark.parametrize(
        "day", [datetime(2026, 3, 1, 12, tzinfo=UTC), datetime(2027, 12, 31, 23, tzinfo=UTC)]
    )
    def test_expires_once_within_a_year_whenever_it_is_asked(self, client, contact, monkeypatch, day):
        monkeypatch.setattr(timezone, "now", lambda: day)
        lines = client.get(SECURITY).text.splitlines()
        (said,) = [line for line in lines if line.startswith("Expires: ")]
        expires = datetime.strptime(said, "Expires: %Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        assert day + timedelta(days=90) < expires < day + timedelta(days=365)

    def test_is_not_there_where_nobody_is_named(self, client):
        assert client.get(SECURITY).status_code == 404


class TestBoth:
    @pytest.fixture(autouse=True)
    def contact(self, settings):
        settings.SECURITY_CONTACT = ["mailto:security@tracework.example"]

    @pytest.mark.parametrize("address", ["/robots.txt", SECURITY])
    def test_are_plain_text_that_caches_keep_for_a_day(self, client, address):
        answer = client.get(address)  # without the mark of a database: a statement would fail
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert answer.headers["Cache-Control"] == "public, max-age=86400"
        assert not answer.cookies

    @pytest.mark.parametrize("address", ["/robots.txt", SECURITY])
    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
    def test_are_only_read(self, client, address, method):
        assert getattr(client, method)(address).status_code == 405
        assert client.head(address).status_code == 200


def test_the_mark_of_the_site_is_found_where_browsers_look_for_it(client):
    answer = client.get("/favicon.ico")
    assert answer.url == "/static/favicon.svg"
    assert "max-age=86400" in answer.headers["Cache-Control"]


class TestTheSetting:
    CODE = "from config.settings import SECURITY_CONTACT; print(SECURITY_CONTACT)"

    def test_may_name_several_or_nobody(self, run_python):
        both = run_python("-c", self.CODE, SECURITY_CONTACT="mailto:a@b.example,https://b.example/")
        assert both.stdout == "['mailto:a@b.example', 'https://b.example/']\n"
        assert run_python("-c", self.CODE).stdout == "[]\n"

    @pytest.mark.parametrize("value", ["security@b.example", "http://b.example/", "mailto:a@b.example, ,tel"])
    def test_names_each_as_rfc_9116_has_it(self, run_python, value):
        ran = run_python("-c", self.CODE, SECURITY_CONTACT=value)
        assert ran.returncode != 0
        assert "begins with mailto:, https:// or tel:" in ran.stderr
