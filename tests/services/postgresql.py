"""A PostgreSQL for tests, whoever runs it."""

import getpass
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass

import psycopg2
from sqlalchemy import URL, make_url

from tests.services import compose
from tests.services.finding import ServiceMissingError

PACKAGE = "postgresql"


@dataclass
class PostgreSQL:
    """A database server, and a user that may create databases there."""

    url: URL
    """SQLAlchemy URL of a database to log in to."""
    close: Callable[[], None] = lambda: None
    """Ends a server that we started."""

    @property
    def version(self) -> str:
        """What the server says."""
        return self.execute("SHOW server_version").split()[0]

    @contextmanager
    def fresh_database(self) -> Iterator[str]:
        """Yield the SQLAlchemy URL of an empty database, and drop it afterwards."""
        name = f"muniment_test_{secrets.token_hex(6)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        try:
            yield self.url.set(database=name).render_as_string(hide_password=False)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def execute(self, statement: str) -> str:
        """Run one statement outside a transaction; return its first value, or nothing.

        Raises ServiceMissingError when the server cannot be reached or refuses.
        """
        dsn = self.url.set(drivername="postgresql").render_as_string(hide_password=False)
        try:
            with closing(psycopg2.connect(dsn, connect_timeout=30)) as connection:
                connection.autocommit = True
                with connection.cursor() as cursor:
                    cursor.execute(statement)
                    row = cursor.fetchone() if cursor.description else None
        except psycopg2.Error as error:
            raise ServiceMissingError(str(error).strip().partition("\n")[0]) from error
        return str(row[0]) if row else ""


def given(environ: Mapping[str, str]) -> PostgreSQL:
    """Return the server at MUNIMENT_TEST_DATABASE_URL. Raises ServiceMissingError."""
    return _usable(PostgreSQL(make_url(environ["MUNIMENT_TEST_DATABASE_URL"])))


def on_default_port() -> PostgreSQL:
    """Return this machine's server, if it trusts `postgres` or us. Raises ServiceMissingError."""
    url = URL.create("postgresql+psycopg2", host="127.0.0.1", port=5432, database="postgres")
    try:
        return _usable(PostgreSQL(url.set(username="postgres")))
    except ServiceMissingError:
        return _usable(PostgreSQL(url.set(username=getpass.getuser())))


def composed() -> PostgreSQL:
    """Start the server of docker-compose.yml. Raises ServiceMissingError."""
    running = compose.start("postgres")
    server = PostgreSQL(
        URL.create(
            "postgresql+psycopg2",
            username="muniment",
            password=running.environment["POSTGRES_PASSWORD"],
            host="127.0.0.1",
            port=int(running.environment["POSTGRES_PORT"]),
            database="muniment",
        ),
        running.server.close,
    )
    running.server.wait_until(lambda: server.version, seconds=compose.PATIENCE_SECONDS)
    return server


def _usable(server: PostgreSQL) -> PostgreSQL:
    with server.fresh_database():
        return server
