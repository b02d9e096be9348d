from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken
from django.core.management.base import BaseCommand
from django.db import transaction

from accounts import sealing

_SEALED = ("secret", "seed")


class Command(BaseCommand):
    help = "Encrypt the secrets of second factors under the present SECRET_KEY, before an earlier one is forgotten."

    def add_arguments(self, parser):
        parser.add_argument("--dry-run", action="store_true", help="Say what would be done, and do nothing.")

    def handle(self, *args, dry_run, **options):
        counts = {"resealed": 0, "as they should be": 0, "unreadable": 0}
        for pk in Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).values_list(
            "pk", flat=True
        ):
            if outcome := self.reseal(pk, dry_run):
                counts[outcome] += 1
        told = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
        self.stdout.write(f"{told}." + (" Nothing was changed." if dry_run else ""))
        if counts["unreadable"]:
            self.stderr.write(
                "The unreadable ones need a SECRET_KEY that is in SECRET_KEY_FALLBACKS no more."
            )

    @transaction.atomic
    def reseal(self, pk, dry_run):
        # Locked, because somebody may be using up a recovery code meanwhile.
        factor = Authenticator.objects.select_for_update().filter(pk=pk).first()
        if factor is None:
            return None
        name = next(name for name in _SEALED if name in factor.data)
        if sealing.is_sealed_by_present_key(factor.data[name]):
            return "as they should be"
        try:
            factor.data[name] = sealing.reseal(factor.data[name])
        except InvalidToken:
            return "unreadable"
        if not dry_run:
            factor.save(update_fields=["data"])
        return "resealed"
