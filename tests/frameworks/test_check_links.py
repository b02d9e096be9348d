"""Asking whether addresses still answer: against servers of this machine, never over a network."""

import io
import socket
import ssl
import threading
import time
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.management import call_command

from frameworks import bibliography
from frameworks.links import MOST_REDIRECTS, Outcome, Visitor, is_public
from frameworks.models import HelpContact, Source
from tests.factories import make_framework, make_source

#: Of nobody's: it says localhost, and nothing vouches for it.
SELF_SIGNED = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg7VUdVYUcBK0dgZBr
dhTR0X6aAONUQLmAaMCbmdARL62hRANCAATxE26Mv15PmiVwplxKuDaU9xNtKp2O
QbRXRfo9X3Bv8TH3dj+i3/3wfwNtVsy42hyRMqceV4qbXtvjS7HxQJFN
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBljCCATugAwIBAgIUcyd6ezyhKQ4nvWURjhtw5H1a+uYwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNDAyMTIyMloYDzIxMjYxMDMx
MDIxMjIyWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATxE26Mv15PmiVwplxKuDaU9xNtKp2OQbRXRfo9X3Bv8TH3dj+i3/3w
fwNtVsy42hyRMqceV4qbXtvjS7HxQJFNo2kwZzAdBgNVHQ4EFgQUaN1NlJZGE6y/
6ZRjzC1I+iMu+XkwHwYDVR0jBBgwFoAUaN1NlJZGE6y/6ZRjzC1I+iMu+XkwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SQAwRgIhAONsR3UyThPkJu9duwVcGRlFyhuuxmBciSsxWS1EMzSTAiEA55uIMkJH
TMQ4fWQ9cmN9Iwy2YNAePsivUtRsFqY3PDs=
-----END CERTIFICATE-----
"""


class Site(BaseHTTPRequestHandler):
    """Answers as its address asks: `/status/404`, `/to/<address>`, `/head/405`, `/endless`, `/slow`."""

    def do_GET(self):
        self.answer()

    def do_HEAD(self):
        self.answer()

    def answer(self):
        server = self.server
        with server.lock:
            server.asked.append((self.command, self.path, self.headers.get("User-Agent")))
            server.times.append(time.monotonic())
            server.now += 1
            server.most = max(server.most, server.now)
        try:
            self._answer(self.path)
        except OSError:
            pass  # who asked has gone
        finally:
            with server.lock:
                server.now -= 1

    def _answer(self, path):
        _, what, *rest = path.split("/", 2)
        if what == "to":
            self.send_response(302)
            self.send_header("Location", rest[0])
        elif what == "status":
            self.send_response(int(rest[0]))
        elif what == "head":
            self.send_response(int(rest[0]) if self.command == "HEAD" else 200)
        elif what == "around":
            self.send_response(301)
            self.send_header("Location", f"/around/{int(rest[0]) + 1}")
        elif what == "endless":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for n in range(60):
                self.wfile.write(b"X-%d: " % n + b"x" * 8000 + b"\r\n")
                self.server.sent += 8000
            return
        elif what == "slow":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            while not self.server.stopping.wait(0.05):
                self.wfile.write(b"X: x\r\n")
            return
        elif what == "garbage":
            self.wfile.write(b"\x00\xff not http\r\n\r\n")
            return
        else:
            self.send_response(200)
        self.end_headers()

    def log_message(self, *args):
        pass


@contextmanager
def serving(certificate=None):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads, server.block_on_close = True, False
    server.lock, server.stopping = threading.Lock(), threading.Event()
    server.asked, server.times, server.now, server.most, server.sent = [], [], 0, 0, 0
    server.url = f"http://127.0.0.1:{server.server_port}"
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *args: None
        server.url = f"https://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.stopping.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def site():
    with serving() as server:
        yield server


def visitor(**changes):
    """One that may ask this machine, in no time."""
    return Visitor(**{"user_agent": "Tests", "may_ask": lambda ip: True, "pause": 0, "timeout": 5, **changes})


def outcome(address, **changes):
    visit = visitor(**changes).visit(address)
    return visit.outcome, visit.detail


@pytest.fixture
def closed():
    """An address at which nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    return f"http://127.0.0.1:{port}/paper"


