"""Whether an address has an account cannot be found out: from no page, status or header, nor from a dead mail host."""

import re

import pytest
from django.core import mail
from django.test import Client

from accounts.models import User
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db

KNOWN, UNKNOWN = "known@example.com", "other@example.com"


@pytest.fixture(autouse=True)
def known():
    return make_user(KNOWN)


def seen(response):
    """All that an onlooker gets to see, without what differs each time and the address that they typed themselves."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.text)
    text = text.replace(KNOWN, "ADDRESS").replace(UNKNOWN, "ADDRESS")
    headers = {name: value for name, value in response.headers.items() if name != "Expires"}
    cookies = {
        name: {**cookie, "expires": ""} for name, cookie in response.cookies.items() if name != "csrftoken"
    }
    return response.status_code, text, headers, cookies


def walk(*steps):
    """What a new browser sees on each step, which is an address to open or an address and a form to send."""
    browser = Client()
    answers = []
    for step in steps:
        answers.append(seen(browser.get(step) if isinstance(step, str) else browser.post(*step)))
    return answers


def both(steps):
    return walk(*steps(KNOWN)), walk(*steps(UNKNOWN))


class TestWhetherAnAddressHasAnAccount:
    def test_is_not_told_by_sign_up(self, wait):
        def steps(email):
            yield "/account/signup/", {"email": email, "password1": PASSWORD}
            yield "/account/confirm-email/"
            wait(11)
            yield "/account/confirm-email/", {"action": "resend"}
            yield "/account/confirm-email/"
            yield "/account/confirm-email/", {"action": "resend"}  # too soon
            yield "/account/confirm-email/"
            yield "/account/signup/"
            for _ in range(3):
                yield "/account/confirm-email/", {"code": "1"}
            yield "/account/login/"

        known, unknown = both(steps)
        assert known == unknown
        assert User.objects.count() == 2

    def test_is_not_told_by_the_messages_that_sign_up_sends_but_to_their_owner(self, wait):
        for email in (KNOWN, UNKNOWN):
            browser = Client()
            browser.post("/account/signup/", {"email": email, "password1": PASSWORD})
            wait(11)
            browser.post("/account/confirm-email/", {"action": "resend"})
        sent = [(message.to, message.subject) for message in mail.outbox]
        assert sent == [
            *[([KNOWN], "Your account at Tracework")] * 2,
            *[([UNKNOWN], "Your code for Tracework")] * 2,
        ]
        assert "There is one already" in mail.outbox[0].body

    def test_is_not_told_by_how_long_sign_up_takes(self, monkeypatch):
        hashed = []
        set_password = User.set_password
        monkeypatch.setattr(User, "set_password", lambda *given: (hashed.append(1), set_password(*given)))
        counts = []
        for email in (KNOWN, UNKNOWN):
            hashed.clear()
            walk(("/account/signup/", {"email": email, "password1": PASSWORD}))
            counts.append(len(hashed))
        assert counts == [1, 1]

    def test_is_not_told_by_signing_in_with_a_wrong_password(self):
        known, unknown = both(lambda email: [("/account/login/", {"login": email, "password": "wrong"})])
        assert known == unknown
        assert "do not belong together" in known[0][1]

    def test_is_not_told_by_signing_in_with_an_account_that_is_not_confirmed(self):
        make_user(UNKNOWN, verified=False)
        known, unconfirmed = both(lambda email: [("/account/login/", {"login": email, "password": "wrong"})])
        assert known == unconfirmed

    def test_is_not_told_by_asking_for_a_new_password(self):
        def steps(email):
            yield "/account/password/reset/", {"email": email}
            yield "/account/password/reset/confirm/"
            yield "/account/password/reset/", {"email": email}
            yield "/account/password/reset/confirm/", {"code": ""}
            for _ in range(3):
                yield "/account/password/reset/confirm/", {"code": "000-000-000"}
            yield "/account/login/"

        known, unknown = both(steps)
        assert known == unknown

    def test_is_not_told_while_the_mail_server_is_down(self, mail_is_down, wait):
        def steps(email):
            yield "/account/signup/", {"email": email, "password1": PASSWORD}
            yield "/account/confirm-email/"
            wait(11)
            yield "/account/confirm-email/", {"action": "resend"}
            yield "/account/confirm-email/"
            yield "/account/password/reset/", {"email": email}
            yield "/account/password/reset/confirm/"

        known, unknown = both(steps)
        assert known == unknown
        assert "could not be sent just now" in known[1][1]

    def test_is_not_told_by_changing_to_it(self, known, browser):
        reader = make_user("reader@example.com")
        pages = []
        for email in (KNOWN, UNKNOWN):
            browser = Client()
            browser.force_login(reader)
            browser.post("/account/reauthenticate/", {"password": PASSWORD})
            answer = browser.post("/account/email/", {"action_add": "", "email": email})
            pages.append((seen(answer), seen(browser.get(answer.url))))
        assert pages[0] == pages[1]
