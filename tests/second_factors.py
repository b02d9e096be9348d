"""Second factors for tests: an app that shows codes, and a key that nobody holds."""

import secrets
import time

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData


class App:
    """An authenticator app. Each `code()` is a new one, as each is let in once; three of them hold at any time."""

    def __init__(self, secret):
        self.secret = secret
        self.used = -1

    def code(self):
        self.used += 1
        return totp.format_hotp_value(totp.hotp_value(self.secret, int(time.time()) // 30 + self.used))

    @property
    def recovery_codes(self):
        codes = Authenticator.objects.filter(type=Authenticator.Type.RECOVERY_CODES).get()
        return codes.wrap().get_unused_codes()


def make_app(user) -> App:
    """This user's app, with recovery codes, as after setting it up."""
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return App(secret)


def make_key(user, name="A key") -> Authenticator:
    """A key as it is kept after it was added. Nobody holds it: answers are tried in tests/journeys."""
    public = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    credential = AttestedCredentialData.create(bytes(16), secrets.token_bytes(16), public)
    flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.AT
    data = AuthenticatorData.create(bytes(32), flags, 0, credential)
    key_id = websafe_encode(credential.credential_id)
    answer = {
        "id": key_id,
        "rawId": key_id,
        "type": "public-key",
        "response": {
            "clientDataJSON": websafe_encode(
                CollectedClientData.create("webauthn.create", b"challenge", "http://localhost")
            ),
            "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
        },
    }
    kept = {"name": name, "credential": answer}
    return Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data=kept)
