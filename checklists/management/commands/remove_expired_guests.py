from django.core.management.base import BaseCommand
from django.db.models import Exists, OuterRef
from django.utils import timezone

from checklists.models import Checklist, RevisionMove, StorageConsent, TickChange
from checklists.owners import GUEST_KEPT_FOR


class Command(BaseCommand):
    help = "Delete the checklists of guests who changed nothing for thirty days. Run it once a day."

    def add_arguments(self, parser):
        parser.add_argument(
            "--dry-run", action="store_true", help="Say what would be deleted, and delete nothing."
        )

    def handle(self, *args, dry_run, **options):
        since = timezone.now() - GUEST_KEPT_FOR
        # A guest's cookie is for all of their checklists: as long as one is in use, none has expired.
        of_same_guest = Checklist.objects.filter(guest=OuterRef("guest"))
        in_use = (
            Exists(of_same_guest.filter(started_at__gte=since))
            | Exists(TickChange.objects.filter(checklist__guest=OuterRef("guest"), changed_at__gte=since))
            | Exists(RevisionMove.objects.filter(checklist__guest=OuterRef("guest"), moved_at__gte=since))
        )
        expired = Checklist.objects.filter(~in_use, guest__isnull=False)
        if dry_run:
            self.stdout.write(f"{expired.count()} checklists of guests would be deleted.")
            return
        count = 0
        # Not all in one transaction: whoever is ticking meanwhile does not wait for the others.
        while found := list(expired.values_list("pk", flat=True)[:500]):
            count += Checklist.objects.filter(pk__in=found).erase()
        StorageConsent.objects.filter(
            ~Exists(of_same_guest), guest__isnull=False, given_at__lt=since
        ).delete()
        self.stdout.write(f"{count} checklists of guests deleted.")
