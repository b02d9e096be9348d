"""Another request at the same moment, on a connection of its own."""

import time
from threading import Barrier

import pytest
from django.db import connection


def waits_for_a_lock(pid: int) -> None:
    """Come back once this backend waits for another. Fails where it does not within ten seconds."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute("SELECT cardinality(pg_blocking_pids(%s))", [pid])
            if cursor.fetchone()[0]:
                return
    pytest.fail("nobody waited")


class Elsewhere:
    """Another request, on a connection of its own. `result()` ends it."""

    def __init__(self, pool, on_another_connection, do, *args):
        pids, started = [], Barrier(2)

        def run():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                pids.append(cursor.fetchone()[0])
            started.wait(timeout=10)
            return do(*args)

        self.future = pool.submit(on_another_connection(run))
        started.wait(timeout=10)
        self.pid = pids[0]

    def until_it_waits(self):
        waits_for_a_lock(self.pid)
        return self

    def result(self):
        return self.future.result(timeout=20)
