"""How allauth behaves on this site. What is overridden here beyond its documented hooks, tests hold to its version."""

import logging
import time

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context as current
from django.http import HttpResponseRedirect
from django.utils.translation import gettext_lazy as _

from .signals import signed_in

#: In the session: whether the message that was to be sent last could not be.
MAIL_FAILED = "accounts_mail_failed"

logger = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "duplicate_email": _("This is the address that you use already."),
        "email_password_mismatch": _(
            "This e-mail address and this password do not belong together. Check both and try again."
        ),
        "email_taken": _("This address belongs to another account, so yours stays as it is."),
        "enter_current_password": _("This is not your current password."),
        "incorrect_code": _("This is not the code that we sent last. Look for the newest message."),
        "incorrect_password": _("This is not your password."),
        "rate_limited": _("We have only just sent you a message. Wait a moment before you ask for another."),
        "too_many_login_attempts": _("That was tried too often. Wait ten minutes, then try again."),
    }

    # Messages

    def send_mail(self, template_prefix, email, context):
        """Send it, or note that it could not be sent: whoever waits for it is told, and can ask for it again.

        What fails in writing the message is a mistake of ours, and is not caught.
        """
        request = current.request
        message = self.render_mail(template_prefix, email, {"request": request, "email": email, **context})
        try:
            message.send()
        except OSError:  # what smtplib and sockets raise; the log shows only its type
            logger.exception("A message could not be sent")
            request.session[MAIL_FAILED] = True
        else:
            request.session.pop(MAIL_FAILED, None)

    def send_confirmation_mail(self, request, emailconfirmation, signup):
        prefix = "account/email/email_confirmation"
        process = emailconfirmation
        # A code that is sent again does not hold for longer than the first one.
        ends_at = process.state["at"] + app_settings.EMAIL_VERIFICATION_BY_CODE_TIMEOUT
        facts = {"code": process.key, "minutes": max(1, int(ends_at - time.time()) // 60)}
        self.send_mail(f"{prefix}_signup" if signup else prefix, process.email, facts)

    # Who somebody is

    def is_ajax(self, request):
        return False  # allauth would answer with its own JSON

    def _get_login_attempts_cache_key(self, request, **credentials):
        # allauth's key begins with the Host header, whose port anyone can choose: each port would count for itself.
        return (credentials.get("email") or "").lower()

    def save_user(self, request, user, form, commit=True):
        user.display_name = form.cleaned_data["display_name"]
        return super().save_user(request, user, form, commit)

    def is_reauthentication_required(self, *, app, **kwargs):
        """The password of the sign-in holds as long as one that is asked for. allauth would ask again at once."""
        records = get_authentication_records(current.request, current.request.user)
        holds_from = time.time() - app_settings.REAUTHENTICATION_TIMEOUT
        just_given = any(record["method"] == "password" and record["at"] > holds_from for record in records)
        return not just_given and super().is_reauthentication_required(app=app, **kwargs)

    # Where they go

    def get_reauthentication_methods(self, user):
        words = {
            "reauthenticate": _("Use your password"),
            "mfa_reauthenticate": _("Use a code"),
            "mfa_reauthenticate:webauthn": _("Use a key"),
        }
        methods = super().get_reauthentication_methods(user)
        return [method | {"description": words[method["id"]]} for method in methods]

    def post_login(self, request, user, **kwargs):
        response = super().post_login(request, user, **kwargs)
        told = signed_in.send(type(user), request=request, user=user, response=response)
        answers = [address for _receiver, address in told]
        first = next((address for address in answers if address is not None), None)
        return response if first is None else HttpResponseRedirect(first)

    def get_email_verification_redirect_url(self, email_address):
        return "/account/"  # only who is signed in and changes their address comes this way

    def get_password_change_redirect_url(self, request):
        return "/account/"
