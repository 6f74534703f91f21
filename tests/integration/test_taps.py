"""One process at a time has a tap, and one that was taken for dead can move nothing."""

from datetime import UTC, datetime, timedelta

from store import taps
from store.database import Database
from store.leases import Span
from store.taps import Tap

NOON = datetime(2026, 2, 28, 12, tzinfo=UTC)
LEASE = timedelta(seconds=30)
NAME = "kafka:test"


def span(seconds: float) -> Span:
    now = NOON + timedelta(seconds=seconds)
    return Span(now, now + LEASE)


def acquire(database: Database, owner: str, seconds: float) -> Tap | None:
    with database.transaction() as transaction:
        return taps.acquire(transaction, NAME, owner, span(seconds))


def move(database: Database, tap: Tap, position: int, seconds: float) -> bool:
    with database.transaction() as transaction:
        return taps.move(transaction, tap, position, span(seconds))


def test_one_has_it_until_it_says_nothing_for_long(database: Database) -> None:
    first = acquire(database, "first", 0)
    assert first is not None
    assert (first.position, acquire(database, "second", 29)) == (0, None)
    assert move(database, first, 7, 25)
    assert acquire(database, "second", 54) is None
    second = acquire(database, "second", 56)
    assert second is not None
    assert second.position == 7
    assert second.token > first.token


def test_who_was_taken_for_dead_can_move_nothing(database: Database) -> None:
    first = acquire(database, "first", 0)
    second = acquire(database, "first", 31)  # of the same name: it was started again
    assert first is not None
    assert second is not None
    assert not move(database, first, 99, 32)
    with database.transaction() as transaction:
        assert not taps.beat(transaction, first, NOON + LEASE)
        assert not taps.give_up(transaction, first)
    assert move(database, second, 3, 33)
    assert taps.read(database)[NAME].position == 3


def test_what_is_given_up_is_free_at_once(database: Database) -> None:
    first = acquire(database, "first", 0)
    assert first is not None
    with database.transaction() as transaction:
        assert taps.give_up(transaction, first)
    assert not move(database, first, 9, 1)
    second = acquire(database, "second", 1)
    assert second is not None
    assert second.position == 0


def test_each_copy_has_a_row_of_its_own(database: Database) -> None:
    assert taps.read(database) == {}
    with database.transaction() as transaction:
        for name in ("kafka:a", "kafka:b"):
            assert taps.acquire(transaction, name, "first", span(0)) is not None
    assert list(taps.read(database)) == ["kafka:a", "kafka:b"]
