from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts.demonstration import DOMAIN, PASSWORD
from accounts.models import ClinicianProfile, User
from checklists import runs
from checklists.models import State
from checklists.owners import Owner
from checklists.ticking import Change, tick
from frameworks.models import Framework

IN_THE_ADMIN = {"is_staff": True}

#: Role, name, fields of the account, its groups, and where to begin.
ACCOUNTS = {
    "reader": ("Robin Reader", {"time_zone": "Europe/London"}, [], "/checklists/"),
    "reader2": ("Sam Second-Reader", {"time_zone": "America/New_York"}, [], "/checklists/"),
    "editor": ("Eden Editor", IN_THE_ADMIN, ["Editors"], "/admin/"),
    "publisher": ("Pat Publisher", IN_THE_ADMIN, ["Publishers"], "/admin/"),
    "verifier": ("Val Verifier", IN_THE_ADMIN, ["Clinician verifiers"], "/admin/"),
    "clinician": ("Dr Chris Clinician", {}, [], "/handouts/"),
    "administrator": ("Alex Administrator", {"is_staff": True, "is_superuser": True}, [], "/admin/"),
}


class Command(BaseCommand):
    help = "Make accounts to try every role with. Only with DEBUG on; what is there already stays as it is."

    def handle(self, **options):
        if not settings.DEBUG:
            raise CommandError(
                "Demonstration accounts have a password that everybody knows, so they are made only where DEBUG is "
                "on: on a developer's machine. On a server, make an account with `manage.py createsuperuser`."
            )
        self.report(made=sum(self.make(role, *account) for role, (*account, _where) in ACCOUNTS.items()))

    @transaction.atomic
    def make(self, role, name, fields, groups):
        """Whether there was none yet. One that is there is left alone, whatever became of it."""
        email = f"{role}@{DOMAIN}"
        if User.objects.filter(email=email).exists():
            return False
        user = User.objects.create_user(email, PASSWORD, display_name=name, **fields)
        user.groups.set([Group.objects.get(name=group) for group in groups])
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        if role == "reader":
            self.start_checklists(user)
        elif role == "clinician":
            self.say_verified(user)
        return True

    def say_verified(self, clinician):
        """Not by applying and verifying, which would send a message to nobody."""
        ClinicianProfile.objects.create(
            user=clinician,
            name="Dr Demo Clinician",
            credential="Clinical psychologist",
            organisation="Demonstration clinic",
            registration="Demonstration register, 0001",
            verified_at=timezone.now(),
            verified_by=User.objects.filter(email=f"verifier@{DOMAIN}").first(),
        )

    def start_checklists(self, reader):
        """Something to look at: of the library's first two frameworks, one begun and one finished."""
        owner = Owner(reader=reader.pk)
        frameworks = Framework.objects.published().select_related("current_revision").order_by("slug")
        startable = [one for one in frameworks if one.current_revision.item_keys]
        for framework, items in zip(startable[:2], (3, None), strict=False):
            checklist = runs.start(framework, owner, supervision_confirmed=True)
            tick(checklist.pk, owner, [Change(key, State.DONE) for key in checklist.item_keys[:items]])

    def report(self, made):
        self.stdout.write(f"Demonstration accounts: {made} made, {len(ACCOUNTS) - made} kept as they were.")
        self.stdout.write(f"Sign in at /account/login/ with the password {PASSWORD}")
        for role, (*_account, where) in ACCOUNTS.items():
            self.stdout.write(f"  {role:<14} {f'{role}@{DOMAIN}':<28} {where}")
