"""One consumer at work in one process: its threads, its pauses, its end."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from threading import Thread
from time import monotonic
from typing import Any

from consumers.contract import Consumer
from consumers.runtime.equipment import Equipment
from consumers.runtime.holding import Keeper
from consumers.runtime.pausing import Pauses
from consumers.runtime.processing import Processor
from consumers.runtime.source import Delivery, Source
from store.errors import UnavailableError

_WAIT_SECONDS = 1.0
_log = logging.getLogger(__name__)


class Worker:
    """Takes deliveries and processes them, from `start` to `stop`.

    `probes` maps a dependency (`UnavailableError.dependency`) to a call that raises while it is
    down; one that has no probe is simply tried again.
    """

    def __init__(
        self,
        consumer: Consumer[Any],
        source: Source,
        equipment: Equipment,
        probes: Mapping[str, Callable[[], None]],
    ) -> None:
        self.consumer = consumer
        self._source = source
        self._telemetry = equipment.telemetry
        self._keeper = Keeper(
            equipment.database,
            equipment.ledger.outlet,
            equipment.clock,
            equipment.process,
            equipment.lease,
        )
        self._processor = Processor(consumer, source, equipment, self._keeper)
        self._pauses = Pauses(consumer.name, equipment.telemetry, equipment.clock, probes)
        self._threads = [
            Thread(target=self._run, name=f"{consumer.name} {number}")
            for number in range(1, consumer.threads + 1)
        ]

    @property
    def name(self) -> str:
        """The consumer's."""
        return self.consumer.name

    @property
    def waits(self) -> tuple[str | None, datetime]:
        """The dependency it waits for, or None, and since when."""
        return self._pauses.waits

    def start(self) -> None:
        """Begin to take deliveries."""
        for thread in self._threads:
            thread.start()

    def drain(self) -> None:
        """Take nothing new; what is at work goes on."""
        self._pauses.stopping.set()
        self._keeper.draining = True
        self._source.drain()

    def stop(self, seconds: float) -> bool:
        """Drain, wait for what is at work, close. False when it was not done in time.

        Work under a lease that was not done in time is handed back; it can commit nothing more.
        """
        deadline = monotonic() + seconds
        self.drain()
        for thread in self._threads:
            thread.join(max(0.0, deadline - monotonic()))
        finished = not any(thread.is_alive() for thread in self._threads)
        self._keeper.close()
        self._source.close()
        return finished

    def _run(self) -> None:
        while not self._pauses.stopping.is_set():
            try:
                deliveries = self._source.take(self.consumer.batch, _WAIT_SECONDS)
            except UnavailableError as error:
                self._pauses.pause(error)
                continue
            except Exception:  # noqa: BLE001 - without its thread it looks well and does nothing
                _log.exception("%s: nothing could be taken", self.consumer.name)
                self._pauses.breathe()
                continue
            self._pauses.works()
            if deliveries:
                self._process(deliveries)
                if len(deliveries) < self.consumer.batch:
                    self._pauses.stopping.wait(self.consumer.rest)

    def _process(self, deliveries: Sequence[Delivery]) -> None:
        try:
            self._processor.process(deliveries)
        except UnavailableError as error:
            self._source.release(deliveries)
            self._telemetry.ended(self.consumer.name, "released", len(deliveries))
            self._pauses.pause(error)
        except Exception:  # noqa: BLE001 - the thread serves the queue and must outlive it
            _log.exception("%s: a batch could not be brought to its end", self.consumer.name)
            self._source.release(deliveries)
            self._pauses.breathe()
