from django.core.management.base import BaseCommand, CommandError
from django.db import connection


class Command(BaseCommand):
    help = "Stop the embedded PostgreSQL. It starts again when the next command needs it; no data is lost."
    requires_system_checks = []

    def handle(self, *args, **options):
        if connection.settings_dict["ENGINE"] != "config.embedded":
            raise CommandError("DATABASE_URL names a server of your own, which is not ours to stop.")
        from config.embedded import server

        stopped = server.stop(connection.settings_dict["FOLDER"])
        self.stdout.write("The database has stopped." if stopped else "The database was not running.")
