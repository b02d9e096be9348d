"""Django's sessions in the database, each knowing whose it is: leaving erases them without opening everybody's."""

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.utils.http import base36_to_int

#: Where a session that is not signed in yet says whose it is: whose code it waits for, whose changes it keeps.
_OF_SOMEBODY = ("account_email_verification_code", "account_password_reset_verification", "unsaved")


class SessionStore(DatabaseSessionStore):
    @classmethod
    def get_model_class(cls):
        from .models import Session  # the apps are not ready when settings name this module

        return Session

    def create_model_instance(self, data):
        session = super().create_model_instance(data)
        session.user_id = _whose(data)
        return session


def _whose(data):
    told = [data.get(SESSION_KEY), *(data.get(key, {}).get("user_id") for key in _OF_SOMEBODY)]
    # The password was right, and the second factor is asked for: allauth writes whose it was in base 36.
    waiting = data.get("account_login", {}).get("user_pk")
    return next((int(pk) for pk in told if pk), base36_to_int(waiting) if waiting else None)
