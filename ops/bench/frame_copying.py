"""Writes very many rows, as a restore does: without indexes, which are made when all are there."""

import io
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any, cast

from psycopg2.extensions import cursor
from sqlalchemy import Connection, Index, Table, inspect, text

from ops.bench.frame_specimens import TABLES, Frames
from store.database import Database
from store.frames.name_index import POSTGRESQL, SQLITE
from store.tables import metadata

_REBUILD = "INSERT INTO frame_names (frame_names) VALUES ('rebuild')"
_TRIGRAMS = ("ix_frames_basename_trigrams", "ix_frames_target_trigrams")


def copy(database: Database, made: Frames, report: Callable[[int], None]) -> None:
    """Fill the tables of a database without frames; `report` hears of rows of `frames`."""
    tables = [metadata.tables[name] for name in TABLES]
    indexes = [index for table in tables for index in sorted(table.indexes, key=_name)]
    with database.transaction() as transaction:
        connection = transaction.connection
        _drop(connection, indexes)
        for batch in made.batches():
            for name, rows in batch.items():
                write = _copy if transaction.is_postgresql else _insert
                write(connection, metadata.tables[name], rows)
            report(len(batch.get("frames", ())))
        for index in indexes:
            index.create(connection)
        _make_names(connection)
    if database.engine.dialect.name == "postgresql":
        # Autovacuum comes to the same some minutes later.
        with database.engine.connect() as connection:
            idle = connection.execution_options(isolation_level="AUTOCOMMIT")
            idle.execute(text("VACUUM ANALYZE"))


def _name(index: Index) -> str:
    return str(index.name)


def _drop(connection: Connection, indexes: Sequence[Index]) -> None:
    for index in indexes:
        index.drop(connection)
    if connection.dialect.name == "sqlite":
        for event in ("insert", "update", "delete"):
            connection.execute(text(f"DROP TRIGGER frame_names_{event}"))
        return
    there = {one["name"] for one in inspect(connection).get_indexes("frames")}
    for name in there.intersection(_TRIGRAMS):
        connection.execute(text(f"DROP INDEX {name}"))


def _make_names(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(POSTGRESQL)
        return
    for statement in (*SQLITE, _REBUILD):
        connection.exec_driver_sql(statement)


def _copy(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    told = io.StringIO(
        "".join(
            "\t".join(r"\N" if value is None else str(value) for value in row) + "\n"
            for row in rows
        )
    )
    with closing(cast("cursor", connection.connection.cursor())) as copying:
        copying.copy_expert(f"COPY {table.name} ({_columns(table)}) FROM STDIN", told)


def _insert(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    marks = ", ".join("?" for _ in table.c)
    if rows:
        statement = f"INSERT INTO {table.name} ({_columns(table)}) VALUES ({marks})"  # noqa: S608 - names of ours
        connection.exec_driver_sql(statement, list(rows))


def _columns(table: Table) -> str:
    return ", ".join(column.name for column in table.c)
