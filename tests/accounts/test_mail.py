import logging

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.mail import EmailMessage

from accounts.models import User
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db

DOWN = "could not be sent just now"


class TestWhileTheMailServerIsDown:
    def test_sign_up_keeps_the_account_and_the_message_can_be_sent_again(
        self, browser, code, mail_is_down, wait
    ):
        form = {"email": "reader@example.com", "password1": PASSWORD}
        answer = browser.post("/account/signup/", form)
        page = browser.get(answer.url).text
        assert DOWN in page
        assert "Send again" in page
        assert "We have sent a message" not in page
        assert User.objects.filter(email="reader@example.com").exists()
        mail_is_down.undo()
        wait(11)
        browser.post(answer.url, {"action": "resend"})
        page = browser.get(answer.url).text
        assert DOWN not in page
        assert browser.post(answer.url, {"code": code()}).url == "/checklists/"

    def test_failed_attempts_use_up_no_chance_to_send_again(self, browser, mail_is_down, wait):
        browser.post("/account/signup/", {"email": "reader@example.com", "password1": PASSWORD})
        for _ in range(7):
            wait(11)
            browser.post("/account/confirm-email/", {"action": "resend"})
        assert "Send again" in browser.get("/account/confirm-email/").text

    def test_an_earlier_code_that_did_arrive_stays_good(self, browser, code, monkeypatch, wait):
        browser.post("/account/signup/", {"email": "reader@example.com", "password1": PASSWORD})
        wait(11)

        def refuse(self, *args, **kwargs):
            raise OSError("no route")

        monkeypatch.setattr(EmailMessage, "send", refuse)
        browser.post("/account/confirm-email/", {"action": "resend"})
        assert DOWN in browser.get("/account/confirm-email/").text
        assert browser.post("/account/confirm-email/", {"code": code()}).url == "/checklists/"

    def test_signing_in_before_the_code_was_typed_says_so(self, browser, mail_is_down):
        make_user(verified=False)
        answer = browser.post("/account/login/", {"login": "reader@example.com", "password": PASSWORD})
        assert DOWN in browser.get(answer.url).text

    def test_a_new_password_can_be_asked_for_again(self, browser, code, mail_is_down):
        make_user()
        answer = browser.post("/account/password/reset/", {"email": "reader@example.com"})
        page = browser.get(answer.url).text
        assert DOWN in page
        assert '<input type="hidden" name="email" value="reader@example.com">' in page
        mail_is_down.undo()
        answer = browser.post("/account/password/reset/", {"email": "reader@example.com"})
        assert DOWN not in browser.get(answer.url).text
        assert browser.post(answer.url, {"code": code()}).url == "/account/password/reset/complete/"

    def test_a_change_of_address_can_be_sent_again(self, browser, mail_is_down):
        browser.force_login(make_user())
        browser.post("/account/reauthenticate/", {"password": PASSWORD})
        answer = browser.post("/account/email/", {"action_add": "", "email": "new@example.com"})
        assert DOWN in browser.get(answer.url).text
        assert EmailAddress.objects.get().email == "reader@example.com"

    def test_a_new_password_is_saved_though_nobody_is_told(self, browser, mail_is_down):
        browser.force_login(make_user())
        form = {"oldpassword": PASSWORD, "password1": "another long password"}
        assert browser.post("/account/password/change/", form).url == "/account/"

    def test_an_error_is_logged_without_the_address(self, browser, mail_is_down, caplog):
        browser.post("/account/signup/", {"email": "reader@example.com", "password1": PASSWORD})
        (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
        from config.logs import JsonFormatter

        line = JsonFormatter().format(record)
        assert "A message could not be sent" in line
        assert "ConnectionRefusedError" in line
        assert "example.com" not in line

    def test_another_mistake_is_not_hidden(self, browser, monkeypatch):
        def break_it(self, *args, **kwargs):
            raise ValueError("a mistake of ours")

        monkeypatch.setattr(EmailMessage, "send", break_it)
        with pytest.raises(ValueError, match="a mistake of ours"):
            browser.post("/account/signup/", {"email": "reader@example.com", "password1": PASSWORD})


class TestEveryMessage:
    def test_is_plain_text_without_a_code_in_its_subject(self, browser, code, wait):
        make_user("known@example.com")
        for email in ("known@example.com", "new@example.com"):
            browser.post("/account/signup/", {"email": email, "password1": PASSWORD})
            browser.post("/account/confirm-email/", {"code": code()} if email.startswith("new") else {})
            browser.post("/account/logout/")
        for email in ("known@example.com", "nobody@example.com"):
            browser.post("/account/password/reset/", {"email": email})
        assert len(mail.outbox) == 4
        for message in mail.outbox:
            assert not message.alternatives
            assert "<" not in message.body
            assert "&" not in message.body
            assert "Nobody at Tracework ever asks you for a code or a password." in message.body
            assert "need do nothing" in message.body
            assert not any(sign.isdigit() for sign in message.subject)
