"""The floor on SQLite: the least that can be done for the same durable outcome in one file.

One process commits requests 200 at a time; another takes up to 200, and commits their rows, their
follow-ons and their removal at once. WAL and `synchronous=FULL`, as ours.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from time import monotonic

from ops.bench.posting import data_of
from ops.bench.processes import wait_for_end

_ROWS = 200
_BUSY_SECONDS = 30.0
_PAUSE_SECONDS = 0.002
_TABLES = """
CREATE TABLE requests (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, data TEXT NOT NULL);
CREATE TABLE rows (key TEXT PRIMARY KEY, recorded_at TEXT NOT NULL, data TEXT NOT NULL);
CREATE TABLE answers (id INTEGER PRIMARY KEY, cause TEXT NOT NULL, data TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Floor:
    """What either process has to know."""

    path: Path
    ids: Sequence[str]


def create(path: Path) -> None:
    """Make the tables."""
    with closing(_open(path)) as database:
        database.executescript(_TABLES)


def publish(pipe: Connection, floor: Floor) -> None:
    """Commit every request, and say when that began."""
    rows = [(key, data_of(key).decode()) for key in floor.ids]
    with closing(_open(floor.path)) as database:
        pipe.send(None)
        pipe.recv()
        pipe.send(monotonic())
        for start in range(0, len(rows), _ROWS):
            database.execute("BEGIN IMMEDIATE")
            database.executemany(
                "INSERT INTO requests (key, data) VALUES (?, ?)", rows[start : start + _ROWS]
            )
            database.execute("COMMIT")
    wait_for_end(pipe)


def consume(pipe: Connection, floor: Floor) -> None:
    """Handle every request, and say when the last follow-on was committed."""
    left = len(floor.ids)
    with closing(_open(floor.path)) as database:
        pipe.send(None)
        while left:
            taken = _take(database)
            left -= taken
            if not taken and pipe.poll(_PAUSE_SECONDS):
                return
        pipe.send(monotonic())
    wait_for_end(pipe)


def take_answers(path: Path) -> list[str]:
    """Return the causes of all follow-ons, and remove these."""
    with closing(_open(path)) as database:
        return [cause for (cause,) in database.execute("DELETE FROM answers RETURNING cause")]


def _take(database: sqlite3.Connection) -> int:
    select = f"SELECT id, key, data FROM requests ORDER BY id LIMIT {_ROWS}"  # noqa: S608 - a number of ours
    if not database.execute("SELECT 1 FROM requests LIMIT 1").fetchone():
        return 0
    database.execute("BEGIN IMMEDIATE")
    taken = database.execute(select).fetchall()
    now = datetime.now(UTC).isoformat()
    database.executemany("INSERT INTO rows VALUES (?, ?, ?)", [(k, now, d) for _, k, d in taken])
    database.executemany(
        "INSERT INTO answers (cause, data) VALUES (?, ?)",
        [(key, f'{{"probe":"{key}","position":{number}}}') for number, key, _ in taken],
    )
    database.execute("DELETE FROM requests WHERE id <= ?", (taken[-1][0],))
    database.execute("COMMIT")
    return len(taken)


def _open(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    return database
