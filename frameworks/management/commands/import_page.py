import json
import sys
from collections import Counter
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from frameworks.comparison import as_text
from frameworks.importing import CannotImport, ImportPlan, dry_run, store
from frameworks.library_files import counted
from frameworks.matching import How
from frameworks.yaml_text import Refused


class Command(BaseCommand):
    help = (
        "Bring one framework into the library as a draft, from the plain text of a page or from a YAML file. "
        "Publishes nothing. Safe to run twice."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", metavar="FILE", help="the text; - reads standard input")
        parser.add_argument(
            "--slug", default="", help="the framework's address; made of the title where left out"
        )
        parser.add_argument(
            "--category", default="", help="slug or name, where the text names none that there is"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, and store nothing")
        parser.add_argument(
            "--json",
            action="store_true",
            help="with --dry-run: print what the text says, and what was not understood",
        )

    def handle(self, *, file, slug, category, **options):
        if options["json"] and not options["dry_run"]:
            raise CommandError("--json prints what would be stored: give --dry-run as well.")
        try:
            plan = dry_run(_content(file), slug, category=category)
            if options["json"]:
                self.stdout.write(json.dumps(_as_data(plan), ensure_ascii=False, indent=2))
                return
            self._say(plan)
            if options["dry_run"]:
                if plan.obstacle:
                    self.stdout.write(f"It cannot be stored: {plan.obstacle}")
                self.stdout.write("Dry run: nothing was stored.")
                return
            store(plan)
        except Refused as refused:
            raise CommandError(str(refused)) from None
        except CannotImport as problem:
            raise CommandError(f"{file}: {problem}") from None
        self.stdout.write(_outcome(plan))

    def _say(self, plan: ImportPlan) -> None:
        for title, lines in {
            "Changes": as_text(plan.comparison).splitlines(),
            "Found again": [str(match) for match in plan.matches if match.how is not How.NEW],
            "Not recognised": [f"line {line.line}: {line.text}" for line in plan.unrecognised],
            "To be judged": [str(remark) for remark in plan.disagreements],
            "Before it can be published": [problem.message for problem in plan.problems],
        }.items():
            if lines:
                self.stdout.write("\n".join([f"{title}:", *(f"  {line}" for line in lines), ""]))


def _content(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as problem:
        raise CommandError(f"{file} cannot be read: {problem.strerror}") from None


def _as_data(plan: ImportPlan) -> dict:
    document = plan.alone.model_dump(mode="json")
    if plan.printed_category is not None:
        document["category"] = plan.printed_category
    return {
        "document": document,
        "unrecognised": [{"line": line.line, "text": line.text} for line in plan.unrecognised],
        "disagreements": [*map(str, plan.disagreements), *([plan.obstacle] if plan.obstacle else [])],
    }


def _outcome(plan: ImportPlan) -> str:
    if not plan.is_new and not plan.comparison:
        return f"{plan.slug}: nothing changed."
    entries = Counter(
        "new" if change.added else "removed" if change.removed else "changed"
        for change in plan.comparison.entries
    )
    said = ", ".join(f"{entries[what]} {what}" for what in ("new", "changed", "removed") if entries[what])
    return (
        f"{plan.slug}: {'new draft' if plan.is_new else 'draft changed'}. Entries: {said or 'none changed'}. "
        f"{counted(len(plan.new_sources), 'sources')} added to the bibliography. Nothing was published."
    )
