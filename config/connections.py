"""What the pool of database connections needs from us: a check that is free, and an end."""

import atexit
import select
import sys


def check(connection):
    """Raise an error if the server has closed this idle connection; the pool then takes or opens another.

    A server says nothing on an idle connection unless it ends it, so silence needs no question: one system call,
    where asking (`CONN_HEALTH_CHECKS`) would cost every request a round trip. Only on a sign of life is it asked.
    """
    idle = select.poll()
    idle.register(connection.fileno(), select.POLLIN)
    if idle.poll(0):
        connection.execute("")


@atexit.register
def close_pools():
    """End the threads of the pools. Otherwise Python waits five seconds for each of them when a command is done."""
    if engine := sys.modules.get("django.db.backends.postgresql.base"):
        for pool in engine.DatabaseWrapper._connection_pools.values():
            pool.close()
