"""What is held of frames on PostgreSQL, others wait for."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import text

from store.database import Database, open_database
from store.errors import DatabaseUnavailableError
from store.frames.locks import What, hold, hold_combinations

MANY: list[What] = [("frame", f"frame-{n}") for n in range(3000)]
SOON = text("SET LOCAL lock_timeout = '100ms'")


@pytest.fixture
def database(postgresql_tables_url: str) -> Iterator[Database]:
    """PostgreSQL's."""
    with closing(open_database(postgresql_tables_url)) as database:
        yield database


def waits(database: Database, *asked: What) -> bool:
    """Whether whoever asks for this now has to wait."""
    try:
        with database.transaction() as transaction:
            transaction.execute(SOON)
            hold(transaction, asked)
    except DatabaseUnavailableError:
        return True
    return False


def test_only_who_wants_the_same_waits(database: Database) -> None:
    """A name and a key are not the same."""
    with database.transaction() as transaction:
        hold(transaction, [("frame", "a"), ("md5", "b")])
        hold(transaction, [])
        assert waits(database, ("frame", "c"), ("md5", "b"))
        assert not waits(database, ("key", "a"), ("frame", "b"), ("frame", "c"))
    assert not waits(database, ("frame", "a"))


def test_who_wants_very_many_holds_all(database: Database) -> None:
    """Since each lock takes room that the server has but for thousands."""
    with database.transaction() as transaction:
        hold(transaction, MANY)
        assert waits(database, ("frame", "another"))
    with database.transaction() as transaction:
        hold(transaction, [("frame", "another")])
        assert waits(database, *MANY)


def test_who_takes_frames_away_waits_for_those_who_add_some(database: Database) -> None:
    """And those who add do not wait for each other."""

    def waits_for_combinations(*, shared: bool) -> bool:
        try:
            with database.transaction() as other:
                other.execute(SOON)
                hold_combinations(other, shared=shared)
        except DatabaseUnavailableError:
            return True
        return False

    with database.transaction() as transaction:
        hold_combinations(transaction, shared=True)
        assert not waits_for_combinations(shared=True)
        assert waits_for_combinations(shared=False)
