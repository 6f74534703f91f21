"""The load of files: a process that uploads over several connections, as cheaply as it can."""

import socket
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass
from multiprocessing.connection import Connection
from queue import Empty, SimpleQueue
from time import monotonic
from urllib.parse import quote

from ops.bench.loading import Posted, read_answer
from ops.bench.specimens import Specimen

_PROGRESS_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be uploaded."""

    host: str
    port: int
    token: str
    specimens: Sequence[Specimen]
    connections: int


def upload(pipe: Connection, plan: Plan) -> None:
    """Say that it can begin, wait, upload it all; say how many files, then a Posted."""
    waiting: SimpleQueue[Specimen] = SimpleQueue()
    for one in plan.specimens:
        waiting.put(one)
    answers: Counter[str] = Counter()
    pipe.send(None)
    pipe.recv()
    started = monotonic()
    with ThreadPoolExecutor(plan.connections) as pool:
        senders = {pool.submit(_send_all, plan, waiting, answers) for _ in range(plan.connections)}
        while wait(senders, _PROGRESS_SECONDS).not_done:
            pipe.send(answers.total())
        for sender in senders:
            sender.result()
    pipe.send(Posted(started, monotonic(), answers))


def _send_all(plan: Plan, waiting: SimpleQueue[Specimen], answers: Counter[str]) -> None:
    with closing(socket.create_connection((plan.host, plan.port))) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for one in _taken(waiting):
            connection.sendall(_head(plan, one))
            with one.path.open("rb") as file:
                connection.sendfile(file)
            answers[read_answer(connection)] += 1


def _taken(waiting: SimpleQueue[Specimen]) -> Iterator[Specimen]:
    while True:
        try:
            yield waiting.get_nowait()
        except Empty:
            return


def _head(plan: Plan, one: Specimen) -> bytes:
    headers: Mapping[str, object] = {
        "Host": f"{plan.host}:{plan.port}",
        "Authorization": f"Bearer {plan.token}",
        "Content-Type": "application/octet-stream",
        "Content-Length": one.size,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"PUT /files/{quote(one.name)} HTTP/1.1\r\n{lines}\r\n".encode()
