"""Whether every event is somewhere: finished, parked, at work, in a queue or on its way to one.

What is nowhere was lost by the broker: a queue that was purged or deleted, a disk that is gone. The
ledger still has it, so it can be put back; whoever has finished it already knows it by its inbox.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from consumers.registry import CONSUMERS
from ops.doctor.finding import MOST_ITEMS, Finding, Hands, Patient, State
from ops.management import Management, ManagementError
from ops.settings import EMBEDDED
from ops.topology import queue_lengths
from producers.brokers import read_brokers
from store.missing import Reader, Stretch, missing
from store.views import span
from store.workers import living

_UNDER_WAY = timedelta(minutes=5)
"""What is younger may be between two places."""
_NEWEST = 100_000
"""Ledger positions that are looked at unless all are asked for."""
_MOST_TWICE = 10_000
"""So many that still wait may be put into their queue a second time; the inbox tells them apart."""


@dataclass(frozen=True, slots=True)
class _InQueue:
    """What the broker has for one consumer."""

    ready: int
    held: int | None
    """In the hands of processes; None: the broker has not been asked, or does not tell."""


@dataclass(frozen=True, slots=True)
class _Loss:
    reader: Reader
    count: int
    """Events that are neither finished nor in any table on their way."""
    keys: list[str]
    there: _InQueue
    processes: int

    @property
    def waiting(self) -> int:
        """How many of them the broker may still have."""
        return self.there.ready + (self.there.held or 0)

    @property
    def lost(self) -> int:
        """How many of them the broker cannot have."""
        return max(0, self.count - self.waiting)

    @property
    def is_certain(self) -> bool:
        """Whether they are lost, and not in the hands of processes that take long."""
        return self.there.held is not None or self.processes == 0

    @property
    def text(self) -> str:
        """What is told of it."""
        name = self.reader.consumer
        told = f"{self.lost} for {name} not finished and nowhere on their way"
        if self.waiting:
            told = f"{told} (which of {self.count} cannot be told: its queue has {self.waiting})"
        if not self.is_certain:
            told = f"{told}, unless the {self.processes} processes that run it have them in hand"
        return told


def events(patient: Patient) -> Finding:
    """Compare the ledger with what consumers have finished, and with what is on its way to them."""
    stretch = _stretch(patient)
    losses = [loss for loss in _losses(patient, stretch) if loss.lost]
    looked = f"of ledger positions {stretch.after + 1} to {stretch.last}"
    if stretch.last == 0:
        looked = "for the ledger is empty"
    if not losses:
        return Finding("events", "ok", f"none is lost, {looked}")
    repaired, mended = "", False
    if patient.hands is not None:
        done = [_put_back(patient, patient.hands, loss, stretch) for loss in losses]
        repaired = "; ".join(text for text, _ in done)
        mended = all(put_back for _, put_back in done)
    keys = [key for loss in losses for key in loss.keys][:MOST_ITEMS]
    told = "; ".join(loss.text for loss in losses) + f", {looked}"
    state: State = "wrong" if any(loss.is_certain for loss in losses) else "warning"
    advice = "`muniment doctor --repair` puts them back"
    return Finding("events", state, told, advice, keys, repaired, mended)


def _stretch(patient: Patient) -> Stretch:
    kept = span(patient.store.database)
    first = max(0, kept.first - 1)
    after = first if patient.deep else max(first, kept.last - _NEWEST)
    return Stretch(after, kept.last, patient.clock() - _UNDER_WAY)


def _losses(patient: Patient, stretch: Stretch) -> list[_Loss]:
    database = patient.store.database
    there = _queues(patient)
    signs = living(database, patient.clock())
    losses = []
    for consumer in CONSUMERS:
        reader = Reader(consumer.name, consumer.type)
        count, keys = 0, list[str]()
        for page in missing(database, reader, stretch):
            count += len(page)
            keys += [one.key for one in page][: MOST_ITEMS - len(keys)]
        processes = sum(sign.consumer == consumer.name for sign in signs)
        losses.append(_Loss(reader, count, keys, there[consumer.name], processes))
    return losses


def _queues(patient: Patient) -> Mapping[str, _InQueue]:
    """Return what the broker has; rows of the embedded bus are known as such."""
    settings, names = patient.settings, [one.name for one in CONSUMERS]
    if settings.bus_url == EMBEDDED:
        return dict.fromkeys(names, _InQueue(0, 0))
    lengths = queue_lengths(settings.bus_url, names)
    held: dict[str, int | None] = {}
    if settings.management_url:
        try:
            found = Management(settings.management_url, read_brokers(settings.bus_url)[0]).queues()
            held = {name: one.unacknowledged for name, one in found.items()}
        except ManagementError:
            held = {}
    return {name: _InQueue(lengths.get(name, 0), held.get(name)) for name in names}


def _put_back(patient: Patient, hands: Hands, loss: _Loss, stretch: Stretch) -> tuple[str, bool]:
    """Return what was done, and whether it was all."""
    database, name = patient.store.database, loss.reader.consumer
    if loss.waiting > _MOST_TWICE:
        return f"left {name} alone until its queue has at most {_MOST_TWICE}", False
    count = 0
    for page in missing(database, loss.reader, stretch):
        count += len(page)
        if not hands.dry_run:
            hands.put_back(name, page)
    return hands.did(f"put {count} events back into {name}"), not hands.dry_run
