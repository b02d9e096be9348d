"""The database engine of a bare machine: PostgreSQL as ever, started when the first connection is asked for."""

from django.db.backends.postgresql import base

from config.embedded import server


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self):
        # Django asks for these before every connection, pooled or not, and at no other time: so settings,
        # lint and --help start nothing, and a server that died in the night is started again by the next click.
        self.settings_dict["HOST"] = server.ensure_running(self.settings_dict["FOLDER"])
        return super().get_connection_params()
