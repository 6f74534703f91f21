"""The database of a ckanpackager: its three tables, wherever SQLAlchemy finds them.

Its tables are `requests`, `errors` and `totals`; nothing else there is looked at.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import (
    Column,
    Engine,
    FromClause,
    Integer,
    MetaData,
    RowMapping,
    Table,
    Text,
    create_engine,
    inspect,
    make_url,
    select,
)
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError

from store.database import Database
from store.errors import SetupError

PAGE = 1000
_COLUMNS = {
    "requests": ("timestamp", "resource_id", "email", "domain", "count"),
    "errors": ("timestamp", "resource_id", "email", "message"),
    "totals": ("resource_id", "requests", "emails", "errors"),
}
_LATER = {"domain", "count"}
"""Columns that its older releases did not have."""


@dataclass(frozen=True, slots=True)
class Original:
    """An open database of a ckanpackager; each table has those of its columns that are there."""

    database: Database
    requests: Table
    errors: Table
    totals: Table | None


@contextmanager
def original(url: str) -> Iterator[Original]:
    """Open the database at a SQLAlchemy URL. Reading changes nothing in it.

    Raises SetupError when it is not there, or is not a ckanpackager's;
    DatabaseUnavailableError when its server does not answer.
    """
    with closing(Database(_engine(url))) as database:
        tables = _tables(database, url)
        yield Original(database, tables["requests"], tables["errors"], tables.get("totals"))


def pages(
    database: Database, table: FromClause, size: int = PAGE
) -> Iterator[Sequence[RowMapping]]:
    """Yield all rows of a table that has an `id`, by that, so many at a time."""
    found = database.query(select(table).order_by(table.c.id).limit(size))
    while found:
        yield found
        if len(found) < size:
            return
        later = select(table).where(table.c.id > found[-1]["id"])
        found = database.query(later.order_by(table.c.id).limit(size))


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        # Of any kind, so without what ours is told of: the file of another is not to be changed.
        engine = create_engine(parsed, hide_parameters=True)
    except ArgumentError as error:
        raise SetupError(
            "the database of the ckanpackager is told by a SQLAlchemy URL, such as "
            "sqlite:////var/lib/ckanpackager/stats.db"
        ) from error
    except ImportError as error:
        raise SetupError(f"no driver for {parsed.drivername}: {error}; install it") from error
    path = parsed.database
    if parsed.get_backend_name() == "sqlite" and path and not Path(path).is_file():
        # SQLite would make a new one.
        raise SetupError(f"there is no file {path}")
    return engine


def _tables(database: Database, url: str) -> dict[str, Table]:
    place = make_url(url).render_as_string(hide_password=True)
    metadata, tables = MetaData(), {}
    try:
        with database.transaction() as transaction:
            found = inspect(transaction.connection)
            names = _COLUMNS.keys() & set(found.get_table_names())
            for name in names:
                known = {column["name"] for column in found.get_columns(name)}
                there = [one for one in _COLUMNS[name] if one in known or one not in _LATER]
                tables[name] = _table(name, there, metadata)
    except OperationalError:
        raise
    except DatabaseError as error:
        raise SetupError(f"{place}: {error.orig}") from error
    if missing := sorted({"requests", "errors"} - tables.keys()):
        raise SetupError(f"{place} is not a ckanpackager's: there is no table {missing[0]!r}")
    return tables


def _table(name: str, columns: Sequence[str], metadata: MetaData) -> Table:
    identity = Column("id", Integer, primary_key=True)
    # What is told to be a number or a text is not looked at: SQLite keeps what it is given.
    return Table(name, metadata, identity, *(Column(one, Text) for one in columns))
