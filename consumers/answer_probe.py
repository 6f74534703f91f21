"""Consumer `answer-probe`: the bus's canary, and the shortest example of a consumer."""

from collections.abc import Sequence
from typing import Protocol

from consumers.contract import Consumer
from schemas.base import Event
from schemas.probes import ProbeAnswered, ProbeRequested
from store.ports import HasEvent, HasProbes


class Needs(HasEvent, HasProbes, Protocol):
    """What this consumer may touch."""


def answer_probe(event: ProbeRequested, work: Needs) -> Sequence[Event]:
    """Record that the probe arrived, and say so.

    Safe to repeat: the row is in the transaction that remembers the event.
    """
    work.probes.add(work.key, event.probe, work.now)
    return [ProbeAnswered(probe=event.probe, position=work.position)]


CONSUMER = Consumer(
    "answer-probe", ProbeRequested, answer_probe, publishes=(ProbeAnswered,), batch=200
)
