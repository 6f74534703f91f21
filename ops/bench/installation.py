"""Muniment as it is deployed: an ingress and its consumers, each in a process of its own."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from sys import stderr
from urllib.parse import urlsplit

from consumers.registry import CONSUMERS
from ops import logs
from ops.bench.meters import Meter, cpu_seconds
from ops.bench.places import Place
from ops.bench.processes import Child, child, wait_for_end
from ops.settings import Settings
from ops.wiring import system
from store.database import Database, open_database

_START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Installation:
    """A running Muniment."""

    host: str
    port: int
    token: str
    database: Database
    """Opened here, to see what has happened."""
    processes: Mapping[str, Child]
    """By what they do."""
    meters: Mapping[str, Meter]
    """Of its processes, and of the servers that it uses."""


@dataclass(frozen=True, slots=True)
class Role:
    """What one process does."""

    ingress: bool = False
    consumers: Sequence[str] = ()


@contextmanager
def running(place: Place, *consumers: str, alone: bool = False) -> Iterator[Installation]:
    """Run an ingress, and consumers in another process, for a block.

    Embedded, one process has it all, every other consumer too unless these are `alone`. Raises
    MeasurementError when a process does not come up.
    """
    roles = _together(consumers if alone else ()) if place.embedded else _apart(consumers)
    with ExitStack() as stack:
        processes: dict[str, Child] = {}
        urls = []
        for name, role in roles.items():
            process = stack.enter_context(child(f"muniment {name}", serve, place.settings, role))
            processes[name] = process
            urls.append(process.hear(_START_SECONDS))
        database = open_database(place.settings.database)
        stack.callback(database.close)
        parts = urlsplit(urls[0])
        token = place.settings.operator_token.read_text().strip()
        meters: dict[str, Meter] = {
            name: partial(cpu_seconds, process.pid) for name, process in processes.items()
        }
        meters.update(place.servers)
        host, port = parts.hostname or "", parts.port or 0
        yield Installation(host, port, token, database, processes, meters)


def serve(pipe: Connection, settings: Settings, role: Role) -> None:
    """Run part of Muniment until the pipe is closed."""
    logs.configure(stderr, level=settings.log_level)
    with system(settings, ingress=role.ingress, consumers=role.consumers) as started:
        pipe.send(started.url)
        wait_for_end(pipe)


def _together(consumers: Sequence[str]) -> dict[str, Role]:
    everything = tuple(one.name for one in CONSUMERS)
    return {"up": Role(ingress=True, consumers=consumers or everything)}


def _apart(consumers: Sequence[str]) -> dict[str, Role]:
    return {"ingress": Role(ingress=True), "consumer": Role(consumers=consumers)}
