"""Windows that are over are taken out of memory and out of their topic, and do not come back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ops.settings import Settings
from ops.streams_wiring import StreamWorker, stream_app
from producers.kafka_servers import read_servers
from schemas.probes import ProbeRequested
from schemas.stream_tables import EVENTS_PER_MINUTE, KEPT
from tests.equipment.stream_workers import PATIENCE_SECONDS, Stream, end, events, streaming
from tests.equipment.tapping import new_topic_name
from tests.services.kafka import Kafka
from tests.services.waiting import until

TYPES = (ProbeRequested.TYPE,)


@pytest.fixture
def stream(kafka: Kafka, tmp_path: Path) -> Iterator[Stream]:
    with streaming(kafka, new_topic_name(), tmp_path) as stream:
        yield stream


def check_windows(stream: Stream, events: int) -> None:
    """Check that the windows hold so many events; they come after the totals."""

    def found() -> int:
        return sum(row.figures[0] for row in stream.rows(EVENTS_PER_MINUTE))

    until(lambda: found() >= events, seconds=PATIENCE_SECONDS, what="the windows")
    assert found() == events


def test_windows_that_are_over_are_forgotten(stream: Stream) -> None:
    passed = [timedelta()]
    settings = Settings(
        kafka_url=stream.kafka.url,
        kafka_topic=stream.topic,
        kafka_streams=stream.application,
        data_dir=stream.folder,
    )
    application = stream_app(settings, lambda: datetime.now(UTC) + passed[0])
    worker = StreamWorker(application, read_servers(stream.kafka.url))
    worker.start()
    try:
        stream.send(*events(1, 30, TYPES))
        stream.wait_until_counted()
        check_windows(stream, 30)
        passed[0] = KEPT + timedelta(hours=1)
        stream.send(*events(31, 30, TYPES))
        stream.wait_until_counted()
        until(
            lambda: not stream.rows(EVENTS_PER_MINUTE),
            seconds=PATIENCE_SECONDS,
            what="the windows to be taken away",
        )
    finally:
        worker.stop(PATIENCE_SECONDS)
    successor = stream.work("successor")
    stream.send(*events(61, 30, TYPES))
    stream.wait_until_counted()
    check_windows(stream, 30)
    assert end(successor) == 0
