"""How allauth's second factor behaves on this site."""

import io

import segno
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from . import sealing


class MFAAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "cannot_generate_recovery_codes": _(
            "Set up an app or a key first: recovery codes stand in for those."
        ),
        "incorrect_code": _(
            "This code is not right, or was used already. Wait for the next one and try again."
        ),
        "key_failed": _("This key could not be checked. Reload the page and try again."),
        "unreadable": _(
            "What we keep of your second factor can no longer be read. Write to whoever runs this site: they can "
            "remove it, and you set up another."
        ),
        "unverified_email": _(
            "Confirm your e-mail address first: sign out, sign in, and enter the code we send."
        ),
    }

    # Secrets at rest

    def encrypt(self, text):
        return sealing.seal(text)

    def decrypt(self, encrypted_text):
        return sealing.unseal(encrypted_text)

    # What it shows

    def build_totp_svg(self, url):
        """The QR code as a drawing, dark on light with the quiet zone that cameras need, on any page."""
        svg = io.BytesIO()
        segno.make_qr(url).save(
            svg,
            kind="svg",
            xmldecl=False,
            scale=5,
            border=4,
            dark="#000",
            light="#fff",
            title=gettext("QR code"),
        )
        return svg.getvalue().decode()

    def generate_authenticator_name(self, user, type):
        count = Authenticator.objects.filter(user=user, type=type).count()
        return gettext("Key %(number)s") % {"number": count + 1}

    def _get_site_name(self):
        return "Tracework"  # shown by browsers when they ask for a key
