"""How often somebody may come to the archive in 24 hours, counted by several processes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import TextClause, insert, select, text

from ops.caretaker import Caretaker
from store.archive.visit_rows import DAY, visited
from store.archive.visits import ArchiveVisits
from store.database import Database
from store.objects_local import LocalObjectStore
from store.tables import archive_visits

ADA, HERE = "user:ada", "address:192.0.2.1"


class HandClock:
    """A clock that stands still until it is moved."""

    now = datetime(2026, 1, 1, 12, 0, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The time."""
        return self.now

    def advance(self, **by: float) -> None:
        """Let time pass."""
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def test_the_limit_is_exact_within_a_process_and_nothing_is_asked_for_it(
    database: Database, clock: HandClock
) -> None:
    visits = ArchiveVisits(database, clock)
    assert [visits.visit(HERE, 3) for _ in range(5)] == [None, None, None, DAY, DAY]
    assert visits.visit(ADA, 3) is None, "everybody is counted apart"
    assert database.query(select(archive_visits)) == []


def test_the_wait_is_told_until_there_is_room(database: Database, clock: HandClock) -> None:
    visits = ArchiveVisits(database, clock)
    visits.visit(HERE, 1)
    clock.advance(hours=1)
    assert visits.visit(HERE, 1) == DAY - 3600 + 30, "until the whole minute is a day old"
    clock.advance(hours=22, minutes=59)
    visits.flush()
    assert visits.visit(HERE, 1) == 90
    clock.advance(seconds=89)
    visits.flush()
    assert visits.visit(HERE, 1) == 1
    clock.advance(seconds=31)
    visits.flush()
    assert visits.visit(HERE, 1) is None


def test_what_is_refused_is_not_counted(database: Database, clock: HandClock) -> None:
    visits = ArchiveVisits(database, clock)
    for _ in range(9):
        visits.visit(HERE, 2)
    visits.flush()
    assert [row["requests"] for row in database.query(select(archive_visits))] == [2]


def test_processes_share_their_counts(database: Database, clock: HandClock) -> None:
    one, other = ArchiveVisits(database, clock), ArchiveVisits(database, clock)
    for _ in range(2):
        assert one.visit(HERE, 3) is None
    assert other.visit(HERE, 3) is None
    for visits in (one, other):
        visits.flush()
    assert other.visit(HERE, 3) is not None
    clock.advance(minutes=1)
    assert one.visit(HERE, 3) is None, "it has not heard yet"
    one.flush()
    assert one.visit(HERE, 3) is not None
    assert [(seen.visitor, seen.requests) for seen in visited(database, clock())] == [(HERE, 4)]


def test_a_new_process_learns_what_the_last_has_counted(
    database: Database, clock: HandClock
) -> None:
    first = ArchiveVisits(database, clock)
    for _ in range(3):
        first.visit(HERE, 3)
    first.flush()
    second = ArchiveVisits(database, clock)
    assert second.visit(HERE, 3) is None, "it is let in while it is looked up"
    second.flush()
    assert second.visit(HERE, 3) is not None


def test_there_is_nothing_to_tell_when_nobody_comes(database: Database, clock: HandClock) -> None:
    visits = ArchiveVisits(database, clock)
    assert visits.idle
    visits.visit(HERE, 3)
    assert not visits.idle
    visits.flush()
    assert visits.idle


def test_what_cannot_be_told_is_told_the_next_time(database: Database, clock: HandClock) -> None:
    visits = ArchiveVisits(database, clock)
    visits.visit(HERE, 3)
    database.run(_rename("archive_visits", "elsewhere"))
    with pytest.raises(Exception, match="archive_visits"):
        visits.flush()
    database.run(_rename("elsewhere", "archive_visits"))
    assert not visits.idle
    visits.visit(HERE, 3)
    visits.flush()
    assert [row["requests"] for row in database.query(select(archive_visits))] == [2]
    assert [visits.visit(HERE, 3), visits.visit(HERE, 3)] == [None, DAY]


def _rename(table: str, to: str) -> TextClause:
    return text(f"ALTER TABLE {table} RENAME TO {to}")


def test_many_visitors_are_told_of_at_once(database: Database, clock: HandClock) -> None:
    visits = ArchiveVisits(database, clock)
    for number in range(2500):
        visits.visit(f"address:{number}", 1)
    visits.flush()
    assert len(visited(database, clock())) == 2500
    assert visits.visit("address:7", 1) is not None


def test_old_counts_are_removed_and_no_others(
    database: Database, clock: HandClock, tmp_path: Path
) -> None:
    minute = int(clock().timestamp()) // 60
    ages = (0, 1440, 1441, 9000)
    with database.transaction() as transaction:
        rows = [{"visitor": ADA, "minute": minute - age, "requests": 1} for age in ages]
        transaction.execute(insert(archive_visits), rows)
    assert [seen.requests for seen in visited(database, clock())] == [2]
    caretaker = Caretaker(database, LocalObjectStore(tmp_path), timedelta(days=1), clock)
    for _ in range(2):
        caretaker.tidy()
        assert len(database.query(select(archive_visits))) == 2
    assert [seen.requests for seen in visited(database, clock())] == [2]
