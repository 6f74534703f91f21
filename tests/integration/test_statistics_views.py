"""Figures of some days: by day and by hour, by type and by capability, and of what was used."""

from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import make_url, text

from schemas.datasets import DatasetFailed, DatasetPackaged, DatasetPackageRequested
from schemas.files import FileArchived, FileIngestRequested
from schemas.routing import is_request
from store.database import Database, open_database
from store.statistics import summing, views
from store.statistics.counting import Figures, Seen, count
from store.statistics.views import OTHER, Counted, Days, Used
from store.statistics.writing import write

EVE = datetime(2026, 11, 20, 23, 59, 59, 999_999, UTC)
DAY = datetime(2026, 11, 21, tzinfo=UTC)
DAYS = Days(date(2026, 11, 21), date(2026, 11, 22))


def seen(
    name: str, at: datetime, data: str = "{}", took: float | None = None, position: int = 1
) -> Seen:
    """Return an event: a request of somebody's, or a fact of a consumer's."""
    caused_at = None if took is None else at - timedelta(seconds=took)
    return Seen(position, name, at, caused_at, ours=not is_request(name), data=data)


def keep(database: Database, *events: Seen) -> None:
    """Count events."""
    with database.transaction() as transaction:
        write(transaction, count(events), DAY)


@pytest.fixture
def filled(database: Database) -> Database:
    """Some events of three days."""
    asked = DatasetPackageRequested.TYPE
    keep(
        database,
        seen(asked, EVE, '{"resource_id": "yesterday"}'),
        seen(asked, DAY, '{"resource_id": "corals"}', position=2),
        seen(asked, DAY + timedelta(hours=1), '{"resource_id": "corals"}', position=3),
        seen(asked, DAY + timedelta(days=1, hours=23), '{"resource_id": "=fishes"}', position=4),
        seen(DatasetPackaged.TYPE, DAY + timedelta(hours=1), took=2.0),
        seen(DatasetFailed.TYPE, DAY + timedelta(hours=2), took=0.5),
        seen(FileIngestRequested.TYPE, DAY),
        seen(FileArchived.TYPE, DAY, '{"size": 5, "instrument": "fa01"}', took=0.25),
        seen("muniment.cat.fed.v1", DAY),
        seen("muniment.dog.walked.v1", DAY),
        seen(asked, DAY + timedelta(days=2), '{"resource_id": "tomorrow"}', position=5),
    )
    return database


def test_by_day(filled: Database) -> None:
    found = views.counted(filled, DAYS, "day")
    assert [(one.at, one.type, one.figures.events) for one in found] == [
        (DAY, DatasetFailed.TYPE, 1),
        (DAY, DatasetPackageRequested.TYPE, 2),
        (DAY, DatasetPackaged.TYPE, 1),
        (DAY, FileArchived.TYPE, 1),
        (DAY, FileIngestRequested.TYPE, 1),
        (DAY, OTHER, 2),
        (DAY + timedelta(days=1), DatasetPackageRequested.TYPE, 1),
    ]
    assert summing.by_type(found)[DatasetPackageRequested.TYPE] == Figures(events=3, uses=3)


def test_by_hour(filled: Database) -> None:
    found = views.counted(filled, Days(DAYS.first, DAYS.first), "hour")
    archived = Counted(DAY, FileArchived.TYPE, Figures(1, 5, 1, 250_000))
    assert archived in found
    assert {one.at for one in found} == {DAY + timedelta(hours=number) for number in range(3)}


def test_by_capability(filled: Database) -> None:
    found = views.counted(filled, DAYS, "day")
    usage = [
        (one.at, one.capability, one.uses, one.served, one.failures) for one in summing.usage(found)
    ]
    assert usage == [
        (DAY, "packager", 2, 1, 1),
        (DAY, "archive", 1, 1, 0),
        (DAY + timedelta(days=1), "packager", 1, 0, 0),
    ]
    packager, archive, records = summing.by_capability(
        summing.by_type(found), views.buckets(filled, DAYS)
    )
    assert (packager.uses, packager.served, packager.failures) == (3, 1, 1)
    assert packager.latency.events == 2
    assert packager.latency.mean == 1.25
    half, *_, longest = packager.latency.percentiles
    assert half == pytest.approx(0.5, rel=0.2)
    assert longest == pytest.approx(2.0, rel=0.2)
    assert archive.latency.mean == 0.25
    assert (records.uses, records.latency.mean) == (0, None)


def test_how_long_it_took_by_time(filled: Database) -> None:
    found = {(one.at, one.capability): one.buckets for one in views.took(filled, DAYS, "hour")}
    assert found.keys() == {
        (DAY, "archive"),
        (DAY + timedelta(hours=1), "packager"),
        (DAY + timedelta(hours=2), "packager"),
    }
    of_day = {(one.at, one.capability): one.buckets for one in views.took(filled, DAYS, "day")}
    assert sum(of_day[DAY, "packager"].values()) == 2


def test_totals(filled: Database) -> None:
    found = views.totals(filled)
    assert found[DatasetPackageRequested.TYPE].events == 5
    assert found[FileArchived.TYPE] == Figures(1, 5, 1, 250_000)
    assert found[OTHER].events == 2


def test_resources(filled: Database) -> None:
    corals, fishes = Used("packager", "corals", 2, 0), Used("packager", "=fishes", 1, 0)
    instrument = Used("archive", "fa01", 1, 5)
    assert views.resources(filled, DAYS, 20) == [instrument, corals, fishes]
    assert views.resources(filled, DAYS, 1) == [instrument, corals]
    assert views.resources(filled, DAYS, 20, "packager") == [corals, fishes]


def test_nothing(database: Database) -> None:
    assert views.counted(database, DAYS, "day") == []
    assert views.totals(database) == {}
    assert views.buckets(database, DAYS) == {}
    assert views.took(database, DAYS, "hour") == []
    assert views.resources(database, DAYS, 20) == []


def test_all_steps_of_some_days() -> None:
    assert DAYS.steps("day") == [DAY, DAY + timedelta(days=1)]
    hours = DAYS.steps("hour")
    assert (len(hours), hours[0], hours[-1]) == (48, DAY, DAY + timedelta(hours=47))


A_YEAR = Days(date(2025, 1, 1), date(2025, 12, 31))
HOURS = """
    INSERT INTO statistics_hours
    SELECT hour, 'muniment.' || kind || '.happened.v1', kind, 1, 1, 1, 0
    FROM generate_series(timestamptz '2025-01-01Z', timestamptz '2025-12-31 23:00Z', '1 hour') hour,
    generate_series(1, 34) kind
"""


def test_a_year_is_not_sorted_on_the_databases_disk(postgresql_tables_url: str) -> None:
    name = make_url(postgresql_tables_url).database
    with closing(open_database(postgresql_tables_url)) as filling:
        filling.run(text(HOURS))
        filling.run(text("ANALYZE statistics_hours"))
        filling.run(text(f'ALTER DATABASE "{name}" SET temp_file_limit = 0'))
        try:
            with closing(open_database(postgresql_tables_url)) as database:
                found = views.counted(database, A_YEAR, "day")
        finally:
            filling.run(text(f'ALTER DATABASE "{name}" RESET temp_file_limit'))
    assert [one.at for one in found] == A_YEAR.steps("day")
    assert {(one.type, one.figures.events) for one in found} == {(OTHER, 24 * sum(range(1, 35)))}
