"""The load of events: a process that posts prebuilt requests over many connections."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection

from ops.bench.loading import Load
from schemas.envelope import BATCH, JSON
from schemas.probes import ProbeRequested

EVENT_BYTES = 1024
"""Of an event's data."""

ACCEPTED = "202"
"""How a request is answered whose events are durable."""


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


def post(pipe: Connection, plan: Plan) -> None:
    """Say that everything is built, wait, post it all; say how many events, then a Posted."""
    Load(pipe, (plan.host, plan.port), plan.connections, list(build(plan))).run(plan.batch)


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
