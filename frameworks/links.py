"""Whether addresses still lead somewhere: each is asked for its headers, politely and within bounds.

An address is whatever somebody typed, and this asks it from inside our network. So only public machines are asked, and
the very address that was judged is the one that is connected to; a redirect is judged anew.
"""

import http.client
import ipaddress
import socket
import ssl
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from io import BufferedReader, RawIOBase
from threading import Lock
from urllib.parse import quote, urljoin, urlsplit

#: An address that leads on more often is going round in circles.
MOST_REDIRECTS = 5
MOST_READ = 64 * 1024
AT_ONCE = 4
_REDIRECTS = {301, 302, 303, 307, 308}
#: Answers that say that this is the wrong moment, so that asking again another way would be impolite.
_LATER = {429, 503}
_GONE = {404, 410}
#: What an address may hold as it is; everything else is written as %20 and the like.
_AS_IT_IS = "!#$%&'()*+,/:;=?@[]~"


class Outcome(StrEnum):
    ANSWERED = "answered"
    #: What was there is not there any more.
    DEAD = "dead"
    #: It refused, was slow or broken: a person has to look.
    UNCLEAR = "unclear"
    #: Its machine was not found, or took no connection; without a network, none does.
    UNREACHED = "unreached"


@dataclass(frozen=True)
class Visit:
    """What became of asking an address. `detail` says it in words: a status, or what went wrong."""

    address: str
    outcome: Outcome
    detail: str


class _Failed(Exception):
    def __init__(self, outcome: Outcome, detail: str):
        super().__init__(detail)
        self.outcome, self.detail = outcome, detail


def is_public(ip: str) -> bool:
    """Whether this is a machine of the open internet: not this one, nor one of a network that it stands in."""
    address = ipaddress.ip_address(ip)
    return address.is_global and not address.is_multicast


