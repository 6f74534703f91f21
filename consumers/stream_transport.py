"""Faust's way to Kafka, made sure: an offset is committed after all that was counted up to it.

Imports Faust, which takes half a second: import it in a function.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from faust.transport.drivers import aiokafka as driver
from faust.types.transports import ConsumerT, ProducerT
from faust.types.tuples import TP, FutureMessage


class SureProducer(driver.Producer):
    """Sends each record until it is there, in order, and flushes all that it was given.

    Faust's own gives up on a record when the broker is away for longer than a request may take, and
    its `flush` does not wait for records that stand in line before a full batch. With either a
    crash at the wrong moment would leave events uncounted.
    """

    def __post_init__(self) -> None:
        """Begin with nothing to be sent."""
        super().__post_init__()
        self._unsent: set[asyncio.Future[Any]] = set()

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True}

    def send_soon(self, fut: FutureMessage) -> None:
        """Take a record."""
        self._unsent.add(fut)
        super().send_soon(fut)

    async def flush(self) -> None:
        """Return when every record is there. Raises the error of one that Kafka will never take."""
        while self._unsent:
            done, _ = await asyncio.wait(self._unsent, return_when=asyncio.FIRST_COMPLETED)
            self._unsent -= done
            for one in done:
                one.result()
        await super().flush()


class SureConsumer(driver.Consumer):
    """Loses no record while it finds its place, and commits what was counted.

    Faust lets partitions go on, seeks to where they were left, and then empties the queue of its
    agent: a record that has come in between is neither counted nor committed. So they wait here
    for the end of that. And it has a fetch under way read the set of partitions that it changes:
    once that is empty, all are fetched from, and what comes is thrown away.
    """

    def __post_init__(self) -> None:
        """Begin with nothing that waits."""
        super().__post_init__()
        self._waiting: set[TP] = set()

    def pause_partitions(self, tps: Iterable[TP]) -> None:
        """Fetch no more from these."""
        paused = {*tps}
        self._waiting -= paused
        super().pause_partitions(paused)

    def resume_partitions(self, tps: Iterable[TP]) -> None:
        """Fetch from these as soon as the flow is resumed, which Faust does next each time."""
        self._waiting.update(tps)

    def resume_flow(self) -> None:
        """Go on, with the partitions that wait for it."""
        super().resume_partitions(self._waiting)
        self._waiting.clear()
        super().resume_flow()

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:  # noqa: ANN401, ASYNC109 - Faust's
        asked = None if active_partitions is None else {*active_partitions}
        return await super()._getmany(asked, timeout)

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Note where there are no records.

        Ends of transactions take offsets, too. Faust notes such a gap, and by mistake the record
        behind it; then each commit gets no further than to the next of them.
        """
        await super()._add_gap(tp, offset_from, offset_to - 1)


class SureTransport(driver.Transport):
    """The aiokafka driver with these two."""

    Consumer: ClassVar[type[ConsumerT]] = SureConsumer
    Producer: ClassVar[type[ProducerT]] = SureProducer
