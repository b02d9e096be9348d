"""What is killed: a PostgreSQL and a web server, started as a server starts them and on a folder of their own."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

PROJECT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
SECONDS_TO_COME_BACK = 60

# In a process of its own: the package would want to write into the folder once more when the trial has removed it.
START = "import sys; from config.embedded import server; print(server.ensure_running(sys.argv[1]))"


class Trouble(Exception):
    """The trial cannot go on. The message says why."""


def environment(**settings):
    """This machine's environment without what would change how the servers are set up."""
    inherited = {
        # PGOPTIONS could make commits careless.
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PG", "GRANIAN_", "DATABASE_", "DJANGO_"))
    }
    return inherited | settings


class Database:
    """PostgreSQL with the settings it comes with, which are the careful ones."""

    def __init__(self, folder: Path):
        self.folder = folder / "postgres"
        self.socket = None

    def start(self):
        """Start it, and wait until it has replayed its log and answers."""
        answer = subprocess.run(
            [sys.executable, "-c", START, self.folder],
            cwd=PROJECT,
            env=environment(),
            capture_output=True,
            text=True,
        )
        if answer.returncode:
            raise Trouble(f"PostgreSQL does not start:\n{answer.stderr.strip()}")
        self.socket = answer.stdout.strip()

    def kill(self):
        """End the server and all its processes as the out-of-memory killer would, at once."""
        pid = int((self.folder / "postmaster.pid").read_text().split()[0])
        postmaster = psutil.Process(pid)
        postmaster.suspend()  # so that none is born while we count them
        processes = [postmaster, *postmaster.children(recursive=True)]
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        wait_until(lambda: not any(map(is_alive, processes)), "PostgreSQL does not die")

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/tracework?host={quote(self.socket, safe='')}"

    def ask(self, statement, *parameters):
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else None


class WebServer:
    """granian as `make serve` starts it, on production settings."""

    def __init__(self, folder: Path, settings: dict, caretaker):
        self.port = free_port()
        self.log = folder / "web.log"
        self.settings = settings
        self.caretaker = caretaker
        self.process = None

    def start(self):
        """Start it. `wait` waits until it answers."""
        granian = Path(sys.executable).with_name("granian")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                f"{granian} --interface wsgi --host {HOST} --port {self.port} --workers 2 --blocking-threads 4 "
                "--respawn-failed-workers --no-ws --no-access-log config.wsgi:application".split(),
                cwd=PROJECT,
                env=environment(**self.settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a group of its own, to be killed as one
            )
        self.caretaker.note(self.process.pid)

    def wait(self):
        """Wait until it answers and says that the database does, too."""
        wait_until(self._is_ready, "the web server does not answer", self.log)

    def kill(self):
        """End it and its workers at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _is_ready(self):
        connection = http.client.HTTPConnection(HOST, self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


class Caretaker:
    """A process that outlives the trial, and ends and removes what it left: see caretaker.py."""

    def __init__(self, folder: Path):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.durability.caretaker", folder],
            cwd=PROJECT,
            env=environment(),
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,  # an interrupt from the keyboard is not for it
        )

    def note(self, pid: int):
        """Tell it of the web server that runs now."""
        self.process.stdin.write(f"{pid}\n")
        self.process.stdin.flush()

    def finish(self):
        """Have everything ended and removed. It would happen without us, only later than this returns."""
        self.process.stdin.close()
        self.process.wait()


def wait_until(true, trouble: str, log: Path | None = None):
    """Wait until `true()`. Raises Trouble, with the end of the log, where that takes too long."""
    end = time.monotonic() + SECONDS_TO_COME_BACK
    while not true():
        if time.monotonic() > end:
            lines = log.read_text(errors="replace").splitlines()[-20:] if log else []
            raise Trouble("\n".join([f"After {SECONDS_TO_COME_BACK} seconds {trouble}.", *lines]))
        time.sleep(0.02)


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        return taken.getsockname()[1]
