import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from frameworks import retractions
from frameworks.citing import citing


class Command(BaseCommand):
    help = (
        "Record what became of our sources, after the CSV file of Retraction Watch (no network is used). "
        "Safe to run twice. Exit status 1 where parts of the file could not be read."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, metavar="FILE.csv")
        parser.add_argument("--dry-run", action="store_true", help="say what is new, and store nothing")

    def handle(self, *, file, dry_run, **options):
        try:
            report = retractions.compare(retractions.read(file), retractions.works())
        except retractions.NotTheFile as problem:
            raise CommandError(problem) from None
        recounted = 0 if dry_run else retractions.record(report)
        for work, notice in report.new:
            self.stdout.write(f"{work.key}: {notice}")
        for line in [*report.to_decide, *report.damage]:
            self.stderr.write(str(line))
        if report.damaged > len(report.damage):
            self.stderr.write(f"… and {report.damaged - len(report.damage)} more places like these.")
        affected = citing(report.affected) if report.affected else []
        if affected:
            self.stdout.write("Frameworks that cite what the file names:")
            for framework in affected:
                self.stdout.write(f"  {framework}")
        stored = "would be recorded" if dry_run else "recorded"
        self.stdout.write(
            f"{report.rows} rows: {len(report.new)} {stored}, {report.known} known, {report.undecided} to decide, "
            f"{report.others} of other works, {report.nameless} without DOI and PMID, {report.damaged} unreadable. "
            f"{len(affected)} frameworks affected, {recounted} listings counted anew."
        )
        if dry_run:
            self.stdout.write("Dry run: nothing was stored.")
        if report.damaged:
            sys.exit(1)
