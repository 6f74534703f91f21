"""Databases and worlds for tests: the same bodies run in each. Taken in by `conftest.py` files."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from store.database import Database, open_database
from store.tables import metadata
from tests.equipment.emptying import make_empty, make_tables
from tests.equipment.making import MakeWorld
from tests.services.postgresql import PostgreSQL


@pytest.fixture(scope="session")
def shared_postgresql_url(postgresql: PostgreSQL) -> Iterator[str]:
    """The URL of a PostgreSQL database with all tables, for many tests in turn."""
    with postgresql.fresh_database() as url:
        make_tables(url)
        yield url


@pytest.fixture
def postgresql_tables_url(shared_postgresql_url: str) -> str:
    """The URL of a PostgreSQL database with all tables, and no rows in them."""
    make_empty(shared_postgresql_url)
    return shared_postgresql_url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database of either kind; that of `database`, where both are asked for."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'muniment.db'}"
    return str(request.getfixturevalue("postgresql_tables_url"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with all tables, of either kind."""
    with closing(open_database(database_url)) as database:
        metadata.create_all(database.engine)
        yield database


@pytest.fixture(params=["sqlite", "postgresql", "rabbitmq"])
def make_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeWorld]:
    """Makes a world: embedded on SQLite, embedded on PostgreSQL, or RabbitMQ and PostgreSQL."""
    with ExitStack() as stack:
        yield MakeWorld(request, tmp_path, stack)


@pytest.fixture(params=["sqlite", "postgresql"])
def make_embedded_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeWorld]:
    """Makes a world without RabbitMQ, for what no bus has a part in."""
    with ExitStack() as stack:
        yield MakeWorld(request, tmp_path, stack)
