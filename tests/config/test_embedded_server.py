"""The embedded PostgreSQL against everything that happens on a developer's machine, on data folders of its own."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import psutil
import psycopg
import pytest

from config.embedded import server

START = """
import sys
from config.embedded import server
print(server.ensure_running(sys.argv[1]), server._pid_in(server.Path(sys.argv[1]) / "postmaster.pid"), flush=True)
"""


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "var" / "postgres"
    yield folder
    server.stop(folder)


def ask(folder, statement):
    with psycopg.connect(
        host=server.ensure_running(folder), user="postgres", dbname="tracework"
    ) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else None


def pid_of(folder):
    return server._pid_in(folder / "postmaster.pid")


def kill(folder):
    """End the server as the out-of-memory killer would, and wait until its process is gone or a zombie."""
    pid = pid_of(folder)
    os.kill(pid, signal.SIGKILL)
    while server._is_server_of(pid, folder):
        time.sleep(0.01)


class TestTheServer:
    def test_starts_once_for_all_who_ask_at_once(self, folder):
        asking = [
            subprocess.Popen([sys.executable, "-c", START, folder], stdout=subprocess.PIPE, text=True)
            for _ in range(4)
        ]
        answers = {process.communicate(timeout=60)[0] for process in asking}
        assert len(answers) == 1
        assert answers.pop().split()[1] == str(pid_of(folder))

    def test_has_what_the_migrations_need_and_loses_nothing_in_a_crash(self, folder):
        extensions = (
            "SELECT name FROM pg_available_extensions WHERE name IN ('pg_trgm', 'unaccent') ORDER BY name"
        )
        assert ask(folder, extensions) == [("pg_trgm",), ("unaccent",)]
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            assert ask(folder, f"SHOW {setting}") == [("on",)]

    def test_outlives_those_who_started_it(self, folder):
        process = subprocess.Popen(
            [sys.executable, "-c", START + "import time; time.sleep(60)", folder],
            stdout=subprocess.PIPE,
            text=True,
        )
        pid = int(process.stdout.readline().split()[1])
        process.kill()
        process.communicate()
        assert ask(folder, "SELECT 1") == [(1,)]
        assert pid_of(folder) == pid

    def test_comes_back_with_its_data_after_being_killed(self, folder):
        ask(folder, "CREATE TABLE kept AS SELECT 7 AS number")
        killed = pid_of(folder)
        kill(folder)
        assert ask(folder, "SELECT number FROM kept") == [(7,)]
        assert pid_of(folder) != killed

    def test_comes_back_when_all_its_processes_were_killed(self, folder):
        ask(folder, "CREATE TABLE kept AS SELECT 7 AS number")
        children = psutil.Process(pid_of(folder)).children()
        kill(folder)
        for process in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        assert ask(folder, "SELECT number FROM kept") == [(7,)]

    @pytest.mark.parametrize("holder", ["a zombie", "a stranger", "nobody"])
    def test_is_not_fooled_by_what_a_dead_one_left(self, folder, holder):
        ask(folder, "CREATE TABLE kept AS SELECT 7 AS number")
        lines = (folder / "postmaster.pid").read_text().splitlines()
        kill(folder)
        zombie = subprocess.Popen(["true"])
        while psutil.Process(zombie.pid).status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)
        lines[0] = str({"a zombie": zombie.pid, "a stranger": os.getpid(), "nobody": 2**22 - 1}[holder])
        (folder / "postmaster.pid").write_text("\n".join(lines))
        (folder / ".s.PGSQL.5432.lock").write_text("\n".join(lines[:5]))
        assert ask(folder, "SELECT number FROM kept") == [(7,)]
        zombie.wait()

    def test_runs_where_the_path_is_too_long_for_a_socket(self, tmp_path):
        folder = tmp_path / ("long-" * 20) / "var" / "postgres"
        try:
            assert len(str(folder)) > 108
            assert ask(folder, "SELECT 1") == [(1,)]
            kill(folder)
            assert ask(folder, "SELECT 1") == [(1,)]
        finally:
            assert server.stop(folder)


class TestStopping:
    def test_says_whether_there_was_one_to_stop(self, folder):
        assert server.stop(folder) is False
        ask(folder, "CREATE TABLE kept AS SELECT 7 AS number")
        assert server.stop(folder) is True
        assert server.stop(folder) is False
        assert ask(folder, "SELECT number FROM kept") == [(7,)]


class TestATroubledFolder:
    def test_that_cannot_be_started_is_named_with_its_log(self, folder, monkeypatch):
        monkeypatch.setattr(server, "ATTEMPTS", 1)
        folder.mkdir(parents=True)
        (folder / "PG_VERSION").write_text("9.1")  # looks like data, and is not ours to open
        with pytest.raises(server.EmbeddedPostgresError, match=r"does not start\. Its log is .*DATABASE_URL"):
            server.ensure_running(folder)

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
    def test_of_another_account_is_refused_with_advice(self, folder):
        folder.mkdir(parents=True)
        os.chown(folder, 12345, 12345)
        with pytest.raises(
            server.EmbeddedPostgresError, match=r"belongs to another account \(user id 12345\)"
        ):
            server.ensure_running(folder)
