"""One run: an installation under load is broken for a while, left in peace, and held to account."""

import random
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from consumers.registry import CONSUMERS
from ops.bench.vhosts import broker_of
from ops.chaos import witness
from ops.chaos.checks import Account, settle
from ops.chaos.faults import Wanted
from ops.chaos.installation import installed
from ops.chaos.play import Play, Report
from ops.chaos.quiet import wait_until_quiet
from ops.chaos.recovery import Recovery
from ops.chaos.scene import Scene, scene
from ops.settings import Settings
from ops.stores import open_store
from ops.topology import queue_lengths
from schemas.routing import DEAD, UNROUTED

_QUEUES = tuple(one.name for one in CONSUMERS)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    place: str
    seed: int
    seconds: float
    """During which there were faults."""
    kills: Mapping[str, int]
    others: Mapping[str, int]
    left_out: Sequence[str]
    recovery: Mapping[str, Sequence[float]]
    """Seconds from a fault to the next event that ended, by kind."""
    account: Account
    waiting: Sequence[str] = ()
    """What had not ended in the end, and where it was."""
    unexpected: Sequence[str] = ()
    """Answers, exit codes and commands that must not be."""

    @property
    def whole(self) -> bool:
        """Whether nothing was lost, nothing doubled, and nothing else was wrong."""
        wrong = self.account.lost.number or self.account.doubled.number
        return not (wrong or self.waiting or self.unexpected)


def run(folder: Path, settings: Settings, wanted: Wanted, enough: Event, report: Report) -> Outcome:
    """Break an installation in an empty folder until time is up, or `enough` is set.

    Raises MunimentError when that cannot be done.
    """
    chance = random.Random(wanted.seed)  # noqa: S311 - to be repeatable, not to be secret
    with (
        scene(folder / "data", settings, chance) as place,
        installed(place, folder) as installation,
        open_store(place.direct) as store,
        _witness(place),
    ):
        play = Play(place, installation, wanted, chance, Recovery(store.database, Event()))
        seconds = play.perform(enough, report)
        waiting = wait_until_quiet(
            store.database,
            play.accepted.keys(),
            lambda: _queued(place),
            lambda: play.rest(report, seconds),
        )
        installation.stop()
        report(play.progress("checking", seconds))
        seen = None if place.embedded else witness.seen(broker_of(place.direct.bus_url))
        return Outcome(
            place=place.name,
            seed=wanted.seed,
            seconds=seconds,
            kills=play.faults.kills,
            others=play.others,
            left_out=[*place.left_out, *play.faults.left_out],
            recovery=play.recovery.times,
            account=settle(store.database, store.objects, play.accepted, seen),
            waiting=waiting,
            unexpected=[*play.unexpected, *_astray(place)],
        )


def _witness(place: Scene) -> AbstractContextManager[None]:
    return nullcontext() if place.embedded else witness.subscribed(broker_of(place.direct.bus_url))


def _queued(place: Scene) -> Mapping[str, int]:
    """Return how many deliveries wait on the broker, by queue."""
    return {} if place.embedded else queue_lengths(place.direct.bus_url, _QUEUES)


def _astray(place: Scene) -> list[str]:
    """Return what lies where nothing may: given up on by the broker, or owned by nobody."""
    if place.embedded:
        return []
    lengths = queue_lengths(place.direct.bus_url, (DEAD, UNROUTED))
    return [f"{length} messages in {queue}" for queue, length in lengths.items() if length]
