"""Cleans up after the trial, however that ended: also when it was killed itself.

It reads the number of the web server's process group from the trial, a line each time that one is started, and waits
for the end of its input, which comes when the trial closes it or is no more.
"""

import contextlib
import os
import shutil
import signal
import sys
from pathlib import Path

from config.embedded import server
from tests.durability.servers import Database


def main(folder):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    web = None
    for line in sys.stdin:
        web = int(line)
    if web is not None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(web, signal.SIGKILL)
    database = Database(folder)
    try:
        # Ended in peace it leaves no shared memory behind; the lock in there waits for one that is just starting.
        server.stop(database.folder)
    except server.EmbeddedPostgresError:
        database.kill()
    shutil.rmtree(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
