from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth import get_user_model

from . import demonstration


class Backend(AuthenticationBackend):
    """Sign-in by e-mail address, however it is written, and password.

    A demonstration account is nobody here while DEBUG is off: neither its password nor an open session works.
    """

    def authenticate(self, request, **credentials):
        normalize = get_user_model().objects.normalize_email
        email = normalize(credentials.get("email") or credentials.get("username"))
        if not demonstration.may_enter(email):
            email = None  # the password is hashed all the same, and takes as long
        return super().authenticate(request, email=email, password=credentials.get("password"))

    def user_can_authenticate(self, user):
        return super().user_can_authenticate(user) and demonstration.may_enter(user.email)
