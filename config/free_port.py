"""Exit with one clear line if a server could not listen on HOST PORT. Run by `make`, on a bare Python."""

import errno
import socket
import sys


def explain_what_is_wrong_with(host, port):
    if not port.isdecimal() or not 0 < int(port) < 65536:
        return f"PORT={port} is not a port. Give a number from 1 to 65535: make run PORT=8001"
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind((host, int(port)))
            server.listen()
        except OSError as error:
            reason = (
                "is already in use"
                if error.errno == errno.EADDRINUSE
                else f"cannot be used ({error.strerror})"
            )
            return f"Port {port} on {host} {reason}. Choose another, as in PORT=8001"
    return None


if __name__ == "__main__":
    sys.exit(explain_what_is_wrong_with(*sys.argv[1:]))
