"""Readers who tick without a pause, over HTTP, whatever happens to the servers."""

import http.client
import itertools
import re
import threading
import time
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, build_opener

from tests.durability.ledger import Ledger
from tests.durability.servers import HOST, Trouble

STATES = ("done", "open", "not-for-me")


class Browser:
    """A browser and the proxy that ends TLS before a server, in one: so the cookies are those of production."""

    def __init__(self, port: int):
        self.site = f"{HOST}:{port}"
        self.cookies = CookieJar(DefaultCookiePolicy(secure_protocols=("http",)))
        self.opener = build_opener(HTTPCookieProcessor(self.cookies))
        self.headers = {
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": "192.0.2.1",
            "Origin": f"https://{self.site}",
        }
        self.opener.addheaders = list(self.headers.items())

    def send(self, path: str, **fields) -> str:
        """Open the page, fill in its form, send it, and answer where that led."""
        address = f"http://{self.site}{path}"
        with self.opener.open(address, timeout=30) as page:
            unseen = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.read().decode()))
        if "csrfmiddlewaretoken" not in unseen:
            raise Trouble(f"{path} has no form.")
        fields = {**unseen, **fields}
        with self.opener.open(address, urlencode(fields).encode(), timeout=30) as answer:
            return urlsplit(answer.url).path

    def headers_of_a_tick(self) -> dict[str, str]:
        """Those that static/js/checklist.js sends through htmx."""
        cookies = {cookie.name: cookie.value for cookie in self.cookies}
        return {
            **self.headers,
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
            "X-CSRFToken": cookies["__Host-csrftoken"],
            "HX-Request": "true",
        }


class Client(threading.Thread):
    """Ticks its own items in turn until told to stop. After a lost answer it goes on, as a reader would."""

    def __init__(self, checklist: str, items: list[str], browser: Browser, ledger: Ledger):
        super().__init__(daemon=True)
        self.checklist = checklist
        self.items = items
        self.site = browser.site
        self.headers = browser.headers_of_a_tick()
        self.ledger = ledger
        self.connection = None
        self.stopping = threading.Event()

    def run(self):
        for state in itertools.cycle(STATES):
            for item in self.items:
                if self.stopping.is_set():
                    return
                self.tick(item, state)

    def tick(self, item, state):
        if not self._is_connected():
            self.stopping.wait(0.02)
            return
        request = self.ledger.send(item, state)
        body = urlencode({"state": state, "note": request.note})
        try:
            self.connection.request("POST", f"{self.checklist}items/{item}/", body, self.headers)
            answer = self.connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            self.ledger.refuse("connection lost")
            self.connection = None
            return
        if answer.status == 200:
            self.ledger.acknowledge(request)
        else:
            self.ledger.refuse(str(answer.status))
            time.sleep(0.02)

    def _is_connected(self):
        if self.connection is None:
            connection = http.client.HTTPConnection(self.site, timeout=30)
            try:
                connection.connect()
            except OSError:
                return False  # nobody listens, so nothing was sent
            self.connection = connection
        return True
