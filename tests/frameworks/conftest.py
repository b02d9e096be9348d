import pytest

from .desk import browser_of


@pytest.fixture
def editor():
    return browser_of("editor")


@pytest.fixture
def publisher():
    return browser_of("publisher")
