"""A database such as ckanpackager 0.4 leaves behind."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

TABLES = """
CREATE TABLE requests (id INTEGER PRIMARY KEY, timestamp INTEGER, resource_id TEXT, email TEXT,
                       domain TEXT, count TEXT);
CREATE TABLE errors (id INTEGER PRIMARY KEY, timestamp INTEGER, resource_id TEXT, email TEXT,
                     message TEXT);
CREATE TABLE totals (id INTEGER PRIMARY KEY, resource_id TEXT, requests INTEGER, emails INTEGER,
                     errors INTEGER);
"""

Request = tuple[int, str, str, str | None, object]
"""Timestamp, resource, address, domain, count."""


def make_original(
    path: Path,
    requests: Sequence[Request] = (),
    errors: Sequence[tuple[int, str, str, str]] = (),
    totals: Sequence[tuple[str, int, int, int]] = (),
    tables: str = TABLES,
) -> str:
    """Make the file, and return its SQLAlchemy URL."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(tables)
        for table, rows, columns in (
            ("requests", requests, "timestamp, resource_id, email, domain, count"),
            ("errors", errors, "timestamp, resource_id, email, message"),
            ("totals", totals, "resource_id, requests, emails, errors"),
        ):
            if rows:
                marks = ", ".join("?" for _ in rows[0])
                connection.executemany(
                    f"INSERT INTO {table} ({columns}) VALUES ({marks})",  # noqa: S608 - ours
                    rows,
                )
    return f"sqlite:///{path}"


def rows_of(path: Path, table: str) -> list[tuple[object, ...]]:
    """Return the rows of a table of the file, by id."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"SELECT * FROM {table} ORDER BY id").fetchall()  # noqa: S608
