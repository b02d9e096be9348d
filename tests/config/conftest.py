import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

PROJECT = Path(__file__).resolve().parents[2]

PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "DEBUG": "off",
    "SECRET_KEY": "R4nd0m-enough-for-a-test-and-long-enough-for-the-check-of-its-length",
    "DATABASE_URL": "postgresql://nobody:s3cret@127.0.0.1:1/nothing",  # nobody listens there
    "DATABASE_POOL_TIMEOUT": "0.2",
    "ALLOWED_HOSTS": "tracework.example",
    "TRUSTED_PROXY_COUNT": "0",
    "LOG_LEVEL": "INFO",
}


@pytest.fixture
def run_python():
    """Run Python in a process of its own, on production settings but for those given. Empty means unset."""

    def run_python(*arguments, **settings):
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=PROJECT,
            env={"PATH": os.environ["PATH"], **PRODUCTION, **settings},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run_python


@pytest.fixture
def wrong(settings):
    """A client that sees what a browser would, on a site with addresses that go wrong (tests/config/urls.py)."""
    settings.ROOT_URLCONF = "tests.config.urls"
    return Client(raise_request_exception=False)
