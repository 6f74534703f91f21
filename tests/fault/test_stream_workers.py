"""Workers of the stream stop, die, share, and lose Kafka: each event is counted once all the same.

What the broker of these tests cannot do as Kafka does is helped along by restarting it: it keeps
members that were killed, and does not choose another leader of a group.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from ops.exits import ExitCode
from schemas.datasets import DatasetFailed
from schemas.files import FileArchived
from schemas.probes import ProbeRequested
from tests.equipment.stream_workers import (
    PATIENCE_SECONDS,
    Stream,
    end,
    events,
    listens,
    streaming,
    sums,
)
from tests.equipment.tapping import new_topic_name
from tests.services.kafka import Kafka
from tests.services.waiting import until

TYPES = (FileArchived.TYPE, DatasetFailed.TYPE, ProbeRequested.TYPE)
FILE = b'{"size": 10, "instrument": "camera"}'
WINDOWS_AN_HOUR = 12


@pytest.fixture
def stream(kafka: Kafka, tmp_path: Path) -> Iterator[Stream]:
    with streaming(kafka, new_topic_name(), tmp_path) as stream:
        yield stream


def check_windows(stream: Stream, count: int) -> None:
    """See that every table has counted each of so many events once."""
    expected = {
        "totals": count,
        "events_per_minute": count,
        "bytes_per_hour": stream.sent[FileArchived.TYPE],
        "failures_per_capability": WINDOWS_AN_HOUR * stream.sent[DatasetFailed.TYPE],
    }
    wait_for_sums(stream, expected)


def wait_for_sums(stream: Stream, expected: Mapping[str, int]) -> None:
    """Wait until these tables say so: windows are written after the totals."""
    until(
        lambda: expected.items() <= sums(stream).items(),
        seconds=PATIENCE_SECONDS,
        what=f"the figures {expected}",
    )


def test_a_worker_that_stops_and_one_that_is_killed_leave_everything_to_the_next(
    stream: Stream, kafka: Kafka
) -> None:
    first = stream.work("first")
    stream.send(*events(1, 300, TYPES, value=FILE))
    stream.wait_until_counted()
    # Ends of transactions take offsets, too: had they held up the commits, this would never be.
    until(
        lambda: min(stream.committed().values()) >= 100,
        seconds=PATIENCE_SECONDS,
        what="offsets to be committed",
    )
    stream.send(*events(301, 200, TYPES, value=FILE))
    assert end(first) == 0
    second = stream.work("second")
    stream.wait_until_counted()
    # Killed with some of it counted and not committed: the next gets those again.
    stream.send(*events(501, 600, TYPES, value=FILE))
    until(
        lambda: sum(row.figures[0] for row in stream.rows()) > 500,
        seconds=PATIENCE_SECONDS,
        what="some of it to be counted",
    )
    second.kill()
    second.wait()
    stream.send(*events(1101, 100, TYPES, value=FILE))
    kafka.stop()
    kafka.start()
    stream.work("third")
    stream.wait_until_counted()
    check_windows(stream, 1200)
    assert end(stream.workers["third"]) == 0


def test_two_workers_share_the_partitions_and_one_takes_over_all(stream: Stream) -> None:
    stream.work_together("one", "two")
    stream.send(*events(1, 300, TYPES, value=FILE))
    stream.wait_until_counted()
    assert end(stream.workers["one"]) == 0
    stream.restart_until_all_are_with("two")
    stream.send(*events(301, 90, TYPES, value=FILE))
    stream.supervise_until_counted("two")
    check_windows(stream, 390)


def test_kafka_may_be_away(stream: Stream, kafka: Kafka) -> None:
    worker = stream.work("patient")
    stream.send(*events(1, 300, TYPES, value=FILE))
    stream.wait_until_counted()
    kafka.stop()
    until(
        lambda: "Connect call failed" in stream.log("patient").read_text(),
        seconds=PATIENCE_SECONDS,
        what="the worker to notice",
    )
    kafka.start()
    stream.send(*events(301, 90, TYPES, value=FILE))
    stream.wait_until_counted()
    check_windows(stream, 390)
    assert end(worker) == 0


def test_a_worker_is_stopped_while_kafka_is_away(stream: Stream, kafka: Kafka) -> None:
    stream.drain_seconds = 3
    worker = stream.work("first")
    stream.send(*events(1, 300, TYPES, value=FILE))
    stream.wait_until_counted()
    assert not listens(worker)
    kafka.stop()
    assert end(worker) == ExitCode.UNAVAILABLE
    # What its threads met on the way out may stand in its log: that is no trouble.
    del stream.workers["first"]
    stream.drain_seconds = 40
    kafka.start()
    stream.work("second")
    stream.send(*events(301, 90, TYPES, value=FILE))
    stream.wait_until_counted()
    check_windows(stream, 390)


def test_what_comes_again_late_or_from_elsewhere(stream: Stream) -> None:
    worker = stream.work("worker")
    sent = events(1, 120, TYPES, value=FILE)
    stream.send(*sent)
    stream.wait_until_counted()
    # The same again, as after a crash; then the past, into windows that are over.
    stream.send(*sent[60:], again=True)
    stream.send(*events(121, 30, TYPES, value=FILE, ago=timedelta(days=2)))
    # Older than any window is kept: in the totals alone.
    stream.send(*events(151, 30, TYPES, value=FILE, ago=timedelta(days=8)))
    stream.wait_until_counted()
    wait_for_sums(stream, {"totals": 180, "events_per_minute": 150})
    assert end(worker) == 0
