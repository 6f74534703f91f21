"""A load: one request under way on each of many connections, as cheaply as can be."""

import selectors
import socket
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from time import monotonic

_PROGRESS_SECONDS = 0.2
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Posted:
    """How it went."""

    started: float
    ended: float
    """When the last answer came; both on the monotonic clock, which processes have in common."""
    answers: Mapping[str, int]
    """How many requests were answered with each status."""
    times: Sequence[float] = ()
    """Milliseconds from each request until its answer."""


class Load:
    """Sends prebuilt requests over some connections, and tells through a pipe how far it is."""

    def __init__(
        self,
        pipe: Connection,
        address: tuple[str, int],
        connections: int,
        requests: Sequence[bytes],
    ) -> None:
        self._pipe = pipe
        self._address = address
        self._connections = connections
        self._requests = iter(requests)
        self._answers: Counter[str] = Counter()
        self._times: list[float] = []
        self._sockets = selectors.DefaultSelector()

    def run(self, things: int = 1) -> None:
        """Say that it can begin, wait, send all; say how many things went, then a Posted.

        `things`: how many of them are in each request.
        """
        self._pipe.send(None)
        self._pipe.recv()
        self._connect()
        started = monotonic()
        self._drive(things)
        self._pipe.send(Posted(started, monotonic(), self._answers, self._times))

    def _connect(self) -> None:
        for _ in range(self._connections):
            connected = socket.create_connection(self._address)
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sockets.register(connected, selectors.EVENT_READ, _Line(connected))

    def _drive(self, things: int) -> None:
        for key in list(self._sockets.get_map().values()):
            self._next(key.data)
        told = monotonic()
        while self._sockets.get_map():
            ready = self._sockets.select(_PATIENCE_SECONDS)
            if not ready:
                raise TimeoutError(f"no answer for {_PATIENCE_SECONDS:g} s")
            for key, _ in ready:
                self._read(key.data)
            if monotonic() - told > _PROGRESS_SECONDS:
                told = monotonic()
                self._pipe.send(self._answers.total() * things)

    def _next(self, line: "_Line") -> None:
        request = next(self._requests, None)
        if request is None:
            self._sockets.unregister(line.socket)
            line.socket.close()
        else:
            line.sent = monotonic()
            # Requests fit into the socket's buffers, or are read while we write: no dead lock.
            line.socket.sendall(request)

    def _read(self, line: "_Line") -> None:
        got = line.socket.recv(65536)
        if not got:
            raise ConnectionError("the ingress has closed a connection before it answered")
        line.received += got
        status = take_answer(line.received)
        if status is not None:
            self._times.append(1000 * (monotonic() - line.sent))
            self._answers[status] += 1
            self._next(line)


class _Line:
    """One connection."""

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected
        self.received = bytearray()
        self.sent = 0.0
        """When the request under way was; monotonic."""


def take_answer(received: bytearray) -> str | None:
    """Remove one whole answer from what has been received, and return its status."""
    head_end = received.find(b"\r\n\r\n")
    if head_end < 0:
        return None
    head = bytes(received[:head_end]).lower()
    length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
    end = head_end + 4 + length
    if len(received) < end:
        return None
    del received[:end]
    return head[9:12].decode()


def read_answer(connection: socket.socket) -> str:
    """Return the status of the next answer. Raises ConnectionError when there is none."""
    received = bytearray()
    while (status := take_answer(received)) is None:
        if not (got := connection.recv(65536)):
            raise ConnectionError("the ingress has closed the connection before it answered")
        received += got
    return status
