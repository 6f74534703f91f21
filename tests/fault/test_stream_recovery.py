"""A worker that begins, or takes over, loses nothing of what comes in while it finds its place."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest
from faust.types.transports import ConsumerT
from faust.types.tuples import TP

from consumers.stream_transport import SureConsumer, SureTransport
from ops.settings import Settings
from ops.streams_wiring import StreamWorker, stream_app
from producers.kafka_servers import read_servers
from schemas.probes import ProbeRequested
from tests.equipment.stream_workers import PATIENCE_SECONDS, Stream, events, streaming
from tests.equipment.tapping import new_topic_name
from tests.services.kafka import Kafka

TYPES = (ProbeRequested.TYPE,)
LINGERS_SECONDS = 2


class LingeringConsumer(SureConsumer):
    """Takes long between finding its place and going on: time enough to fetch from there."""

    is_seeking = False
    early = 0
    """Events that were fetched meanwhile."""

    async def perform_seek(self) -> None:
        """Find the place, and linger there."""
        self.is_seeking = True
        await super().perform_seek()
        await asyncio.sleep(LINGERS_SECONDS)

    def resume_flow(self) -> None:
        """Go on."""
        self.is_seeking = False
        super().resume_flow()

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:  # noqa: ANN401, ASYNC109
        found = await super()._getmany(active_partitions, timeout)
        if self.is_seeking:
            self.early += sum(len(found[one]) for one in found if not self._is_changelog_tp(one))
        return found


class LingeringTransport(SureTransport):
    """Has these."""

    Consumer: ClassVar[type[ConsumerT]] = LingeringConsumer


@pytest.fixture
def stream(kafka: Kafka, tmp_path: Path) -> Iterator[Stream]:
    with streaming(kafka, new_topic_name(), tmp_path) as stream:
        yield stream


def test_what_comes_in_before_a_worker_goes_on_is_counted(stream: Stream) -> None:
    stream.send(*events(1, 30, TYPES))
    count_with_a_lingering_worker(stream)
    stream.send(*events(31, 30, TYPES))
    count_with_a_lingering_worker(stream)


def count_with_a_lingering_worker(stream: Stream) -> None:
    settings = Settings(
        kafka_url=stream.kafka.url,
        kafka_topic=stream.topic,
        kafka_streams=stream.application,
        data_dir=stream.folder,
    )
    application = stream_app(settings, lambda: datetime.now(UTC))
    application.transport = LingeringTransport(application.conf.broker_consumer, application)
    worker = StreamWorker(application, read_servers(stream.kafka.url))
    worker.start()
    try:
        stream.wait_until_counted()
    finally:
        worker.stop(PATIENCE_SECONDS)
    assert isinstance(application.consumer, LingeringConsumer)
    # Faust empties the queue when it goes on: these would be in nobody's figures.
    assert application.consumer.early == 0