class TestAnAddressThat:
    def test_answers_is_seen(self, site):
        assert outcome(f"{site.url}/paper") == (Outcome.ANSWERED, "answers 200")
        assert site.asked == [("HEAD", "/paper", "Tests")]

    @pytest.mark.parametrize("status", [404, 410])
    def test_is_gone_is_dead(self, site, status):
        assert outcome(f"{site.url}/status/{status}") == (Outcome.DEAD, f"answers {status}")
        assert [method for method, *_ in site.asked] == ["HEAD", "GET"], (
            "asked twice before it is called dead"
        )

    @pytest.mark.parametrize("status", [401, 403, 418, 500, 503])
    def test_refuses_is_not_called_dead(self, site, status):
        assert outcome(f"{site.url}/status/{status}") == (Outcome.UNCLEAR, f"answers {status}")

    @pytest.mark.parametrize("status", [403, 405, 501, 404])
    def test_knows_no_head_is_asked_for_its_page(self, site, status):
        assert outcome(f"{site.url}/head/{status}")[0] is Outcome.ANSWERED
        assert [method for method, *_ in site.asked] == ["HEAD", "GET"]

    @pytest.mark.parametrize("status", [429, 503])
    def test_asks_for_patience_is_left_alone(self, site, status):
        assert outcome(f"{site.url}/status/{status}")[0] is Outcome.UNCLEAR
        assert len(site.asked) == 1

    def test_leads_on_is_followed(self, site):
        assert outcome(f"{site.url}/to//to/{site.url}/paper") == (
            Outcome.ANSWERED,
            f"answers 200 (it leads to {site.url}/paper)",
        )

    def test_leads_to_a_home_page_is_dead(self, site):
        assert outcome(f"{site.url}/to/{site.url}/")[0] is Outcome.DEAD
        assert outcome(f"{site.url}/to/{site.url}/?id=4")[0] is Outcome.ANSWERED
        assert outcome(f"{site.url}/")[0] is Outcome.ANSWERED, "a home page that was cited"

    def test_goes_round_in_circles_is_left(self, site):
        assert outcome(f"{site.url}/around/0") == (Outcome.UNCLEAR, "more than 5 redirects")
        assert len(site.asked) == MOST_REDIRECTS + 1

    @pytest.mark.parametrize(
        "to", ["http://[::1", "http://127.0.0.1:x/", "mailto:a@b.example", "file:///etc/passwd"]
    )
    def test_leads_to_nothing_of_the_web_is_unclear(self, site, to):
        assert outcome(f"{site.url}/to/{to}")[0] is Outcome.UNCLEAR
        assert len(site.asked) == 1

    def test_takes_no_connection_is_not_reached(self, closed):
        assert outcome(closed)[0] is Outcome.UNREACHED

    def test_is_of_no_machine_is_not_reached(self):
        assert outcome("http://nobody.invalid/") == (Outcome.UNREACHED, "no such host")

    def test_leads_to_no_machine_was_reached(self, site, closed):
        found, detail = outcome(f"{site.url}/to/{closed}")
        assert found is Outcome.UNCLEAR
        assert detail.endswith(f"(it leads to {closed})")

    @pytest.mark.parametrize(
        "address",
        [
            "ftp://127.0.0.1/",
            "file:///etc/passwd",
            "http://",
            "http://[::1",
            "http://127.0.0.1:x/",
            "http://a..b/",
        ],
    )
    def test_is_none_of_the_web_is_not_asked(self, address):
        assert outcome(address)[0] in (Outcome.DEAD, Outcome.UNREACHED)

    def test_is_not_written_as_the_wire_wants_it_is_asked_all_the_same(self, site):
        assert outcome(f"{site.url}/Übung und Ruhe?q=é#oben")[0] is Outcome.ANSWERED
        assert site.asked[0][1] == "/%C3%9Cbung%20und%20Ruhe?q=%C3%A9"


class TestAnAnswerThat:
    def test_never_ends_is_read_no_further_than_its_bound(self, site):
        found, detail = outcome(f"{site.url}/endless")
        assert (found, detail) == (Outcome.UNCLEAR, "no answer that can be read: its headers do not end")

    def test_drips_ends_in_time(self, site):
        began = time.monotonic()
        assert outcome(f"{site.url}/slow", timeout=0.3) == (Outcome.UNCLEAR, "no answer within 0.3 seconds")
        assert time.monotonic() - began < 2

    def test_is_no_http_is_unclear(self, site):
        assert outcome(f"{site.url}/garbage")[0] is Outcome.UNCLEAR


