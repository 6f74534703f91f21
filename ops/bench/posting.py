"""The load: a process that posts prebuilt requests over many connections, as cheaply as it can."""

import selectors
import socket
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from time import monotonic

from schemas.envelope import BATCH, JSON
from schemas.probes import ProbeRequested

EVENT_BYTES = 1024
"""Of an event's data."""

ACCEPTED = "202"
"""How a request is answered whose events are durable."""

_PROGRESS_SECONDS = 0.2
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be posted."""

    host: str
    port: int
    token: str
    ids: Sequence[str]
    """One event each."""
    connections: int
    batch: int = 1
    """Events per request; 1: in binary mode."""


@dataclass(frozen=True, slots=True)
class Posted:
    """How it went."""

    started: float
    ended: float
    """When the last answer came; both on the monotonic clock, which processes have in common."""
    answers: Mapping[str, int]
    """How many requests were answered with each status."""


def post(pipe: Connection, plan: Plan) -> None:
    """Say that everything is built, wait, post it all; say how many events, then a Posted."""
    requests = list(build(plan))
    pipe.send(None)
    pipe.recv()
    load = _Load(pipe, plan, requests)
    started = monotonic()
    load.run()
    pipe.send(Posted(started, monotonic(), load.answers))


def build(plan: Plan) -> Iterator[bytes]:
    """Yield one HTTP request per event, or per batch of them."""
    if plan.batch == 1:
        for key in plan.ids:
            yield _request(plan, _binary(key), data_of(key))
        return
    for start in range(0, len(plan.ids), plan.batch):
        events = b",".join(map(_structured, plan.ids[start : start + plan.batch]))
        yield _request(plan, {"Content-Type": BATCH}, b"[%b]" % events)


def data_of(key: str) -> bytes:
    """Return the data of the event `key`: JSON, EVENT_BYTES long."""
    head = b'{"probe":"%b","payload":"' % key.encode()
    filling = (key * (EVENT_BYTES // len(key) + 1)).encode()
    return head + filling[: EVENT_BYTES - len(head) - 2] + b'"}'


def _binary(key: str) -> dict[str, str]:
    return {
        "Content-Type": JSON,
        "ce-specversion": "1.0",
        "ce-id": key,
        "ce-source": "/bench",
        "ce-type": ProbeRequested.TYPE,
        "ce-subject": key,
        "ce-time": "2026-01-01T00:00:00Z",
    }


def _structured(key: str) -> bytes:
    return (
        b'{"specversion":"1.0","id":"%b","source":"/bench","type":"%b","subject":"%b",'
        b'"time":"2026-01-01T00:00:00Z","datacontenttype":"application/json","data":%b}'
    ) % (key.encode(), ProbeRequested.TYPE.encode(), key.encode(), data_of(key))


def _request(plan: Plan, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = {
        "Host": f"{plan.host}:{plan.port}",
        "Authorization": f"Bearer {plan.token}",
        "Content-Length": str(len(body)),
        **headers,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST /events HTTP/1.1\r\n{head}\r\n".encode() + body


class _Load:
    """Keeps one request under way on each connection."""

    def __init__(self, pipe: Connection, plan: Plan, requests: Sequence[bytes]) -> None:
        self.answers: Counter[str] = Counter()
        self._pipe = pipe
        self._batch = plan.batch
        self._requests = iter(requests)
        self._sockets = selectors.DefaultSelector()
        for _ in range(plan.connections):
            connected = socket.create_connection((plan.host, plan.port))
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sockets.register(connected, selectors.EVENT_READ, bytearray())

    def run(self) -> None:
        for key in list(self._sockets.get_map().values()):
            self._next(key)
        told = monotonic()
        while self._sockets.get_map():
            ready = self._sockets.select(_PATIENCE_SECONDS)
            if not ready:
                raise TimeoutError(f"no answer for {_PATIENCE_SECONDS:g} s")
            for key, _ in ready:
                self._read(key)
            if monotonic() - told > _PROGRESS_SECONDS:
                told = monotonic()
                self._pipe.send(self.answers.total() * self._batch)

    def _next(self, key: selectors.SelectorKey) -> None:
        request = next(self._requests, None)
        if request is None:
            self._sockets.unregister(key.fileobj)
            _socket(key).close()
        else:
            # Requests fit into the socket's buffers, or are read while we write: no dead lock.
            _socket(key).sendall(request)

    def _read(self, key: selectors.SelectorKey) -> None:
        got = _socket(key).recv(65536)
        if not got:
            raise ConnectionError("the ingress has closed a connection before it answered")
        key.data.extend(got)
        status = take_answer(key.data)
        if status is not None:
            self.answers[status] += 1
            self._next(key)


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


def _socket(key: selectors.SelectorKey) -> socket.socket:
    if not isinstance(key.fileobj, socket.socket):
        raise TypeError("only sockets are registered")
    return key.fileobj
