"""Muniment as it is deployed: an ingress and its consumers, each in a process of its own."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from sys import stderr
from urllib.parse import urlsplit

from consumers.registry import CONSUMERS
from ops import logs
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


@contextmanager
def running(place: Place, consumer: str) -> Iterator[Installation]:
    """Run an ingress and one consumer for a block; embedded, one process has everything.

    Raises MeasurementError when a process does not come up.
    """
    with ExitStack() as stack:
        processes = {}
        if place.embedded:
            every = tuple(one.name for one in CONSUMERS)
            processes["up"] = stack.enter_context(
                child("muniment up", serve, place.settings, True, every)
            )
            url = processes["up"].hear(_START_SECONDS)
        else:
            processes["ingress"] = stack.enter_context(
                child("muniment ingress", serve, place.settings, True, ())
            )
            url = processes["ingress"].hear(_START_SECONDS)
            processes["consumer"] = stack.enter_context(
                child(f"muniment consume {consumer}", serve, place.settings, False, (consumer,))
            )
            processes["consumer"].hear(_START_SECONDS)
        database = open_database(place.settings.database)
        stack.callback(database.close)
        parts = urlsplit(url)
        token = place.settings.operator_token.read_text().strip()
        yield Installation(parts.hostname or "", parts.port or 0, token, database, processes)


def serve(pipe: Connection, settings: Settings, ingress: bool, consumers: Sequence[str]) -> None:  # noqa: FBT001 - a process takes its arguments by position
    """Run part of Muniment until the pipe is closed."""
    logs.configure(stderr, level=settings.log_level)
    with system(settings, ingress=ingress, consumers=consumers) as started:
        pipe.send(started.url)
        wait_for_end(pipe)
