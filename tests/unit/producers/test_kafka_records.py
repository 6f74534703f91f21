"""Events become records in one way only, and the last record tells how far a partition is."""

from datetime import UTC, datetime

import pytest
from aiokafka.partitioner import DefaultPartitioner

from producers.kafka_records import Last, last_of, record_of
from schemas.envelope import Envelope
from store.views import Recorded

NOON = datetime(2026, 2, 28, 12, tzinfo=UTC)


def recorded(**values: object) -> Recorded:
    attributes: dict[str, object] = {"id": "1", "source": "/s", "type": "muniment.a.b.v1"}
    envelope = Envelope(**attributes | values)  # type: ignore[arg-type]
    return Recorded(42, envelope, "accepted", "user:ada", NOON)


def test_a_record_has_the_attributes_as_headers_and_the_data_as_its_value() -> None:
    record = record_of(recorded(subject="über", time=NOON, data=b"[1]"))
    assert dict(record.headers) == {
        "ce_specversion": b"1.0",
        "ce_id": b"1",
        "ce_source": b"/s",
        "ce_type": b"muniment.a.b.v1",
        "ce_subject": "über".encode(),
        "ce_time": b"2026-02-28T12:00:00Z",
        "ce_ledgerposition": b"42",
        "ce_ledgerentry": b"accepted",
        "content-type": b"application/json",
    }
    assert (record.key, record.value) == ("über".encode(), b"[1]")
    assert record.milliseconds == 1_772_280_000_000


def test_nobody_elses_position_passes_for_ours() -> None:
    record = record_of(recorded(extensions=(("ledgerposition", "7"), ("ledgerentry", "x"))))
    assert last_of(record.headers) == Last(42, "1")
    assert [name for name, _ in record.headers].count("ce_ledgerposition") == 1


@pytest.mark.parametrize("subject", ["M 51", "a/b.fits", "ü", "x" * 2048])
@pytest.mark.parametrize("partitions", [1, 3, 12])
def test_keyed_records_go_where_every_client_would_put_them(subject: str, partitions: int) -> None:
    record = record_of(recorded(subject=subject))
    everywhere = list(range(partitions))
    expected = DefaultPartitioner()(record.key, everywhere, everywhere)
    assert record.partition(partitions) == expected


def test_records_without_a_key_are_spread_and_stay_where_they_are() -> None:
    events = [recorded(id=str(number)) for number in range(60)]
    places = [record_of(one).partition(3) for one in events]
    assert set(places) == {0, 1, 2}
    assert places == [record_of(one).partition(3) for one in events]


@pytest.mark.parametrize("said", [b"", b"-1", b"x", b"9" * 30, "٣".encode()])
def test_a_record_of_others_tells_nothing(said: bytes) -> None:
    assert last_of([("ce_ledgerposition", said), ("ce_id", b"1")]) is None
    assert last_of([]) is None
