"""Consumer `update-stats`: whatever happens is counted, once."""

from collections.abc import Sequence
from typing import Protocol

from consumers.contract import Consumer
from schemas.base import Event
from schemas.envelope import Envelope
from store.ports import HasEvent
from store.statistics.ports import HasStatistics


class Needs(HasEvent, HasStatistics, Protocol):
    """What this consumer may touch."""


def update_stats(_: Envelope, work: Needs) -> Sequence[Event]:
    """Add the event to the figures of its hour, type and capability.

    Safe to repeat: the figures are in the transaction that remembers the event.
    """
    work.statistics.count(work.key, work.now)
    return []


CONSUMER = Consumer("update-stats", Envelope, update_stats, batch=500, rest=0.5)
