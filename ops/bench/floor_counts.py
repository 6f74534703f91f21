"""The floor of the statistics: counts of events by type, in plain SQL, 500 in each transaction.

What is to be counted is known beforehand: there is no queue, no ledger, no hour, no duration, and
nothing that would keep a repetition from being counted twice. Either each event is an increment of
its own, as one batch of statements, or they are added up first, and each type is one row of one
statement: the least that can be done at all.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from time import monotonic

import psycopg2
from psycopg2.extras import execute_batch, execute_values
from sqlalchemy import make_url

from ops.bench.floor_amqp import dsn
from ops.bench.floor_jobs import DONE
from ops.bench.loading import Posted
from ops.bench.processes import wait_for_end

TABLE = "CREATE TABLE floor_counts (type text PRIMARY KEY, events bigint NOT NULL)"
_BATCH = 500
_BUSY_SECONDS = 30.0
_ADD = (
    "INSERT INTO floor_counts (type, events) VALUES {} ON CONFLICT (type) "
    "DO UPDATE SET events = floor_counts.events + excluded.events"
)
_Write = Callable[[Sequence[tuple[str, int]]], None]
"""Commits some increments."""


@dataclass(frozen=True, slots=True)
class Floor:
    """What is to be counted."""

    database_url: str
    types: Sequence[str]
    """One for each event."""
    summed: bool
    """Whether a batch is added up first."""


def make_table(database_url: str) -> None:
    """Make the floor's table."""
    if make_url(database_url).get_backend_name() == "sqlite":
        with closing(_sqlite(database_url)) as database:
            database.execute(TABLE)
        return
    with closing(psycopg2.connect(dsn(database_url))) as connection:
        connection.cursor().execute(TABLE)
        connection.commit()


def work(pipe: Connection, floor: Floor) -> None:
    """Say that everything is built, wait, do it all, say a Posted."""
    batches = [floor.types[start : start + _BATCH] for start in range(0, len(floor.types), _BATCH)]
    is_sqlite = make_url(floor.database_url).get_backend_name() == "sqlite"
    opened = _writing_sqlite if is_sqlite else _writing_postgresql
    with opened(floor) as write:
        pipe.send(None)
        pipe.recv()
        started = monotonic()
        for batch in batches:
            write(sorted(Counter(batch).items()) if floor.summed else [(one, 1) for one in batch])
        ended = monotonic()
    pipe.send(Posted(started, ended, {DONE: len(floor.types)}, [0.0] * len(floor.types)))
    wait_for_end(pipe)


@contextmanager
def _writing_postgresql(floor: Floor) -> Iterator[_Write]:
    with closing(psycopg2.connect(dsn(floor.database_url))) as connection:
        cursor = connection.cursor()

        def write(increments: Sequence[tuple[str, int]]) -> None:
            if floor.summed:
                execute_values(cursor, _ADD.format("%s"), increments, page_size=_BATCH)
            else:
                execute_batch(cursor, _ADD.format("(%s, %s)"), increments, page_size=_BATCH)
            connection.commit()

        yield write


@contextmanager
def _writing_sqlite(floor: Floor) -> Iterator[_Write]:
    with closing(_sqlite(floor.database_url)) as database:

        def write(increments: Sequence[tuple[str, int]]) -> None:
            database.execute("BEGIN IMMEDIATE")
            database.executemany(_ADD.format("(?, ?)"), increments)
            database.execute("COMMIT")

        yield write


def _sqlite(url: str) -> sqlite3.Connection:
    path = make_url(url).database or ""
    database = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    return database
