"""The stream app: tables of totals and of windows, counted by Faust from the topic of all events.

A partition is counted by one worker at a time, in order. Every figure ends with the ledger position
that was counted last, and what a figure has reached is in its changelog before the offset is
committed: a worker that dies has its last events again, or its successor has, and recognises them.

It is no consumer of the bus: it reads Kafka, and is run by `muniment streams run`.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from consumers.stream_figures import figures, read
from producers.kafka_servers import KafkaServers
from schemas.stream_tables import KEPT, TABLES, StreamTable, added, key_of

if TYPE_CHECKING:
    from faust import App
    from faust.types import EventT, StreamT

_EXPIRE_EVERY = timedelta(minutes=5)

_log = logging.getLogger(__name__)


def app(  # noqa: PLR0913 - what a worker has to know
    *,
    name: str,
    servers: KafkaServers,
    topic: str,
    partitions: int,
    folder: Path,
    clock: Callable[[], datetime],
) -> "App":
    """Return the app, not started: it has opened nothing, and will never listen on a port.

    `name` is that of its group, and what its topics' names begin with; they have to be there, with
    as many `partitions` as `topic` has. `folder` is Faust's, which keeps nothing there.
    """
    import faust  # noqa: PLC0415 - slow, and there with the extra `kafka` only

    from consumers.stream_transport import SureTransport  # noqa: PLC0415 - as above

    application = faust.App(
        name,
        broker=[f"kafka://{host}" for host in servers.hosts],
        broker_credentials=_credentials(servers),
        store="memory://",
        datadir=folder,
        key_serializer="json",
        value_serializer="json",
        topic_partitions=partitions,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        consumer_auto_offset_reset="earliest",
        broker_session_timeout=20.0,
        broker_heartbeat_interval=2.0,
        broker_rebalance_timeout=20.0,
        broker_commit_interval=1.0,
        stream_wait_empty=False,
        web_enabled=False,
        autodiscover=False,
    )
    application.transport = SureTransport(application.conf.broker_consumer, application)
    application.producer_transport = SureTransport(application.conf.broker_producer, application)
    counter = Counter({one: _made(application, one, partitions) for one in TABLES.values()}, clock)
    events = application.topic(
        topic, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"
    )

    @application.agent(events, name=f"{name}-count")
    async def count(stream: "StreamT[bytes]") -> None:
        async for event in stream.events():
            try:
                counter.count(event)
            except Exception as error:  # noqa: BLE001 - whatever it is, the event is not counted
                await application.crash(error)
                # Faust takes an event for done when its agent goes on, or ends.
                await asyncio.Future[None]()

    return application


def _credentials(servers: KafkaServers) -> Any:  # noqa: ANN401 - Faust's, or None
    from faust import SASLCredentials, SSLCredentials  # noqa: PLC0415 - slow

    context = ssl.create_default_context() if servers.tls else None
    if servers.user:
        return SASLCredentials(
            username=servers.user, password=servers.password, ssl_context=context
        )
    return None if context is None else SSLCredentials(context)


def _made(application: "App", table: StreamTable, partitions: int) -> Any:  # noqa: ANN401 - Faust's
    made = application.Table(table.name, default=list, partitions=partitions)
    if table.size is None:
        return made
    # Never with `expires`: Faust keeps a note of every single change for as long as that.
    return made.hopping(table.size, table.step or table.size)


class Counter:
    """Counts one event after the other into Faust's tables, and forgets windows that are over."""

    def __init__(self, tables: dict[StreamTable, Any], clock: Callable[[], datetime]) -> None:
        self._tables = tables
        self._clock = clock
        self._expires_at: dict[int, datetime] = {}

    def count(self, event: "EventT[bytes]") -> None:
        """Count an event, unless it is in the figures already."""
        message, now = event.message, self._clock()
        self._expire(message.partition, now)
        seen = read([*_pairs(message.headers)], message.timestamp, message.value)
        if seen is None:
            _log.warning(
                "%s, partition %s, offset %s: not written by tap-kafka, and not counted",
                *(message.topic, message.partition, message.offset),
            )
            return
        is_kept = seen.recorded_at > now - KEPT
        for table, name, more in figures(seen):
            kept, key = self._tables[table], key_of(message.partition, name)
            if table.size is None:
                kept[key] = added(kept[key], more)
            elif is_kept:
                kept[key].apply(added, more, event)

    def _expire(self, partition: int, now: datetime) -> None:
        """Take away this partition's windows that nobody can ask for any more."""
        if now < self._expires_at.get(partition, now):
            return
        self._expires_at[partition] = now + _EXPIRE_EVERY
        over, ours = (now - KEPT).timestamp(), key_of(partition, "")
        for table, kept in self._tables.items():
            if table.size is None:
                continue
            keys = [*kept.table]
            for key, window in keys:
                if window[1] < over and key.startswith(ours):
                    del kept[key][window]


def _pairs(headers: Any) -> Iterator[tuple[str, bytes]]:  # noqa: ANN401 - Faust has two forms
    yield from headers.items() if hasattr(headers, "items") else headers or ()


async def serve(application: "App", told: asyncio.Event) -> None:
    """Count until told to stop; what was counted is in Kafka when this returns.

    Raises what the app ended with, when it ended by itself.
    """
    try:
        await application.start()
        await application.wait(told.wait())
    finally:
        await application.stop()
    if application.crash_reason is not None:
        raise application.crash_reason