class TestACertificate:
    def test_that_nobody_vouches_for_is_not_believed(self, tmp_path):
        (tmp_path / "both.pem").write_text(SELF_SIGNED)
        with serving(certificate=tmp_path / "both.pem") as site:
            found, detail = outcome(f"{site.url}/paper")
            assert found is Outcome.UNCLEAR
            assert detail.startswith("its certificate: ")
            assert site.asked == []


class TestOnlyPublicMachinesAreAsked:
    @pytest.mark.parametrize(
        "ip",
        [
            "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
            "100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1",
            "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        ],
    )  # fmt: skip
    def test_and_these_are_none(self, ip):
        assert not is_public(ip)

    @pytest.mark.parametrize("ip", ["8.8.8.8", "2606:4700::1111"])
    def test_and_these_are(self, ip):
        assert is_public(ip)

    def test_by_default(self, site):
        for host in ("127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1"):
            visit = Visitor(user_agent="Tests", pause=0).visit(f"http://{host}:{site.server_port}/")
            assert visit.outcome is Outcome.UNCLEAR
            assert visit.detail == "is not on the public internet, and was not asked"
        assert site.asked == []

    def test_nor_are_they_asked_where_a_public_one_leads_to_them(self, site):
        def first_alone(ip):
            judged.append(ip)
            return len(judged) == 1

        judged = []
        found, detail = outcome(
            f"{site.url}/to/http://localhost:{site.server_port}/secret", may_ask=first_alone
        )
        assert found is Outcome.UNCLEAR
        assert "was not asked (it leads to" in detail
        assert [path for _, path, _ in site.asked] == [f"/to/http://localhost:{site.server_port}/secret"]

    def test_and_the_one_that_was_judged_is_the_one_that_is_asked(self, site, monkeypatch):
        """A name that means another machine at the second look-up leads nowhere."""
        answers = [["127.0.0.1"], ["203.0.113.9"]]

        def look_up(host, port, *args, **options):
            if host == "rebound.example":
                return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in answers.pop(0)]
            return real(host, port, *args, **options)

        real = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        assert outcome(f"http://rebound.example:{site.server_port}/paper")[0] is Outcome.ANSWERED
        assert len(answers) == 1, "looked up once"


class TestItIsPolite:
    def test_and_asks_a_host_one_thing_at_a_time_with_a_pause(self, site):
        addresses = [f"{site.url}/{n}" for n in range(4)]
        visits = visitor(pause=0.1).visit_all(addresses)
        assert [visit.address for visit in visits] == addresses
        assert site.most == 1
        assert all(later - sooner >= 0.1 for sooner, later in zip(site.times, site.times[1:], strict=False))

    def test_and_does_not_make_another_host_wait(self, site):
        busy = visitor(pause=5)
        began = time.monotonic()
        busy.visit_all([f"{site.url}/a", f"http://localhost:{site.server_port}/b"])
        assert time.monotonic() - began < 2


