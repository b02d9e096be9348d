from django.core.management.commands import runserver


class Command(runserver.Command):
    """Django's server for developers, reloading on every change; files go through whitenoise, as in production."""

    def on_bind(self, server_port):
        host = f"[{self.addr}]" if self._raw_ipv6 else self.addr
        self.stdout.write(f"\nTracework is at http://{host}:{server_port}/  (Ctrl-C stops it)\n\n")
        self.stdout.flush()  # also where it goes to a file
