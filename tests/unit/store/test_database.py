"""Transactions on SQLite; what PostgreSQL does alike is shown by the integration tests."""

from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, select, text
from sqlalchemy.exc import IntegrityError

from store.database import Database, open_database
from store.errors import DatabaseUnavailableError, SetupError

METADATA = MetaData()
THINGS = Table("things", METADATA, Column("id", Integer, primary_key=True), Column("name", Text))
OTHERS = Table("others", METADATA, Column("id", Integer, primary_key=True))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A database with two tables."""
    with closing(open_database(f"sqlite:///{tmp_path / 'test.db'}")) as database:
        METADATA.create_all(database.engine)
        yield database


def names(database: Database) -> list[str]:
    return [row["name"] for row in database.query(select(THINGS).order_by(THINGS.c.id))]


def test_a_transaction_is_committed_when_its_block_ends(database: Database) -> None:
    with database.transaction() as transaction:
        transaction.insert(THINGS, [{"id": 1, "name": "a"}])
        transaction.insert(THINGS, [{"id": 2, "name": "b"}])
        assert names(database) == []
    assert names(database) == ["a", "b"]


def test_rows_can_be_read_some_at_a_time(database: Database) -> None:
    with database.transaction() as transaction:
        transaction.insert(THINGS, [{"id": number, "name": "x"} for number in range(5)])
    statement = select(THINGS.c.id).order_by(THINGS.c.id)
    some = [[row["id"] for row in rows] for rows in database.stream(statement, 2)]
    assert some == [[0, 1], [2, 3], [4]]


def test_a_transaction_is_undone_when_its_block_raises(database: Database) -> None:
    told = []
    with suppress(ZeroDivisionError), database.transaction() as transaction:
        transaction.insert(THINGS, [{"id": 1, "name": "a"}])
        transaction.flush()
        transaction.on_commit(lambda: told.append(1))
        raise ZeroDivisionError
    assert names(database) == []
    assert told == []


def test_statements_see_what_was_inserted_before(database: Database) -> None:
    with database.transaction() as transaction:
        transaction.insert(THINGS, [{"id": 1, "name": "a"}])
        assert transaction.execute(select(THINGS.c.name)).scalars().all() == ["a"]


def test_inserting_no_rows_inserts_nothing(database: Database) -> None:
    with database.transaction() as transaction:
        transaction.insert(THINGS, [])
    assert names(database) == []


def test_callbacks_come_after_the_commit_in_their_order(database: Database) -> None:
    seen: list[object] = []
    with database.transaction() as transaction:
        transaction.on_commit(lambda: seen.append(names(database)))
        transaction.on_commit(lambda: seen.append("second"))
        transaction.insert(THINGS, [{"id": 1, "name": "a"}])
    assert seen == [["a"], "second"]


def test_a_transaction_without_statements_takes_no_connection(database: Database) -> None:
    with database.transaction():
        assert database.engine.pool.status().endswith("Current Checked out connections: 0")


def test_a_failed_commit_calls_nobody_back(database: Database) -> None:
    told: list[int] = []

    def commit_what_cannot_be() -> None:
        with database.transaction() as transaction:
            transaction.on_commit(lambda: told.append(1))
            transaction.insert(THINGS, [{"id": 1, "name": "a"}, {"id": 1, "name": "b"}])

    with pytest.raises(IntegrityError):
        commit_what_cannot_be()
    assert told == []
    assert names(database) == []


def test_commits_survive_the_loss_of_power(database: Database) -> None:
    with database.engine.connect() as connection:
        settings = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    with database.transaction() as transaction:
        transaction.insert(THINGS, [{"id": 1, "name": "a"}])
        transaction.flush()
        database.check()
        assert names(database) == []


def test_many_writers_take_turns(database: Database) -> None:
    def count_up() -> None:
        for _ in range(20):
            with database.transaction() as transaction:
                (found,) = transaction.execute(text("SELECT count(*) FROM things")).one()
                transaction.insert(THINGS, [{"id": found, "name": str(found)}])

    threads = [Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names(database) == [str(number) for number in range(80)]


def test_a_database_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    with closing(open_database(f"sqlite:///{tmp_path}/nowhere/test.db")) as database:
        with pytest.raises(DatabaseUnavailableError, match=r"^database: unable to open") as caught:
            database.check()
        with pytest.raises(DatabaseUnavailableError), database.transaction() as transaction:
            transaction.execute(text("SELECT 1"))
    assert caught.value.dependency == "database"


def test_the_writers_turn_is_given_back_when_a_transaction_cannot_begin(tmp_path: Path) -> None:
    folder = tmp_path / "later"
    with closing(open_database(f"sqlite:///{folder / 'test.db'}")) as database:
        with pytest.raises(DatabaseUnavailableError), database.transaction() as transaction:
            transaction.execute(text("SELECT 1"))
        folder.mkdir()
        with database.transaction() as transaction:
            transaction.execute(text("SELECT 1"))


def test_a_file_that_is_no_database_is_not_taken_for_an_outage(tmp_path: Path) -> None:
    (tmp_path / "test.db").write_bytes(
        b"this is text, and long enough to be read as a header. " * 9
    )
    with closing(open_database(f"sqlite:///{tmp_path / 'test.db'}")) as database:
        with pytest.raises(Exception, match="file is not a database") as caught:
            database.check()
        assert not isinstance(caught.value, DatabaseUnavailableError)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://localhost/x", r"mysql is not supported; use SQLite or PostgreSQL"),
        ("nonsense", r"is no URL; it looks like sqlite:"),
        ("", r"is no URL; it looks like sqlite:"),
    ],
)
def test_any_other_url_is_refused_with_advice(url: str, message: str) -> None:
    with pytest.raises(SetupError, match=rf"^MUNIMENT_DATABASE_URL:? {message}"):
        open_database(url)


def test_a_refused_url_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(SetupError) as caught:
        open_database(f"user:hunter2@{tmp_path}")
    assert "hunter2" not in str(caught.value)