@pytest.mark.django_db
class TestTheCommand:
    @pytest.fixture(autouse=True)
    def doi_resolver(self, site, monkeypatch):
        """The resolver of DOIs is this machine's: 10.1234/404 answers 404."""
        name = "frameworks.management.commands.check_links.doi_link"
        monkeypatch.setattr(name, lambda doi: f"{site.url}/status/{doi.split('/')[1]}")

    @pytest.fixture
    def check(self):
        def check(**options):
            out = io.StringIO()
            call_command("check_links", stdout=out, stderr=out, visitor=visitor(), **options)
            return out.getvalue()

        return check

    def test_lists_what_is_dead_with_who_cites_it(self, check, site):
        bibliography.save([make_source("lee2020", URL=f"{site.url}/status/410", DOI="10.1234/200")])
        framework = make_framework(
            sources=[make_source("lee2020", URL=f"{site.url}/status/410", DOI="10.1234/200")]
        )
        said = check()
        dead = said[said.index("Dead; nothing was changed for them:") :]
        assert f"source lee2020: {site.url}/status/410 answers 410" in dead
        assert f"cited by {framework.slug}" in dead
        assert "2 addresses: 1 answered, 1 dead, 0 unclear, 0 unreached. 0 sources answered" in said

    def test_lists_help_contacts_by_the_page_that_they_are_from_and_the_one_they_open(
        self, check, site, closed
    ):
        HelpContact.objects.create(
            key="gb-talk",
            kind="talk",
            name="A",
            number="1",
            link="tel:1",
            source_url=f"{site.url}/status/404",
        )
        HelpContact.objects.create(
            key="gb-chat", kind="chat", name="B", number="b", link=f"https{closed[4:]}"
        )
        said = check()
        assert f"help contact gb-talk: {site.url}/status/404 answers 404" in said
        assert "Not reached:\n  help contact gb-chat: https://127.0.0.1" in said

    def test_notes_the_day_for_a_source_all_of_whose_addresses_answered(self, check, site):
        good, half, home = (make_source(key, URL=f"{site.url}{path}") for key, path in [
            ("good", "/paper"), ("half", "/other"), ("home", "/to//")])  # fmt: skip
        bibliography.save(
            [good, half.model_copy(update={"DOI": "10.1234/404"}), home, make_source("nowhere")]
        )
        said = check()
        today = date.today()  # noqa: DTZ011 - the tests' zone is the site's
        assert dict(Source.objects.values_list("key", "verified_on")) == {
            "good": today, "half": None, "home": None, "nowhere": None}  # fmt: skip
        assert "1 sources answered, 1 noted as seen today" in said

    def test_leaves_the_day_of_a_record_that_a_file_keeps(self, check, site):
        bibliography.save([make_source("good", URL=f"{site.url}/paper")])
        Source.objects.update(loaded_digest="a digest")
        assert "1 sources answered, 0 noted" in check()
        assert Source.objects.get().verified_on is None

    def test_changes_nothing_in_a_dry_run(self, check, site):
        bibliography.save([make_source("good", URL=f"{site.url}/paper")])
        said = check(dry_run=True)
        assert "1 would be noted as seen today" in said
        assert "Dry run: nothing was stored." in said
        assert Source.objects.get().verified_on is None

    def test_asks_no_more_than_the_limit(self, check, site):
        bibliography.save([make_source(f"s{n}", URL=f"{site.url}/{n}") for n in range(5)])
        assert "2 addresses: 2 answered" in check(limit=2)
        assert len(site.asked) == 2

    def test_notes_no_source_of_which_it_asked_one_address_of_two(self, site):
        bibliography.save([make_source("good", URL=f"{site.url}/paper", DOI="10.1234/200")])
        call_command("check_links", stdout=io.StringIO(), visitor=visitor(), limit=1)
        assert Source.objects.get().verified_on is None

    def test_asks_an_address_once(self, check, site):
        bibliography.save([make_source(f"s{n}", URL=f"{site.url}/same") for n in range(3)])
        check()
        assert len(site.asked) == 1

    def test_takes_as_many_statements_however_many_sources(self, check, site, django_assert_num_queries):
        bibliography.save(
            [make_source(f"s{n}", URL=f"{site.url}/status/{200 + 204 * (n % 2)}") for n in range(20)]
        )
        with django_assert_num_queries(4):
            check()

    def test_without_a_network_says_so_and_changes_nothing(self, check, closed):
        bibliography.save([make_source("a", URL=closed), make_source("b", URL="http://nobody.invalid/")])
        with pytest.raises(SystemExit) as ended:
            check()
        assert ended.value.code == 1
        assert not Source.objects.exclude(verified_on=None).exists()

    def test_without_a_network_blames_no_address(self, closed):
        bibliography.save([make_source("a", URL=closed)])
        out, err = io.StringIO(), io.StringIO()
        with pytest.raises(SystemExit):
            call_command("check_links", stdout=out, stderr=err, visitor=visitor())
        assert (
            err.getvalue() == "None of 1 addresses could be reached: there is no network. Nothing changed.\n"
        )
        assert out.getvalue() == ""

    def test_one_address_that_answers_is_a_network(self, check, site, closed):
        bibliography.save([make_source("a", URL=closed), make_source("b", URL=f"{site.url}/paper")])
        assert "Not reached:\n  source a" in check()

    def test_has_nothing_to_say_of_an_empty_bibliography(self, check):
        assert check().startswith("0 addresses")

    def test_says_who_asks(self, site, settings):
        settings.ALLOWED_HOSTS = ["*", ".wild.example", "tracework.example"]
        from frameworks.management.commands.check_links import _user_agent

        assert _user_agent() == "Tracework (check of links; https://tracework.example/)"
