"""What all tests share: a browser, and a loud word where there is none."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connections, transaction
from django.test import Client
from hypothesis import settings as hypothesis

from tests.elsewhere import Elsewhere
from tests.emptying import empty_quickly

# How long an example takes says something of the machine and of what else runs on it, and nothing of the property.
hypothesis.register_profile("tracework", deadline=None)
hypothesis.load_profile("tracework")

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# As root, in containers and on build machines: no sandbox, no graphics card, and nothing fetched behind our back.
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
BROWSER_IS_REQUIRED = os.environ.get("BROWSER_TESTS") == "required"

left_out = pytest.StashKey[dict[str, int]]()


def find_chromium():
    """The path of a Chromium on this machine, or None. Playwright's own is used only where there is no other."""
    for name in CHROMIUM_NAMES:
        if path := shutil.which(name):
            return path
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def has_html_checker():
    return bool(os.environ.get("VNU_JAR") and shutil.which("java"))


#: By marker: whether its tests can run here, and what is said where they cannot.
NEEDS = {
    "browser": (
        lambda: BROWSER_IS_REQUIRED or find_chromium(),
        "browser tests, no Chromium found. Install the package chromium (apt-get install chromium), "
        "or: .venv/bin/playwright install chromium",
    ),
    "html": (
        has_html_checker,
        "tests of valid HTML, VNU_JAR names no Nu HTML checker or there is no Java. .ci/run fetches the checker",
    ),
}


def pytest_collection_modifyitems(config, items):
    config.stash[left_out] = {}
    for marker, (can_run, _why) in NEEDS.items():
        found = [item for item in items if item.get_closest_marker(marker)]
        if found and not can_run():
            config.stash[left_out][marker] = len(found)
            config.hook.pytest_deselected(items=found)
            items[:] = [item for item in items if item not in found]


def pytest_terminal_summary(terminalreporter, config):
    counts = config.stash.get(left_out, {})
    if counts:
        terminalreporter.section("LEFT OUT", sep="!", red=True, bold=True)
    for marker, count in counts.items():
        terminalreporter.line(f"LEFT OUT: {count} {NEEDS[marker][1]}", red=True, bold=True)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        empty_quickly()


@pytest.fixture(autouse=True)
def no_attempts_yet(request):
    """Start each test that commits without anybody's attempts: its end empties the tables of models, not the cache."""
    marker = request.node.get_closest_marker("django_db")
    if "live_server" in request.fixturenames or (marker and marker.kwargs.get("transaction")):
        request.getfixturevalue("transactional_db")
        cache.clear()


@pytest.fixture(scope="session")
def chromium():
    """A Chromium for the whole run. Each test gets pages of its own from `open_page`."""
    path = find_chromium()
    if path is None:
        pytest.fail("No Chromium found, and BROWSER_TESTS=required. Install the package chromium.")
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop running in this thread, which Django would take for an async view.
    previous = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")
    if previous is not None:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = previous


@pytest.fixture
def open_page(chromium, live_server):
    """Open a page of the site as a new visitor: `open_page("/", javascript=False, width=320, dark=True)`.

    Relative addresses lead to the live server. Other options go to Playwright's `new_context`. Console errors and
    requests to anyone else fail the test at its end: no page of ours has either.
    """
    contexts, problems = [], []

    def open_page(path=None, *, javascript=True, width=1280, height=800, dark=False, **options):
        context = chromium.new_context(
            base_url=live_server.url,
            java_script_enabled=javascript,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            **options,
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(f"script error: {error}"))
        page.on("request", lambda request: note_stranger(request.url))
        page.on("console", lambda message: note_refusal(message.text))
        if path is not None:
            page.goto(path)
        return page

    def note_stranger(url):
        if not url.startswith((live_server.url + "/", "data:", "about:", "blob:")):
            problems.append(f"request to {url}")

    def note_refusal(text):
        if "Content Security Policy" in text:
            problems.append(text)

    yield open_page
    for context in contexts:
        context.close()
    assert not problems, problems


@pytest.fixture
def sign_in(live_server):
    """Sign a user in on a page that is open: `sign_in(page, user)`. The next address that it opens knows them."""

    def sign_in(page, user):
        client = Client()
        client.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        page.context.add_cookies(
            [{"name": name, "value": client.cookies[name].value, "url": live_server.url}]
        )
        return page

    return sign_in


@pytest.fixture
def signed_in_page(open_page, sign_in):
    """Open a page of the site as this user: `signed_in_page(user, "/account/", width=320)`, options as `open_page`."""

    def signed_in_page(user, path=None, **options):
        page = sign_in(open_page(**options), user)
        if path is not None:
            page.goto(path)
        return page

    return signed_in_page


@pytest.fixture(scope="module")
def shared_database(django_db_setup, django_db_blocker):
    """The database for fixtures that all tests of a module share. What these store is gone after the last of them."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def on_another_connection():
    """Do this as another request would, for a thread: `pool.submit(on_another_connection(tick), …)`."""

    def on_another_connection(do):
        def done_and_closed(*args, **kwargs):
            try:
                return do(*args, **kwargs)
            finally:
                connections.close_all()

        return done_and_closed

    return on_another_connection


@pytest.fixture
def elsewhere(on_another_connection):
    with ThreadPoolExecutor(4) as pool:
        yield lambda do, *args: Elsewhere(pool, on_another_connection, do, *args)
