"""Rows as columns, the way PostgreSQL takes many of them at once: one parameter per column.

A column whose rows all say the same is that one value; any other is the text of an array. The
driver would write an array value by value, and the server read it back as that many expressions:
both together take several times as long as the insert itself.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Executable, Table, Text, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert
from sqlalchemy.dialects.sqlite import Insert as SQLiteInsert

Row = Mapping[str, Any]

OnConflict = Callable[[Insert | SQLiteInsert], Executable]
"""Adds to an insert what is to be done about rows that are there: a function of a module's, since
the statement is kept by it."""


def insert_columns(
    table: Table, rows: Sequence[Row], on_conflict: OnConflict | None = None
) -> tuple[Executable, Row]:
    """Return the statement and the parameters that insert rows, all with the same columns."""
    shared: list[str] = []
    parameters: dict[str, Any] = {}
    for name, first in rows[0].items():
        values = [row[name] for row in rows]
        # One column at least must be an array: the others are repeated as often as it is long.
        if values.count(first) == len(values) and (parameters or len(values) == 1):
            shared.append(name)
            parameters[name] = first
        else:
            parameters[name] = array_text(values)
    return _statement(table, tuple(parameters), frozenset(shared), on_conflict), parameters


@lru_cache(maxsize=256)
def _statement(
    table: Table,
    names: tuple[str, ...],
    shared: frozenset[str],
    on_conflict: OnConflict | None,
) -> Executable:
    columns = [table.c[name] for name in names]
    values = [
        cast(bindparam(column.name, type_=column.type), column.type)
        if column.name in shared
        else func.unnest(cast(bindparam(column.name, type_=Text), ARRAY(column.type)))
        for column in columns
    ]
    statement = insert(table).from_select(columns, select(*values))
    return statement if on_conflict is None else on_conflict(statement)


def array_text(values: Sequence[Any]) -> str:
    """Return PostgreSQL's text for an array of strings, numbers, booleans, times and None."""
    return f"{{{','.join(map(_element, values))}}}"


def _element(value: Any) -> str:  # noqa: ANN401 - whatever a column holds
    if value is None:
        return "NULL"
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a time without zone has no place in the database")
        return f'"{value.isoformat()}"'
    text = str(value)
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
