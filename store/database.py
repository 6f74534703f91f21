"""One database, SQLite or PostgreSQL, and the transactions in it.

SQLite runs in WAL mode with `synchronous=FULL`: a commit survives the loss of power, and readers
never wait for the writer. Its write transactions take the write lock when they begin, since a lock
upgraded later can only fail; within one process they queue up fairly before it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from sqlite3 import Connection as SQLiteConnection
from threading import Lock
from typing import Any

from sqlalchemy import (
    Connection,
    CursorResult,
    Engine,
    Executable,
    RowMapping,
    Table,
    bindparam,
    cast,
    create_engine,
    event,
    func,
    insert,
    make_url,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from store.errors import DatabaseUnavailableError, SetupError

Row = Mapping[str, Any]

_BUSY_SECONDS = 30
_CONNECT_SECONDS = 5


class Transaction:
    """A write transaction that begins with its first statement.

    Belongs to one thread. What goes through `insert` is gathered, and sent as one statement per
    table when it commits, or before the next statement, so that reads see it.
    """

    def __init__(self, begin: Callable[[], Connection]) -> None:
        self._begin = begin
        self._connection: Connection | None = None
        self._rows: dict[Table, list[Row]] = defaultdict(list)
        self._committed: list[Callable[[], None]] = []

    @property
    def connection(self) -> Connection:
        """The open connection; asking for it begins the transaction."""
        if self._connection is None:
            self._connection = self._begin()
        return self._connection

    @property
    def is_postgresql(self) -> bool:
        """Whether PostgreSQL's own statements may be used."""
        return self.connection.dialect.name == "postgresql"

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        """Insert rows, all with the same columns, no later than with the next statement."""
        if rows:
            self._rows[table].extend(rows)

    def execute(
        self, statement: Executable, parameters: Sequence[Row] | Row | None = None
    ) -> CursorResult[Any]:
        """Run one statement, after the gathered inserts."""
        self.flush()
        return self.connection.execute(statement, parameters)

    def flush(self) -> None:
        """Send the gathered inserts."""
        while self._rows:
            table = next(iter(self._rows))
            rows = self._rows.pop(table)
            if self.is_postgresql:
                names = tuple(rows[0])
                columns = {name: [row[name] for row in rows] for name in names}
                self.connection.execute(_insert_columns(table, names), columns)
            else:
                self.connection.execute(insert(table), rows)

    def on_commit(self, callback: Callable[[], None]) -> None:
        """Call back once the commit has succeeded, in order of registration."""
        self._committed.append(callback)

    def finish(self) -> None:
        """Commit (where anything was begun) and call back."""
        self.flush()
        if self._connection is not None:
            self._connection.commit()
        for callback in self._committed:
            callback()


@lru_cache(maxsize=256)
def _insert_columns(table: Table, names: tuple[str, ...]) -> Executable:
    """Return an insert that takes one array per column.

    However many rows there are, the statement and its parameters stay few; the driver spends a
    third of the time that it takes over a list of rows.
    """
    columns = [table.c[name] for name in names]
    arrays = [
        # The type is said twice: for the server, and for what our own types do to each value.
        cast(bindparam(column.name, type_=ARRAY(column.type)), ARRAY(column.type))
        for column in columns
    ]
    return insert(table).from_select(columns, select(*map(func.unnest, arrays)))


class Database:
    """The database behind one engine. Safe to use from many threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writing = Lock() if engine.dialect.name == "sqlite" else None

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Run a block in one write transaction: committed when it ends, undone when it raises.

        Raises DatabaseUnavailableError when the database is down or cannot write.
        """
        with ExitStack() as stack, _translated():
            transaction = Transaction(lambda: self._begin(stack))
            yield transaction
            transaction.finish()

    def _begin(self, stack: ExitStack) -> Connection:
        if self._writing is not None:
            stack.enter_context(self._writing)
        connection = stack.enter_context(self.engine.connect())
        return connection.execution_options(muniment_write=True)

    def query(self, statement: Executable, parameters: Row | None = None) -> list[RowMapping]:
        """Return the rows of one reading statement. Raises DatabaseUnavailableError."""
        with _translated(), self.engine.connect() as connection:
            return list(connection.execute(statement, parameters).mappings())

    def check(self) -> None:
        """Return when the database answers; raise DatabaseUnavailableError if not."""
        self.query(text("SELECT 1"))

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeoutError) as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise DatabaseUnavailableError(f"database: {reason}") from error


def open_database(url: str, *, application: str = "muniment") -> Database:
    """Return the database at a SQLAlchemy URL; connects when first used.

    Raises SetupError for a URL that is neither SQLite nor PostgreSQL.
    """
    try:
        backend = make_url(url).get_backend_name()
    except ArgumentError as error:
        raise SetupError(
            "MUNIMENT_DATABASE_URL is no URL; it looks like sqlite:////var/lib/muniment.db or "
            "postgresql+psycopg2://user:password@host/database"
        ) from error
    if backend == "sqlite":
        engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    elif backend == "postgresql":
        engine = create_engine(
            url,
            pool_size=8,
            max_overflow=24,
            pool_timeout=_CONNECT_SECONDS,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": _CONNECT_SECONDS,
                "application_name": application,
                "options": "-c timezone=UTC",
            },
        )
    else:
        raise SetupError(
            f"MUNIMENT_DATABASE_URL: {backend} is not supported; use SQLite or PostgreSQL"
        )
    return Database(engine)


def _prepare_sqlite(connection: SQLiteConnection, _record: object) -> None:
    # The driver must not begin transactions of its own; `_begin_sqlite` does.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("muniment_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
