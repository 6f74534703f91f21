"""What one event adds to the figures."""

from datetime import UTC, datetime, timedelta

import pytest

from schemas.base import Event
from schemas.datasets import DatasetFailed, DatasetPackageRequested
from schemas.files import FileArchived, FileIngestRequested
from schemas.frames import FramePostRequested
from schemas.probes import ProbeRequested
from schemas.records import RecordUpdated
from store.statistics.counting import Figures, Seen, count

LATE = datetime(2026, 11, 21, 23, 59, 59, 999_999, UTC)
HOUR = datetime(2026, 11, 21, 23, tzinfo=UTC)
DAY = datetime(2026, 11, 21, tzinfo=UTC)


def seen(  # noqa: PLR0913 - all that the ledger says
    name: str,
    data: str = "{}",
    *,
    position: int = 1,
    at: datetime = LATE,
    caused: datetime | None = None,
    ours: bool = True,
) -> Seen:
    return Seen(position, name, at, caused, ours, data)


def test_nothing_adds_up_to_nothing() -> None:
    tally = count([])
    found = (tally.hours, tally.durations, tally.resources, tally.uses, tally.totals())
    assert not any(found)


def test_an_event_counts_in_the_hour_it_was_written_down() -> None:
    tally = count([seen("a.b"), seen("a.b", at=LATE + timedelta(microseconds=1))])
    assert tally.hours == {
        (HOUR, "a.b"): Figures(events=1),
        (HOUR + timedelta(hours=1), "a.b"): Figures(events=1),
    }
    assert tally.totals() == {"a.b": Figures(events=2)}


def test_a_duration_is_that_since_the_cause() -> None:
    tally = count([seen("a.b", caused=LATE - timedelta(seconds=2))])
    assert tally.hours[HOUR, "a.b"] == Figures(events=1, timed=1, microseconds=2_000_000)
    assert tally.durations == {(HOUR, "a.b", 44): 1}


def test_what_is_older_than_its_cause_took_no_time() -> None:
    tally = count([seen("a.b", caused=LATE + timedelta(days=400))])
    assert tally.hours[HOUR, "a.b"] == Figures(events=1, timed=1, microseconds=0)
    assert tally.durations == {(HOUR, "a.b", 0): 1}


def test_an_archived_file_adds_its_bytes_and_its_instrument() -> None:
    tally = count([seen(FileArchived.TYPE, '{"size": 7, "instrument": "kb01"}')] * 2)
    assert tally.hours[HOUR, FileArchived.TYPE] == Figures(events=2, bytes=14)
    assert tally.resources == {(DAY, "archive", "kb01"): Figures(events=2, bytes=14)}
    assert not tally.uses


def test_sizes_are_believed_to_consumers_alone() -> None:
    tally = count([seen(FileArchived.TYPE, '{"size": 7}', ours=False)])
    assert tally.totals() == {FileArchived.TYPE: Figures(events=1)}


def test_uses_are_told_by_their_positions() -> None:
    uses: list[type[Event]] = [FileIngestRequested, DatasetPackageRequested]
    uses += [RecordUpdated, FileIngestRequested]
    tally = count([seen(one.TYPE, position=at, ours=False) for at, one in enumerate(uses, start=1)])
    assert tally.totals()[FileIngestRequested.TYPE].uses == 2
    assert tally.uses == {"archive": [1, 4], "packager": [2], "records": [3]}


def test_a_request_that_a_consumer_makes_is_no_use() -> None:
    tally = count([seen(FramePostRequested.TYPE), seen(RecordUpdated.TYPE)])
    assert tally.totals()[FramePostRequested.TYPE] == Figures(events=1)
    assert tally.uses == {"records": [1]}


def test_failures_and_probes_are_no_uses() -> None:
    assert not count([seen(DatasetFailed.TYPE), seen(ProbeRequested.TYPE)]).uses


@pytest.mark.parametrize(
    "data",
    [
        "",
        "{",
        "[]",
        "null",
        '"resource_id"',
        '{"resource_id": 7}',
        '{"resource_id": ""}',
        '{"resource_id": "\\ud800"}',
    ],
)
def test_data_that_says_no_resource_counts_all_the_same(data: str) -> None:
    tally = count([seen(DatasetPackageRequested.TYPE, data, ours=False)])
    assert tally.totals() == {DatasetPackageRequested.TYPE: Figures(events=1, uses=1)}
    assert tally.uses == {"packager": [1]}
    assert not tally.resources


@pytest.mark.parametrize("size", ["-1", "1.5", '"7"', "null", "[]"])
def test_what_is_no_size_adds_no_bytes(size: str) -> None:
    tally = count([seen(FileArchived.TYPE, f'{{"size": {size}}}')])
    assert tally.totals() == {FileArchived.TYPE: Figures(events=1)}


def test_the_name_of_a_resource_is_one_that_every_database_takes() -> None:
    tally = count(
        [seen(DatasetPackageRequested.TYPE, '{"resource_id": "a\\u0000%s"}' % ("b" * 300))]
    )
    ((_, _, named),) = tally.resources
    assert named == "a\N{REPLACEMENT CHARACTER}" + "b" * 198
