from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from frameworks.library_files import export


class Command(BaseCommand):
    help = "Write the library as a folder of YAML files, which load_library can read. Safe to run twice."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, metavar="DIR")

    def handle(self, *, folder, **options):
        try:
            report = export(folder)
        except OSError as problem:
            raise CommandError(f"{problem.filename} cannot be written: {problem.strerror}") from None
        self.stdout.write("\n".join([*report.remarks, *report.lines()]))
