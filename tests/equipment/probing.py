"""Consumers of probes that do as a test says."""

from collections import Counter
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

from consumers.contract import Consumer, RetryPolicy
from schemas.base import Event
from schemas.envelope import Envelope
from schemas.probes import ProbeAnswered, ProbeRequested
from store import tables
from store.ports import Work
from tests.equipment.world import World

NAME = "prober"
QUICKLY = RetryPolicy(attempts=3, base_seconds=0.02, factor=1.0)

Act = Callable[[ProbeRequested, int], None]
"""Takes the event and which run of it this is, from 1; may raise."""


class Script:
    """A handler that records, acts as told, and answers; it counts its runs per probe."""

    def __init__(self, act: Act = lambda _event, _run: None) -> None:
        self._act = act
        self._lock = Lock()
        self.runs: dict[str, int] = {}

    def __call__(self, event: ProbeRequested, work: Work) -> Sequence[Event]:
        """Record the probe, act, answer."""
        with self._lock:
            run = self.runs[event.probe] = self.runs.get(event.probe, 0) + 1
        work.probes.add(work.key, event.probe, work.now)
        self._act(event, run)
        return [ProbeAnswered(probe=event.probe, position=work.position)]


def prober(
    handle: Callable[[ProbeRequested, Work], Sequence[Event]],
    **options: Any,  # noqa: ANN401 - those of Consumer
) -> Consumer[ProbeRequested]:
    """Return a consumer of probes."""
    return Consumer(
        NAME, ProbeRequested, handle, **{"publishes": (ProbeAnswered,), "retry": QUICKLY, **options}
    )


def probes(count: int) -> list[ProbeRequested]:
    """Return so many requests, named by their numbers."""
    return [ProbeRequested(probe=str(number)) for number in range(count)]


def check_once(world: World, sent: Sequence[Envelope]) -> None:
    """Check that each of the events had its effects, its inbox row and its answer once."""
    keys = sorted(one.key for one in sent)
    assert [row["event_key"] for row in world.rows(tables.probes)] == keys
    inbox = world.rows(tables.inbox)
    assert sorted(row["event_key"] for row in inbox) == keys
    answers = world.rows(tables.events, type=ProbeAnswered.TYPE)
    assert Counter(row["cause"] for row in answers) == Counter(keys)
    assert {row["outcome_key"] for row in inbox} == {row["key"] for row in answers}
