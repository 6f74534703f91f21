"""How a database answers statements: which indexes it uses, and which tables it reads whole."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, event

from store.database import Database


@dataclass(slots=True)
class Statements:
    """What was sent to a database, and is explained afterwards."""

    sent: list[tuple[str, Any]] = field(default_factory=list)
    """Text and parameters, as the driver took them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What databases say of statements."""

    indexes: tuple[str, ...]
    """Those that are used, each once."""
    whole: tuple[str, ...]
    """Tables that are read from beginning to end."""


@contextmanager
def overheard() -> Iterator[Statements]:
    """Listen to what a block sends."""
    heard = Statements()

    def hear(_connection: object, _cursor: object, *said: Any) -> None:  # noqa: ANN401 - SQLAlchemy's
        statement, parameters, *_ = said
        heard.sent.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


def explain(database: Database, heard: Statements) -> Plan:
    """Return how the statements are answered."""
    indexes: dict[str, None] = {}
    whole: dict[str, None] = {}
    explained = _sqlite if database.engine.dialect.name == "sqlite" else _postgresql
    with database.engine.connect() as connection:
        for statement, parameters in heard.sent:
            for table, index in explained(connection, statement, parameters):
                if index is not None:
                    indexes[index] = None
                elif table:
                    whole[table] = None
    return Plan(tuple(indexes), tuple(whole))


def _sqlite(
    connection: Connection,
    statement: str,
    parameters: Any,  # noqa: ANN401 - the driver's
) -> Iterator[tuple[str, str | None]]:
    for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters):
        words = str(row[3]).split()
        if words[0] not in ("SCAN", "SEARCH") or words[1].startswith("("):
            continue
        if "VIRTUAL" in words:
            yield words[1], words[1]
        elif "INDEX" in words:
            yield words[1], words[words.index("INDEX") + 1]
        elif "KEY" in words:
            yield words[1], f"{words[1]} by key"
        elif words[0] == "SCAN" and words[1] not in _NO_TABLES:
            yield words[1], None


_NO_TABLES = {"chosen", "anon_1", "CONSTANT"}
"""What a statement made itself."""


def _postgresql(
    connection: Connection,
    statement: str,
    parameters: Any,  # noqa: ANN401 - as above
) -> Iterator[tuple[str, str | None]]:
    told = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one()
    yield from _nodes(told[0]["Plan"])


def _nodes(node: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    if "Index Name" in node:
        yield "", node["Index Name"]
    elif node["Node Type"] == "Seq Scan":
        yield node["Relation Name"], None
    for inner in node.get("Plans", ()):
        yield from _nodes(inner)
