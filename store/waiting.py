"""What an event that is not finished waits for, in words.

The tables tell where it is; what runs, and what is down, others have to say (`Circumstances`).
An event that has left the outbox, and that its consumer has not finished, is in the broker's queue
or in the hands of a process: no row says so, the absence of rows does.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from schemas.routing import is_request
from store.activity import QueueDepth
from store.fates import Leased, Waiting
from store.why import Step, Why
from store.workers import WorkerSign

_SETTLED = timedelta(minutes=5)
"""A fact that is older, and not in an empty queue, was never for it: its reader is newer."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the tables alone do not tell."""

    now: datetime
    listeners: Mapping[str, Sequence[str]]
    """Consumers by the event type that they listen to."""
    living: Sequence[WorkerSign] | None
    """Consumers at work; None: that cannot be told now."""
    queues: Mapping[str, QueueDepth] | None
    """By consumer; None: they cannot be counted now."""
    bus: str | None
    """What is wrong with the bus, or None."""

    @property
    def in_broker(self) -> bool:
        """Whether queues are the broker's, and not rows."""
        # The broker does not tell what consumers hold; rows do.
        return self.queues is None or any(one.held is None for one in self.queues.values())


def explain(why: Why, around: Circumstances) -> Why:
    """Return the tree with everything that its events wait for."""
    return replace(why, steps=[_explained(step, around) for step in why.steps])


def is_open(why: Why, listeners: Mapping[str, Sequence[str]]) -> bool:
    """Whether any of the events may be waiting for something."""
    return any(
        step.waiting
        or step.leased
        or not set(listeners.get(step.event.envelope.type, ())).issubset(
            one.consumer for one in step.handled
        )
        for step in why.steps
    )


def waiting_for(step: Step, now: datetime) -> list[str]:
    """Return a sentence for each consumer, or part of the way, that the event waits for."""
    held = [f"{one.consumer}: {at_work(one, now)}" for one in step.leased if one.owner]
    return held + [f"{one.place}: {'; '.join(one.because)}" for one in step.waiting if one.because]


def at_work(one: Leased, now: datetime) -> str:
    """Say what is known of work under a lease."""
    words = [f"{one.owner} works on it" if one.owner else "nobody works on it now"]
    if one.progress is not None:
        of = "" if one.progress.total is None else f" of {one.progress.total}"
        words.append(f"{one.progress.done}{of} {one.progress.unit}")
    if one.checkpointed:
        words.append("its last checkpoint is kept")
    if one.crashes:
        words.append(f"{_times(one.crashes)} a process died of it")
    if one.until is not None and one.until < now:
        words.append(f"has said nothing since {_moment(one.until)}: the sweeper takes it away")
    return ", ".join(words)


def _explained(step: Step, around: Circumstances) -> Step:
    waiting = [
        replace(one, because=_because(one, step, around))
        for one in [*step.waiting, *_unseen(step, around)]
    ]
    return replace(step, waiting=waiting)


def _unseen(step: Step, around: Circumstances) -> Iterable[Waiting]:
    """Yield the queues in which the event must be, although no row says so."""
    known = {one.consumer for one in step.waiting}
    known |= {one.consumer for one in step.handled}
    known |= {one.consumer for one in step.leased if one.owner is not None}
    known |= {one.consumer for one in step.parked if one.ending != "replayed"}
    event = step.event
    recent = around.now - event.recorded_at < _SETTLED
    if None in known or (recent and not around.in_broker):
        return
    for consumer in around.listeners.get(event.envelope.type, ()):
        depth = None if around.queues is None else around.queues.get(consumer)
        there = around.in_broker and (recent or depth is None or depth.ready > 0)
        could_be = there or is_request(event.envelope.type)
        if consumer not in known and could_be:
            failed = [one.attempt for one in step.failures if one.consumer == consumer]
            attempt = max(failed, default=0) + 1
            yield Waiting(f"queue {consumer}", attempt, None, None, consumer=consumer)


def _because(one: Waiting, step: Step, around: Circumstances) -> list[str]:
    due = one.not_before
    if one.consumer is None:
        return _publishing(one, around)
    if one.held_by is not None and (one.held_until is None or one.held_until >= around.now):
        return [f"{one.held_by} works on it"]
    if due is not None and due > around.now:
        failed = [a for a in step.failures if a.consumer == one.consumer]
        after = f", after try {failed[-1].attempt} failed: {failed[-1].error}" if failed else ""
        return [f"not due before {_moment(due)}{after}", *_absent(one.consumer, around)]
    because = []
    if one.held_by is not None:
        because.append(
            f"{one.held_by} had it, and has said nothing since {_moment(one.held_until)}"
        )
    if one.place.startswith("outbox"):
        because += _publishing(one, around)
    elif due is None:
        because.append(_invisible(one.consumer, step, around))
    because += _absent(one.consumer, around)
    depth = None if around.queues is None else around.queues.get(one.consumer)
    if depth is not None and not one.place.startswith("outbox"):
        because.append(f"{depth.ready} ready in the queue")
    return because


def _invisible(consumer: str, step: Step, around: Circumstances) -> str:
    """Say where an event must be that no row speaks of."""
    depth = None if around.queues is None else around.queues.get(consumer)
    if around.now - step.event.recorded_at < _SETTLED or depth is None:
        return "published; it waits in the queue, or a process has it in its hands"
    if not around.in_broker:
        return "it is not there any more: `muniment doctor --repair` puts it back"
    if depth.ready == 0:
        return (
            "published; a process has it in its hands, or the queue has lost it: `muniment doctor` "
            "tells, and with --repair puts it back"
        )
    return "published; it waits in the queue, or a process has it in its hands"


def _publishing(one: Waiting, around: Circumstances) -> list[str]:
    because = [] if around.bus is None else [f"the bus is down: {around.bus}"]
    if one.tries:
        because.append(f"the broker has not taken it, {_times(one.tries)}")
    return because or ["on its way to the broker"]


def _absent(consumer: str, around: Circumstances) -> list[str]:
    """Say why nobody takes from the queue; empty: somebody does, as far as is known."""
    if around.living is None:
        return []
    signs = [sign for sign in around.living if sign.consumer == consumer]
    if not signs:
        return [f"no process runs {consumer}"]
    paused = [sign for sign in signs if sign.waits_for is not None]
    if len(paused) < len(signs):
        return []
    return [
        f"{consumer} in {sign.process} is paused since {_moment(sign.since)}: "
        f"its {sign.waits_for} does not answer"
        for sign in paused
    ]


def _moment(time: datetime | None) -> str:
    return "" if time is None else f"{time:%Y-%m-%d %H:%M:%S} UTC"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
