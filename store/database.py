"""One database, SQLite or PostgreSQL, and the transactions in it.

SQLite runs in WAL mode with `synchronous=FULL`: a commit survives the loss of power, and readers
never wait for the writer. Its write transactions take the write lock when they begin, since a lock
upgraded later can only fail; within one process they queue up fairly before it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from sqlite3 import Connection as SQLiteConnection
from threading import Lock
from time import monotonic
from typing import Any, TypeVar

from sqlalchemy import (
    Connection,
    CursorResult,
    Engine,
    Executable,
    RowMapping,
    Table,
    create_engine,
    event,
    insert,
    make_url,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import ConnectionPoolEntry

from store.columns import OnConflict, Row, insert_columns
from store.errors import DatabaseUnavailableError, SetupError

_BUSY_SECONDS = 30
_CONNECT_SECONDS = 5
_TOO_MUCH = "54"
"""SQLSTATE class: a limit of PostgreSQL's."""
_IDLE_SECONDS = 1.0
"""After which a connection may have been lost unnoticed."""

T = TypeVar("T")


class Transaction:
    """A write transaction that begins with its first statement.

    Belongs to one thread. What goes through `insert` is gathered, and sent as one statement per
    table when it commits, or before the next statement, so that reads see it.
    """

    def __init__(self, begin: Callable[[], Connection]) -> None:
        self._begin = begin
        self._connection: Connection | None = None
        self._rows: dict[Table, list[Row]] = defaultdict(list)
        self._done: set[Executable] = set()
        self._parts: dict[Callable[[Transaction], Any], Any] = {}
        self._flushing: list[Callable[[], None]] = []
        self._finishing: list[Callable[[], None]] = []
        self._committed: list[Callable[[], None]] = []

    @property
    def connection(self) -> Connection:
        """The open connection; asking for it begins the transaction."""
        if self._connection is None:
            self._connection = self._begin()
        return self._connection

    @property
    def begun(self) -> bool:
        """Whether anything has been sent to the database."""
        return self._connection is not None

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

    def insert_new(self, table: Table, *rows: Row) -> int:
        """Insert now those rows whose keys are not there yet; return how many they were."""
        put = postgresql.insert if self.is_postgresql else sqlite.insert
        return self.execute(put(table).values(list(rows)).on_conflict_do_nothing()).rowcount

    def merge(self, table: Table, rows: Sequence[Row], on_conflict: OnConflict) -> None:
        """Insert rows now, all with the same columns, or do what `on_conflict` says."""
        if not rows:
            return
        if self.is_postgresql:
            self.execute(*insert_columns(table, rows, on_conflict))
        else:
            self.execute(_sqlite_merge(table, on_conflict), rows)

    def flush(self) -> None:
        """Send the gathered inserts."""
        for callback in self._flushing:
            callback()
        while self._rows:
            table = next(iter(self._rows))
            rows = self._rows.pop(table)
            if self.is_postgresql:
                self.connection.execute(*insert_columns(table, rows))
            else:
                self.connection.execute(insert(table), rows)

    def execute_once(self, statement: Executable) -> None:
        """Run a statement without result, unless this transaction has done so already."""
        if statement not in self._done:
            self._done.add(statement)
            self.execute(statement)

    def part(self, kind: Callable[["Transaction"], T]) -> T:
        """Return `kind(self)`: the same for everybody who asks in this transaction."""
        if kind not in self._parts:
            self._parts[kind] = kind(self)
        found: T = self._parts[kind]
        return found

    def before_flush(self, callback: Callable[[], None]) -> None:
        """Call back whenever the gathered inserts are about to be sent: for who gathers more."""
        self._flushing.append(callback)

    def before_commit(self, callback: Callable[[], None]) -> None:
        """Call back when all else is done: for rows that many others wait for."""
        self._finishing.append(callback)

    def on_commit(self, callback: Callable[[], None]) -> None:
        """Call back once the commit has succeeded, in order of registration."""
        self._committed.append(callback)

    def finish(self) -> None:
        """Commit (where anything was begun) and call back."""
        self.flush()
        for callback in self._finishing:
            callback()
        self.flush()
        if self._connection is not None:
            self._connection.commit()
        for callback in self._committed:
            callback()


@lru_cache(maxsize=64)
def _sqlite_merge(table: Table, on_conflict: OnConflict) -> Executable:
    return on_conflict(sqlite.insert(table))


