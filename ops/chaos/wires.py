"""A wire to a server that can be cut: installations that are to be broken connect through one."""

import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Lock, Thread

_PIECE = 256 * 1024
_CONNECT_SECONDS = 5.0
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: what is closed is reset, and what was on its way is gone."""


class Wire(ThreadingTCPServer):
    """Listens on a port of its own, and passes everything on to the server and back."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, target: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.target = target
        self._lock = Lock()
        self._ends: set[socket.socket] = set()

    @property
    def port(self) -> int:
        """Where it listens, on 127.0.0.1."""
        return int(self.server_address[1])

    def cut(self) -> int:
        """Reset every connection there is; new ones are let through. Returns how many it were."""
        with self._lock:
            ends, self._ends = self._ends, set()
        for end in ends:
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        # All have been told how to close before the first wakes, since it closes the other, too.
        for end in ends:
            with suppress(OSError):
                # Wakes whoever reads from it and sends nothing: the close that follows resets.
                end.shutdown(socket.SHUT_RD)
        return len(ends) // 2

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """Close a connection, and say no goodbye before: that would keep it from being reset."""
        if isinstance(request, socket.socket):
            request.close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of connections that broke: that is what a wire is for."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type] # as it came

    def joined(self, *ends: socket.socket) -> None:
        """Take the two ends of a new connection."""
        with self._lock:
            self._ends.update(ends)

    def parted(self, *ends: socket.socket) -> None:
        """Forget the two ends of a connection."""
        with self._lock:
            self._ends.difference_update(ends)


class _Connection(BaseRequestHandler):
    request: socket.socket
    server: Wire

    def handle(self) -> None:
        try:
            target = socket.create_connection(self.server.target, _CONNECT_SECONDS)
        except OSError:
            return  # the server is down, and whoever asked finds a closed connection
        with target:
            for end in (self.request, target):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            target.settimeout(None)
            self.server.joined(self.request, target)
            answers = Thread(target=_copy, args=(target, self.request), daemon=True)
            answers.start()
            _copy(self.request, target)
            answers.join()
            self.server.parted(self.request, target)


def _copy(source: socket.socket, target: socket.socket) -> None:
    """Pass bytes on until either end closes; then close both, so that both threads end."""
    with suppress(OSError):
        while data := source.recv(_PIECE):
            target.sendall(data)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RD)


@contextmanager
def wired(host: str, port: int) -> Iterator[Wire]:
    """Have a wire to a server for a block."""
    with Wire((host, port)) as wire:
        thread = Thread(target=wire.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        try:
            yield wire
        finally:
            wire.shutdown()
            wire.cut()
            thread.join()
