"""The sampler: once a minute, how deep the queues are and how old the oldest is that waits."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from consumers.contract import Consumer
from store.activity import QueueDepth
from store.database import Database
from store.errors import DatabaseUnavailableError, UnavailableError
from store.statistics.sampling import sample

SAMPLE_SECONDS = 60.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sampler:
    """Samples every queue. Of several in one minute, one does."""

    database: Database
    queues: Callable[[], Sequence[QueueDepth]]
    consumers: Sequence[Consumer[Any]]
    clock: Callable[[], datetime]

    def sample(self) -> None:
        """Take the sample of this minute. Raises DatabaseUnavailableError."""
        depths: Sequence[QueueDepth] | None = None
        try:
            depths = self.queues()
        except DatabaseUnavailableError:
            raise
        except UnavailableError as error:
            # How old the oldest is that waits, the ledger tells: never mind the broker.
            _log.debug("nobody can tell how deep the queues are: %s", error)
        sample(self.database, {one.name: one.type for one in self.consumers}, depths, self.clock())
