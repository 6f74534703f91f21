"""What a record of the stream adds to which figures."""

import json

import pytest

from consumers.stream_figures import figures, read
from schemas.capabilities import CAPABILITIES
from schemas.datasets import DatasetFailed
from schemas.files import FileArchived
from schemas.probes import ProbeRequested
from schemas.stream_tables import BYTES_PER_HOUR, EVENTS_PER_MINUTE, TOTALS
from store.statistics.counting import Seen, count

AT = 1_769_860_800.25


def record(
    name: str, data: object = None, *, position: str = "7", entry: str = "emitted"
) -> Seen | None:
    """Read a record of this type."""
    said = {"ce_type": name, "ce_ledgerposition": position, "ce_ledgerentry": entry}
    headers = [(one, text.encode()) for one, text in said.items()]
    return read(headers, AT, json.dumps(data).encode())


def added(name: str, data: object = None, *, entry: str = "emitted") -> dict[str, object]:
    """Return what a record of this type adds, by table."""
    seen = record(name, data, entry=entry)
    assert seen is not None
    return {table.name: (what, more) for table, what, more in figures(seen)}


def test_any_event_counts_in_total_and_by_the_minute() -> None:
    name = ProbeRequested.TYPE
    assert added(name) == {
        TOTALS.name: (name, [1, 0, 0, 7]),
        EVENTS_PER_MINUTE.name: (name, [1, 7]),
    }


@pytest.mark.parametrize("instrument", ["camera", "a|b", None, ""])
def test_bytes_count_for_the_instrument(instrument: str | None) -> None:
    found = added(FileArchived.TYPE, {"size": 10, "instrument": instrument})
    assert found[BYTES_PER_HOUR.name] == (instrument or "unknown", [1, 10, 7])
    assert found[TOTALS.name] == (FileArchived.TYPE, [1, 10, 0, 7])


def test_an_outsiders_claim_is_an_event_without_bytes() -> None:
    found = added(FileArchived.TYPE, {"size": 10}, entry="observed")
    assert BYTES_PER_HOUR.name not in found
    assert found[TOTALS.name] == (FileArchived.TYPE, [1, 0, 0, 7])


def test_a_failure_counts_for_its_capability() -> None:
    found = added(DatasetFailed.TYPE)
    assert found["failures_per_capability"] == ("packager", [1, 7])
    assert {name for one in CAPABILITIES.values() for name in one.failures} >= {DatasetFailed.TYPE}


def test_totals_are_what_update_stats_counts() -> None:
    seen = record(FileArchived.TYPE, {"size": 10, "instrument": "camera"})
    assert seen is not None
    (counted,) = count([seen]).totals().values()
    ((_, _, more),) = [one for one in figures(seen) if one[0] is TOTALS]
    assert more[:3] == [counted.events, counted.bytes, counted.uses]


@pytest.mark.parametrize("position", ["", "-1", "1.5", "x", "9" * 19, "٣"])
def test_a_record_without_a_position_is_none_of_ours(position: str) -> None:
    assert record(ProbeRequested.TYPE, position=position) is None


def test_a_record_without_headers_or_value_is_no_trouble() -> None:
    assert read([], AT, None) is None
    seen = read([("ce_type", b"\xff"), ("ce_ledgerposition", b"1")], AT, None)
    assert seen is not None
    assert [table.name for table, _, _ in figures(seen)] == ["totals", "events_per_minute"]
