"""One moment of a database, whatever others write meanwhile."""

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import DBAPIError

from store.database import Database
from store.errors import DatabaseUnavailableError
from store.tables import record_objects

COUNT = select(func.count().label("rows")).select_from(record_objects)


def add(database: Database, *names: str) -> None:
    with database.transaction() as transaction:
        transaction.insert(record_objects, [{"sha256": name} for name in names])


def test_every_statement_sees_the_same_rows(database: Database) -> None:
    add(database, "a", "b", "c")
    with database.snapshot() as snapshot:
        assert snapshot.query(COUNT)[0]["rows"] == 3
        pages = snapshot.stream(select(record_objects).order_by(record_objects.c.sha256), 2)
        first = next(pages)
        add(database, "d")
        assert snapshot.query(COUNT)[0]["rows"] == 3
        names = [[row["sha256"] for row in page] for page in (first, *pages)]
        assert names == [["a", "b"], ["c"]]
    assert database.query(COUNT)[0]["rows"] == 4


def test_its_connection_writes_again_afterwards(database: Database) -> None:
    for name in ("a", "b"):
        with database.snapshot() as snapshot:
            snapshot.query(COUNT)
        add(database, name)
    assert database.query(COUNT)[0]["rows"] == 2


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_server_lets_it_change_nothing(database: Database) -> None:
    with (
        pytest.raises((DBAPIError, DatabaseUnavailableError), match="read-only"),
        database.snapshot() as snapshot,
    ):
        snapshot.query(insert(record_objects).values(sha256="a"))
    assert database.query(COUNT)[0]["rows"] == 0
