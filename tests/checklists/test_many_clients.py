"""Twenty devices of one reader tick the same checklist at once, over real connections to a server of several processes.

What is stored afterwards is exactly what was acknowledged. MANY_CLIENTS_SECONDS says how long they go on: a few seconds
here, 30 for a proof at leisure.
"""

import os
import random
import re
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection, RemoteDisconnected
from itertools import pairwise
from threading import Barrier
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from checklists.models import State, Tick, TickChange
from checklists.owners import Owner
from checklists.standing import standing
from checklists.ticking import Change, tick
from tests.factories import make_checklist, make_framework, make_user

SECONDS = float(os.environ.get("MANY_CLIENTS_SECONDS", "4"))
CLIENTS = 20
OWN = 3
SHARED = [f"shared-{n}" for n in range(12)]
LONGEST_WAIT = 20

pytestmark = pytest.mark.django_db(transaction=True)


def own_items(number):
    return [f"client-{number}-item-{n}" for n in range(OWN)]


@pytest.fixture
def port(transactional_db):
    """The port of a server as `make serve` starts it, with two workers, on the database of this test."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    connection.ensure_connection()
    info = connection.connection.info
    # As parameters, since the host may be the folder of a socket.
    there = {"host": info.host, "port": info.port, "user": info.user, "password": info.password}
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port)),
            *(
                "--workers",
                "2",
                "--blocking-threads",
                "4",
                "--no-ws",
                "--no-access-log",
                "config.wsgi:application",
            ),
        ],
        cwd=settings.BASE_DIR,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "DATABASE_URL": f"postgresql:///{info.dbname}?{urlencode({k: v for k, v in there.items() if v})}",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(server, port)
        yield port
    finally:
        server.terminate()
        server.wait(LONGEST_WAIT)


def wait_for(server, port):
    end = time.monotonic() + LONGEST_WAIT
    while True:
        assert server.poll() is None, "the server did not start"
        try:
            with closing(HTTPConnection("127.0.0.1", port, timeout=LONGEST_WAIT)) as http:
                http.request("GET", "/readyz")
                assert http.getresponse().status == 200
            return
        except (ConnectionRefusedError, RemoteDisconnected):
            assert time.monotonic() < end, "the server does not answer"
            time.sleep(0.05)  # a port can only be asked


class Device:
    """A browser of the reader. It remembers what the server has acknowledged, in order, and what it has not."""

    def __init__(self, number, port, user, address):
        self.number, self.address = number, address
        self.own = own_items(number)
        self.random = random.Random(number)
        browser = Client()
        browser.force_login(user)
        session = browser.cookies[settings.SESSION_COOKIE_NAME].value
        self.http = HTTPConnection("127.0.0.1", port, timeout=LONGEST_WAIT)
        self.headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}"}
        #: By item, the states and the notes that were acknowledged.
        self.states = {item: [] for item in [*self.own, *SHARED]}
        self.notes = {item: [] for item in [*self.own, *SHARED]}
        self.answers = []

    def open_page(self):
        """Read the page, once: its form grows stale from then on."""
        self.http.request("GET", self.address, headers=self.headers)
        answer = self.http.getresponse()
        page = answer.read().decode()
        self.was = set(re.search(r'name="was" value="([^"]*)"', page)[1].split())
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]*)"', page)[1]
        cookie = re.search(rf"{settings.CSRF_COOKIE_NAME}=[^;]*", answer.headers["Set-Cookie"])[0]
        self.headers["Cookie"] += f"; {cookie}"
        self.headers["X-CSRFToken"] = token
        self.headers["Content-Type"] = "application/x-www-form-urlencoded"

    def tick_until(self, end):
        while time.monotonic() < end:
            self.random.choice(
                [self.tick_one, self.write_a_note, self.save_the_form, self.save_what_is_shared]
            )()

    def tick_one(self):
        item, state = self.random.choice([*self.own, *SHARED[:2]]), self.random.choice(list(State))
        if self.send(f"{self.address}items/{item}/", [("state", state)], {"HX-Request": "true"}):
            self.states[item].append(state)

    def write_a_note(self):
        item = self.random.choice([*self.own, *SHARED[:2]])
        note = f"{self.number}, {len(self.notes[item])}"
        if self.send(f"{self.address}items/{item}/", [("note", note)], {}):
            self.notes[item].append(note)

    def save_the_form(self):
        """The whole form without a script: of all other devices it knows what was stored when the page was opened."""
        mine = {item: self.states[item][-1] if self.states[item] else None for item in self.own}
        done_before = {item for item, state in mine.items() if state is State.DONE}
        flipped = self.random.choice(self.own)
        done_now = done_before ^ {flipped}
        others = self.was - set(self.own)
        fields = [("was", " ".join(others | done_before))]
        fields += [("item", item) for item in others | done_now]
        if self.send(self.address, fields, {}):
            self.states[flipped].append(State.DONE if flipped in done_now else State.OPEN)

    def save_what_is_shared(self):
        """Items that all others change too: locked in no fixed order, two devices would wait for each other."""
        state = self.random.choice([State.DONE, State.OPEN])
        fields = [("item", item) for item in SHARED] if state is State.DONE else [("was", " ".join(SHARED))]
        if self.send(self.address, fields, {}):
            for item in SHARED:
                self.states[item].append(state)

    def send(self, path, fields, headers):
        self.http.request("POST", path, urlencode(fields), {**self.headers, **headers})
        answer = self.http.getresponse()
        answer.read()
        self.answers.append(answer.status)
        return answer.status < 400


@pytest.fixture
def checklist():
    keys = [*SHARED, *(item for number in range(CLIENTS) for item in own_items(number))]
    checklist = make_checklist(
        make_user(),
        framework=make_framework(published=True, checklist=[{"key": key, "text": key} for key in keys]),
    )
    # So that there is something that a stale form could undo.
    owner = Owner(reader=checklist.reader_id)
    tick(checklist.pk, owner, [Change(own_items(number)[0], State.DONE) for number in range(CLIENTS)])
    return checklist


def changed(states, before):
    """The states that a history shows: asking for what is so already is no change."""
    return [new for old, new in pairwise([before, *states]) if new != old]


class TestTwentyDevicesAtOnce:
    def test_leave_exactly_what_was_acknowledged(self, port, checklist, record_property):
        address = checklist.get_absolute_url()
        devices = [Device(number, port, checklist.reader, address) for number in range(CLIENTS)]
        for device in devices:
            device.open_page()
            device.states[device.own[0]].append(State.DONE)
        ready = Barrier(CLIENTS)

        def go_on(device):
            ready.wait(LONGEST_WAIT)
            with closing(device.http):
                device.tick_until(time.monotonic() + SECONDS)

        with ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(go_on, devices))

        answers = [status for device in devices for status in device.answers]
        record_property("acknowledged", len(answers))
        assert {status for status in answers if status not in (200, 303)} == set()
        assert min(len(device.answers) for device in devices) > SECONDS, "each of them had a turn"
        stored = {one.item: one for one in Tick.objects.filter(checklist=checklist)}
        history = list(TickChange.objects.filter(checklist=checklist).order_by("id"))
        for device in devices:
            for item in device.own:
                states, notes = device.states[item], device.notes[item]
                assert self.state_of(stored, item) == (states[-1] if states else State.OPEN)
                assert self.note_of(stored, item) == (notes[-1] if notes else "")
                lines = [one for one in history if one.item == item]
                assert [one.state for one in lines if one.state] == changed(states, State.OPEN)
                assert [one.note for one in lines if one.note is not None] == notes

        # Of a shared item each note is another, so its history names every one that was acknowledged, and no other.
        for item in SHARED:
            lines = [one for one in history if one.item == item]
            notes = [one.note for one in lines if one.note is not None]
            assert sorted(notes) == sorted(note for device in devices for note in device.notes[item])
            for device in devices:
                assert [note for note in notes if note in device.notes[item]] == device.notes[item]
            assert self.note_of(stored, item) == (notes[-1] if notes else "")
            states = [one.state for one in lines if one.state]
            assert changed(states, State.OPEN) == states
            assert self.state_of(stored, item) == states[-1]
            assert states[-1] in {device.states[item][-1] for device in devices if device.states[item]}

        now = standing(checklist.pk, Owner(reader=checklist.reader_id)).totals
        assert now.items == len(SHARED) + CLIENTS * OWN
        assert now.done == sum(one.state == State.DONE for one in stored.values())

    def state_of(self, stored, item):
        return stored[item].state if item in stored else State.OPEN

    def note_of(self, stored, item):
        return stored[item].note if item in stored else ""
