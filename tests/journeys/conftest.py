"""Readers in front of a browser, with scripts and without, and the framework that they follow."""

import pytest

from checklists import runs
from checklists.owners import Owner
from tests.factories import make_framework

from .reader import Reader

A_REQUEST_FAILED = ("Failed to load resource", "Response Status Error Code", "htmx:")
ITEMS = [
    {"key": "chair", "text": "I have a chair", "step": "sit"},
    {"key": "feet", "text": "My feet are on the floor", "step": "sit"},
    {"key": "four-rounds", "text": "I did four rounds", "step": "breathe"},
    {"key": "got-up", "text": "I got up slowly", "step": "breathe"},
]


@pytest.fixture
def publish():
    """Publish box breathing with four items, or its next revision: `publish(kind="safety", warnings=[…])`."""

    def publish(**changes):
        return make_framework(published=True, **{"checklist": ITEMS, **changes})

    return publish


@pytest.fixture
def started(publish):
    """A checklist of this user that has just been started, of box breathing unless another framework is given."""

    def started(user, framework=None):
        owner = Owner(reader=user.pk)
        return runs.start(framework or publish(), owner, supervision_confirmed=False)

    return started


@pytest.fixture
def reader(open_page, sign_in):
    """Somebody at a device of their own: `reader(user, "/checklists/", javascript=False)`; without a user, a visitor.

    An error on the console fails the test at its end. That a request failed is none: tests make them fail, and both
    the browser and htmx tell of it there.
    """
    errors = []

    def reader(user=None, path="/", *, javascript=True, **options):
        page = open_page(javascript=javascript, **options)
        page.on("console", lambda message: note(message))
        if user is not None:
            sign_in(page, user)
        page.goto(path)
        return Reader(page, javascript)

    def note(message):
        if message.type == "error" and not message.text.startswith(A_REQUEST_FAILED):
            errors.append(message.text)

    yield reader
    assert not errors, errors


@pytest.fixture(params=[True, False], ids=["with script", "without script"])
def javascript(request):
    return request.param
