"""Sessions that were ended: remembered until they would have ended by themselves, and no longer."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from ops.caretaker import Caretaker
from store.database import Database
from store.ended_sessions import end_session, has_ended
from store.objects_local import LocalObjectStore

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_each_is_remembered_for_its_time(database: Database, tmp_path: Path) -> None:
    for _ in ("once", "and again"):
        end_session(database, "one", NOW + HOUR)
    end_session(database, "öther", NOW + 2 * HOUR)
    assert [has_ended(database, cookie) for cookie in ("one", "öther", "on", "", "\udcff")] == [
        *(True, True),
        *(False, False, False),
    ]
    tidy(database, tmp_path, NOW + HOUR)
    assert has_ended(database, "one")
    tidy(database, tmp_path, NOW + HOUR + timedelta(seconds=1))
    assert not has_ended(database, "one")
    assert has_ended(database, "öther")


def tidy(database: Database, folder: Path, now: datetime) -> None:
    Caretaker(database, LocalObjectStore(folder), timedelta(hours=1), lambda: now).tidy()