@dataclass
class Visitor:
    """Asks addresses: at most four at once, a host one at a time and with a pause after each."""

    user_agent: str
    #: Which machines may be asked, by their IP address.
    may_ask: Callable[[str], bool] = is_public
    timeout: float = 10
    pause: float = 1
    _hosts: dict[str, Lock] = field(default_factory=lambda: defaultdict(Lock), repr=False)
    _free_at: dict[str, float] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)
    _tls: ssl.SSLContext = field(default_factory=ssl.create_default_context, repr=False)

    def visit_all(self, addresses: Iterable[str]) -> list[Visit]:
        with ThreadPoolExecutor(AT_ONCE) as crew:
            return list(crew.map(self.visit, addresses))

    def visit(self, address: str) -> Visit:
        """Ask for the address, and follow where it leads. Never raises."""
        here = address
        try:
            for _ in range(MOST_REDIRECTS + 1):
                status, location = self._ask(here)
                if status not in _REDIRECTS or not location:
                    return _judged(address, here, status)
                here = _followed(here, location)
            return Visit(address, Outcome.UNCLEAR, f"more than {MOST_REDIRECTS} redirects")
        except _Failed as failed:
            # What answered with a redirect was reached, wherever that leads.
            outcome = failed.outcome if here == address else Outcome.UNCLEAR
            return Visit(address, outcome, failed.detail + _leads(address, here))

    def _ask(self, address: str) -> tuple[int, str]:
        """The status of the address and where it redirects to: by HEAD, and by GET where that is refused."""
        try:
            parts = urlsplit(address)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise _Failed(Outcome.DEAD, "is no address") from None
        if parts.scheme not in {"http", "https"} or not host:
            raise _Failed(Outcome.DEAD, "is no address of http or https")
        target = quote(parts.path or "/", safe=_AS_IT_IS)
        if parts.query:
            target += "?" + quote(parts.query, safe=_AS_IT_IS)
        try:
            name = host.encode("idna").decode("ascii") if not host.isascii() else host
        except UnicodeError:
            raise _Failed(Outcome.DEAD, "is no address") from None
        port = port or (443 if parts.scheme == "https" else 80)
        for method in ("HEAD", "GET"):
            with self._turn_at(name):
                status, location = self._request(method, parts.scheme, name, port, target)
            if status < 400 or status in _LATER:
                break
        return status, location

    @contextmanager
    def _turn_at(self, host: str):
        """Wait until nobody else asks this host, and until its pause is over."""
        with self._lock:
            turn = self._hosts[host]
        with turn:
            time.sleep(max(0.0, self._free_at.get(host, 0) - time.monotonic()))
            try:
                yield
            finally:
                self._free_at[host] = time.monotonic() + self.pause

    def _request(self, method, scheme, host, port, target) -> tuple[int, str]:
        until = time.monotonic() + self.timeout
        try:
            with (
                self._connected(host, port, until) as plain,
                (
                    self._tls.wrap_socket(plain, server_hostname=host) if scheme == "https" else plain
                ) as connection,
            ):
                usual = port == (443 if scheme == "https" else 80)
                named = f"[{host}]" if ":" in host else host
                head = {
                    "Host": named if usual else f"{named}:{port}",
                    "User-Agent": self.user_agent,
                    "Accept": "*/*",
                    "Connection": "close",
                }
                lines = [f"{method} {target} HTTP/1.1", *(f"{k}: {v}" for k, v in head.items()), "", ""]
                connection.sendall("\r\n".join(lines).encode("ascii"))
                # The headers say all that is asked; a body is not read.
                response = http.client.HTTPResponse(_Bounded(connection, until), method=method)
                response.begin()
                return response.status, _as_sent(response.getheader("Location", ""))
        except ssl.SSLCertVerificationError as problem:
            raise _Failed(Outcome.UNCLEAR, f"its certificate: {problem.verify_message}") from None
        except TimeoutError:
            raise _Failed(Outcome.UNCLEAR, f"no answer within {self.timeout:g} seconds") from None
        except (OSError, http.client.HTTPException, ValueError) as problem:
            why = str(problem) or type(problem).__name__
            raise _Failed(Outcome.UNCLEAR, f"no answer that can be read: {why}") from None

    def _connected(self, host: str, port: int, until: float) -> socket.socket:
        """A connection to the host, at an address that was judged. There is no second look-up that could differ."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise _Failed(Outcome.UNREACHED, "no such host") from None
        asked = [place for *_, place in found if self.may_ask(place[0])]
        if not asked:
            raise _Failed(Outcome.UNCLEAR, "is not on the public internet, and was not asked")
        for n, place in enumerate(asked, 1):
            left = until - time.monotonic()
            try:
                return socket.create_connection(place[:2], timeout=max(0.01, left))
            except OSError as problem:
                if n == len(asked) or time.monotonic() >= until:
                    raise _Failed(Outcome.UNREACHED, f"no connection: {problem}") from None
        raise AssertionError("unreachable")


def _followed(here: str, location: str) -> str:
    try:
        return urljoin(here, location)
    except ValueError:
        raise _Failed(Outcome.UNCLEAR, f"it leads to “{location}”, which is no address") from None


def _as_sent(header: str) -> str:
    """A header of the answer in the letters that were sent, where http.client made Latin of them."""
    return header.encode("latin-1").decode("utf-8", "replace")


class _Bounded(RawIOBase):
    """What a socket sends, up to a moment and a number of bytes: a slow or endless answer ends."""

    def __init__(self, connection: socket.socket, until: float):
        self._connection, self._until, self._left = connection, until, MOST_READ

    def makefile(self, _mode):  # for HTTPResponse, which takes a socket
        return BufferedReader(self)

    def readable(self):
        return True

    def readinto(self, buffer):
        time_left = self._until - time.monotonic()
        if time_left <= 0:
            raise TimeoutError
        if self._left <= 0:
            raise OSError("its headers do not end")
        self._connection.settimeout(time_left)
        received = self._connection.recv_into(memoryview(buffer)[: self._left])
        self._left -= received
        return received


def _judged(address: str, here: str, status: int) -> Visit:
    leads = _leads(address, here)
    if status in _GONE:
        return Visit(address, Outcome.DEAD, f"answers {status}{leads}")
    if not 200 <= status < 300:
        return Visit(address, Outcome.UNCLEAR, f"answers {status}{leads}")
    if _is_home(here) and not _is_home(address):
        # What many sites do with the address of a page that they have removed.
        return Visit(address, Outcome.DEAD, f"leads to the home page {here}")
    return Visit(address, Outcome.ANSWERED, f"answers {status}{leads}")


def _leads(address: str, here: str) -> str:
    return "" if here == address else f" (it leads to {here})"


def _is_home(address: str) -> bool:
    parts = urlsplit(address)
    return parts.path in {"", "/"} and not parts.query


def without_a_network(visits: Iterable[Visit]) -> bool:
    """Whether no machine at all was reached: that says nothing of the addresses."""
    outcomes = [visit.outcome for visit in visits]
    return bool(outcomes) and all(outcome is Outcome.UNREACHED for outcome in outcomes)
