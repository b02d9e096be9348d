import re
import time

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.test import Client
from django.test.signals import template_rendered


@pytest.fixture(autouse=True)
def only_our_own_templates():
    """Whatever a test does on the account's pages: allauth's own, which fail accessibility checks, are never shown."""
    stock = set()

    def note(sender, template, **kwargs):
        if template.origin and "/allauth/templates/" in str(template.origin.name):
            stock.add(template.name)

    template_rendered.connect(note)
    yield
    template_rendered.disconnect(note)
    assert not stock


@pytest.fixture
def browser():
    return Client()


@pytest.fixture
def code():
    """The code in the newest message."""
    return lambda: re.search(r"\b\d{3}-\d{3}-\d{3}\b", mail.outbox[-1].body)[0]


@pytest.fixture
def mail_is_down():
    """The mail server refuses connections, until `mail_is_down.undo()`."""

    def refuse(self, *args, **kwargs):
        raise ConnectionRefusedError("111: mail.example refused reader@example.com")

    down = pytest.MonkeyPatch()
    down.setattr(EmailMessage, "send", refuse)
    yield down
    down.undo()


@pytest.fixture
def wait(monkeypatch):
    """Let time pass for codes and limits: `wait(seconds)`."""
    passed = 0
    real = time.time

    def wait(seconds):
        nonlocal passed
        passed += seconds

    monkeypatch.setattr(time, "time", lambda: real() + passed)
    return wait
