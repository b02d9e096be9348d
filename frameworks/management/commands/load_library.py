import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from frameworks.library_files import NoLibrary, load


class Command(BaseCommand):
    help = "Bring a folder of YAML files into the library, and publish what they changed. Safe to run twice."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, and store nothing")
        parser.add_argument(
            "--overwrite",
            action="store_true",
            help="where both the file and an editor changed something, take the file's word",
        )

    def handle(self, *, folder, dry_run, overwrite, **options):
        try:
            report = load(folder, dry_run=dry_run, overwrite=overwrite)
        except NoLibrary as problem:
            raise CommandError(problem) from None
        for refusal in report.refusals:
            self.stderr.write(str(refusal))
        named = report.touched if dry_run or overwrite else []
        self.stdout.write("\n".join([*named, *report.remarks, *report.lines()]))
        if dry_run:
            self.stdout.write("Dry run: nothing was stored.")
        if report.refusals:
            sys.exit(1)
