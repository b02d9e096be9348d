from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from frameworks.library_files import counted
from frameworks.sampling import make_frameworks


class Command(BaseCommand):
    help = "Add N made-up published frameworks, for tests and benchmarks. Only with DEBUG on."

    def add_arguments(self, parser):
        parser.add_argument("number", type=int, metavar="N")

    def handle(self, *, number, **options):
        if not settings.DEBUG:
            raise CommandError(
                "Made-up frameworks have no place in a library that people read: DEBUG is off."
            )
        if number < 1:
            raise CommandError(f"{number} is no number of frameworks to make; give 1 or more.")
        total = make_frameworks(number)
        self.stdout.write(f"{counted(number, 'frameworks')} made; {total:,} made-up in all.")
