"""`make durability`: kill the web server and PostgreSQL while readers tick, and look for every tick afterwards.

A process that is killed loses what it had in memory. What the machine had not written to the disk yet survives that, so
this says nothing about a power failure: there, `fsync` and an honest disk count.
"""

import argparse
import itertools
import os
import random
import secrets
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import django
from django.core.management import call_command

from tests.durability.clients import Browser, Client
from tests.durability.ledger import Ledger, Line, Row, Verdict, judge
from tests.durability.servers import Caretaker, Database, Trouble, WebServer, wait_until

CLIENTS = 8
ITEMS_OF_EACH = 4
ITEMS = [f"item-{number}" for number in range(1, CLIENTS * ITEMS_OF_EACH + 1)]
#: Nobody ticks the last four, so nothing may be stored of them.
ALL_ITEMS = [*ITEMS, *(f"left-alone-{number}" for number in range(1, 5))]
#: In the order of killing; what is killed last is started first.
VICTIMS = (("web server",), ("PostgreSQL",), ("web server", "PostgreSQL"))
SLUG = "durability"
EMAIL, PASSWORD = "reader@durability.example", "correct horse battery"
CAREFUL = ("fsync", "full_page_writes", "synchronous_commit")


def main():
    options = read_options()
    folder = Path(tempfile.mkdtemp(prefix="tracework-durability-"))
    caretaker = Caretaker(folder)
    try:
        return trial(folder, caretaker, options)
    except Trouble as trouble:
        say(f"The trial could not be held. {trouble}")
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        caretaker.finish()


def read_options():
    parser = argparse.ArgumentParser(prog="make durability ARGS=…", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="how often something is killed (default: 9)")
    parser.add_argument(
        "--careless",
        action="store_true",
        help="with synchronous_commit=off, to see that losses are found: PostgreSQL then acknowledges too early",
    )
    return parser.parse_args()


def trial(folder, caretaker, options):
    """Hold it, print what came of it, and answer the exit status: 0 only where nothing was lost or made up."""
    say("Starting PostgreSQL and the web server in a folder of their own …")
    database = Database(folder)
    database.start()
    if options.careless:
        database.ask("ALTER SYSTEM SET synchronous_commit = off")
        database.ask("SELECT pg_reload_conf()")
    settings = production_settings(database)
    prepare(settings)
    web = WebServer(folder, settings, caretaker)
    web.start()
    web.wait()
    describe(database)

    browser = Browser(web.port)
    browser.send("/account/login/", login=EMAIL, password=PASSWORD)
    checklist = browser.send(f"/checklists/start/{SLUG}/", consent="on")
    ledger = Ledger()
    clients = [Client(checklist, items, browser, ledger) for items in itertools.batched(ITEMS, ITEMS_OF_EACH)]
    for client in clients:
        client.start()
    rounds = kill_again_and_again(options.rounds, web, database, ledger)
    for client in clients:
        client.stopping.set()
    for client in clients:
        client.join()

    database.start()
    verdict = judge(ledger, *read(database, checklist))
    report(rounds, ledger, verdict)
    return 0 if verdict else 1


def production_settings(database) -> dict[str, str]:
    return {
        "DEBUG": "off",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "SECRET_KEY_FALLBACKS": "",
        "DATABASE_URL": database.url,
        "ALLOWED_HOSTS": "127.0.0.1",
        "CSRF_TRUSTED_ORIGINS": "",
        "TRUSTED_PROXY_COUNT": "1",
        "LOG_LEVEL": "ERROR",
    }


def prepare(settings):
    """Make the tables, the static files, a framework with a long checklist and a reader."""
    os.environ |= settings | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)

    from django.db import connection

    from tests.factories import make_framework, make_user

    make_framework(
        slug=SLUG, published=True, checklist=[{"key": key, "text": f"I did {key}"} for key in ALL_ITEMS]
    )
    make_user(EMAIL, password=PASSWORD)
    connection.close_pool()  # it would keep trying while there is no server


def describe(database):
    version, *settings = (database.ask(f"SHOW {name}")[0][0] for name in ("server_version", *CAREFUL))
    named = ", ".join(f"{name}={setting}" for name, setting in zip(CAREFUL, settings, strict=True))
    say(f"PostgreSQL {version} with {named}. granian with 2 workers of 4 threads.")
    say(
        f"{CLIENTS} clients tick {len(ITEMS)} items of one checklist while servers are killed with SIGKILL.\n"
    )


@dataclass
class Round:
    number: int
    killed: str
    seconds_until_back: float | None = None


def kill_again_and_again(rounds, web, database, ledger) -> list[Round]:
    """Let the clients tick for a moment, kill, restart; again and again. After the last kill nothing is restarted."""
    held, killed_at = [], None
    for number, killed in zip(range(1, rounds + 1), itertools.cycle(VICTIMS)):
        ledger.round = number
        wait_until(lambda: ledger.acknowledged_in(ledger.round), "nobody can tick", web.log)
        if killed_at is not None:
            held[-1].seconds_until_back = time.monotonic() - killed_at
        enough = random.randint(50, 300)
        wait_until(
            lambda enough=enough: ledger.acknowledged_in(ledger.round) >= enough,
            "ticking is too slow",
            web.log,
        )
        killed_at = time.monotonic()
        held.append(Round(number, " and ".join(killed)))
        kill(killed, {"PostgreSQL": database, "web server": web}, restart=number < rounds)
    return held


def kill(names, servers, *, restart):
    for name in names:
        servers[name].kill()
    if restart:
        for name in reversed(names):
            servers[name].start()


def read(database, checklist) -> tuple[list[Row], list[Line]]:
    """What the database holds of the checklist whose address this is."""
    id = checklist.strip("/").rpartition("/")[2]
    rows = database.ask("SELECT item, state, note FROM checklists_tick WHERE checklist_id = %s", id)
    lines = database.ask(
        "SELECT item, state, note FROM checklists_tickchange WHERE checklist_id = %s ORDER BY id", id
    )
    return [Row(*row) for row in rows], [Line(*line) for line in lines]


def report(rounds: list[Round], ledger: Ledger, verdict: Verdict):
    say(f"{'round':>5}  {'killed':<25} {'sent':>7} {'acknowledged':>13} {'lost':>5}  ticking again after")
    for round in rounds:
        numbers = (ledger.sent_in(round.number), ledger.acknowledged_in(round.number))
        lost = sum(request.round == round.number for request in verdict.lost)
        back = f"{round.seconds_until_back:.1f} s" if round.seconds_until_back else "the end"
        say(f"{round.number:>5}  {round.killed:<25} {numbers[0]:>7} {numbers[1]:>13} {lost:>5}  {back}")
    sent, acknowledged = len(ledger.sent), len(ledger.acknowledged)
    say(f"{'all':>5}  {'':<25} {sent:>7} {acknowledged:>13} {len(verdict.lost):>5}\n")
    answers = ", ".join(f"{answer}: {count}" for answer, count in sorted(ledger.answers.items()))
    say(f"Not acknowledged, so there or not: {sent - acknowledged} ({answers or 'none'}).")
    say(f"Acknowledged and lost: {len(verdict.lost)}.")
    say(f"Never sent but found: {len(verdict.never_sent)}.")
    say(f"Items that are not what their history ends with: {len(verdict.torn)}.")


def say(line):
    print(line, flush=True)  # noqa: T201 - it is what a program is for


if __name__ == "__main__":
    sys.exit(main())
