from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.models import Session


class Command(BaseCommand):
    help = (
        "Remove the second factor of somebody who has lost their phone, their keys and their recovery codes, sign them "
        "out everywhere, and tell them by e-mail. Be sure first that it is really they who ask."
    )

    def add_arguments(self, parser):
        parser.add_argument("email", help="The e-mail address that they sign in with.")
        parser.add_argument(
            "--dry-run", action="store_true", help="Say what would be removed, and remove nothing."
        )

    def handle(self, *args, email, dry_run, **options):
        users = get_user_model().objects
        user = users.filter(email=users.normalize_email(email)).first()
        if user is None:
            raise CommandError("Nobody has this address. Give the one that they sign in with.")
        factors = Authenticator.objects.filter(user=user)
        sessions = Session.objects.filter(user=user)
        if dry_run:
            self.report(factors.count(), sessions.count(), "would be ")
            return
        with transaction.atomic():
            removed = factors.delete()[0]
            # Whoever may have the lost device is not to stay signed in.
            ended = sessions.delete()[0] if removed else 0
        if removed:
            self.tell(user)
        self.report(removed, ended)

    def tell(self, user):
        try:
            get_adapter().render_mail("mfa/email/removed", user.email, {}).send()
        except OSError as error:
            self.stderr.write(
                f"The message to them could not be sent ({type(error).__name__}). Tell them yourself."
            )

    def report(self, removed, ended, would=""):
        self.stdout.write(
            f"{removed} second factors and sets of recovery codes {would}removed, {ended} sessions {would}ended."
        )