class Database:
    """The database behind one engine. Safe to use from many threads.

    What is a single statement goes through `single`, which may be an engine whose every statement
    is a transaction of its own: no begin, no commit, one way to the server and back.
    """

    def __init__(self, engine: Engine, single: Engine | None = None) -> None:
        self.engine = engine
        self._single = single
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
        with _translated(), (self._single or self.engine).connect() as connection:
            return list(connection.execute(statement, parameters).mappings())

    def stream(self, statement: Executable, size: int) -> Iterator[Sequence[RowMapping]]:
        """Yield the rows of one reading statement, `size` at a time: for more than memory holds.

        A connection is taken until the last is read. Raises DatabaseUnavailableError.
        """
        with _translated(), self.engine.connect() as connection:
            reading = connection.execution_options(yield_per=size)
            yield from reading.execute(statement).mappings().partitions()

    @contextmanager
    def snapshot(self) -> Iterator["Snapshot"]:
        """Read for a block what the database holds at one moment, whatever others write meanwhile.

        Raises DatabaseUnavailableError.
        """
        with _translated(), self.engine.connect() as connection:
            if self.engine.dialect.name == "postgresql":
                # SQLite's readers are like that anyway.
                options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
                connection.execution_options(**options)
            yield Snapshot(connection)

    def run(self, statement: Executable, parameters: Row | None = None) -> None:
        """Run one writing statement, and commit. Raises DatabaseUnavailableError."""
        if self._single is None:
            with self.transaction() as transaction:
                transaction.execute(statement, parameters)
        else:
            with _translated(), self._single.connect() as connection:
                connection.execute(statement, parameters)

    def check(self) -> None:
        """Return when the database answers; raise DatabaseUnavailableError if not."""
        self.query(text("SELECT 1"))

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()
        if self._single is not None:
            self._single.dispose()


class Snapshot:
    """One moment of a database: every statement sees the same rows. Belongs to one thread."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def query(self, statement: Executable, parameters: Row | None = None) -> list[RowMapping]:
        """Return the rows of one reading statement."""
        return list(self._connection.execute(statement, parameters).mappings())

    def stream(self, statement: Executable, size: int) -> Iterator[Sequence[RowMapping]]:
        """Yield the rows of one reading statement, `size` at a time."""
        options = {"yield_per": size}
        rows = self._connection.execute(statement, execution_options=options)
        yield from rows.mappings().partitions()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeoutError) as error:
        if str(getattr(getattr(error, "orig", None), "pgcode", "")).startswith(_TOO_MUCH):
            # These very values are more than the database takes; waiting mends nothing.
            raise
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
        engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS}, hide_parameters=True)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    elif backend == "postgresql":
        return Database(
            _postgresql_engine(url, application),
            _postgresql_engine(url, application, isolation_level="AUTOCOMMIT"),
        )
    else:
        raise SetupError(
            f"MUNIMENT_DATABASE_URL: {backend} is not supported; use SQLite or PostgreSQL"
        )
    return Database(engine)


def _postgresql_engine(url: str, application: str, **options: Any) -> Engine:  # noqa: ANN401
    engine = create_engine(
        url,
        # Errors are kept, and values may be secrets.
        hide_parameters=True,
        pool_size=8,
        max_overflow=24,
        pool_timeout=_CONNECT_SECONDS,
        connect_args={
            "connect_timeout": _CONNECT_SECONDS,
            "application_name": application,
            "options": "-c timezone=UTC",
        },
        **options,
    )
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", _ask_if_idle)
    return engine


def _note_use(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info["used"] = monotonic()


def _ask_if_idle(connection: DBAPIConnection, record: ConnectionPoolEntry, _: object) -> None:
    # To ask each time (`pool_pre_ping`) costs a busy process as much as what it is about to do.
    if monotonic() < record.info.get("used", monotonic()) + _IDLE_SECONDS:
        return
    try:
        cursor = connection.cursor()
        cursor.execute("SELECT 1")
        cursor.close()
        connection.rollback()
    except Exception as error:
        raise DisconnectionError from error


def _prepare_sqlite(connection: SQLiteConnection, _record: object) -> None:
    # The driver must not begin transactions of its own; `_begin_sqlite` does.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "case_sensitive_like=ON",  # as PostgreSQL's is
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("muniment_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
