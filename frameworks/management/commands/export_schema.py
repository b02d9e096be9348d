from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from frameworks.schema import as_text


class Command(BaseCommand):
    help = "Write the JSON Schema of a framework's file, content/framework.schema.json."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument(
            "file", type=Path, nargs="?", default=settings.BASE_DIR / "content" / "framework.schema.json"
        )
        parser.add_argument(
            "--check", action="store_true", help="only say whether the file is what it should be"
        )

    def handle(self, *, file, check, **options):
        if check:
            if not file.exists() or file.read_text(encoding="utf-8") != as_text():
                raise CommandError(
                    f"{file} is not what the code says; run manage.py export_schema and commit it."
                )
            self.stdout.write(f"{file} is up to date.")
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(as_text(), encoding="utf-8", newline="\n")
        self.stdout.write(f"{file} written.")
