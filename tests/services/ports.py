"""Ports on the loopback address that nobody listens on."""

import secrets
import socket
from contextlib import ExitStack, suppress

_RANGE = range(20_000, 32_000)
"""Below the ports that systems give to whoever connects: such a one would sit on the port of a
server that is down for a moment."""

_promised: list[socket.socket] = []
"""One of UDP beside each port that was given, for as long as this process lives. Several processes
test at a time, and must not be given the same port before a server listens there."""


def free_ports(count: int) -> list[int]:
    """Return `count` different ports that nobody listens on, nor was promised."""
    found: list[int] = []
    while len(found) < count:
        port = secrets.choice(_RANGE)
        with suppress(OSError), ExitStack() as unless_free:
            promise = unless_free.enter_context(_bound(socket.SOCK_DGRAM, port))
            with _bound(socket.SOCK_STREAM, port):
                unless_free.pop_all()
            _promised.append(promise)
            found.append(port)
    return found


def _bound(kind: socket.SocketKind, port: int) -> socket.socket:
    bound = socket.socket(type=kind)
    try:
        bound.bind(("127.0.0.1", port))
    except OSError:
        bound.close()
        raise
    return bound
