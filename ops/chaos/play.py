"""The play: clients, faults and whoever looks on, each on a thread of its own."""

import random
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Event
from time import monotonic, sleep

from ops.bench.vhosts import broker_of
from ops.chaos.accepted import Accepted
from ops.chaos.clients import Client
from ops.chaos.faults import Faults, Wanted
from ops.chaos.installation import Installation, wait_until_ready
from ops.chaos.meddlers import EmbeddedMeddler, Meddler, RabbitMeddler
from ops.chaos.outsiders import Outsider
from ops.chaos.recovery import Recovery
from ops.chaos.scene import Scene

_CLIENTS = 6
_TICK_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Progress:
    """What is to be seen while it runs."""

    phase: str
    seconds: float
    """Since the faults began."""
    kills: int
    others: int
    accepted: int
    ended: int


Report = Callable[[Progress], None]


class Play:
    """One run's load and faults, from the first request until the last one is answered."""

    def __init__(
        self,
        place: Scene,
        installation: Installation,
        wanted: Wanted,
        chance: random.Random,
        recovery: Recovery,
    ) -> None:
        self.accepted = Accepted()
        self.recovery = recovery
        self._place = place
        self._installation = installation
        self._wanted = wanted
        self._stopping = Event()
        self.faults = Faults(place, installation, recovery, wanted, chance)
        self._clients = [
            Client(
                number,
                installation.urls,
                installation.token,
                self.accepted,
                self._stopping,
                random.Random(chance.getrandbits(64)),  # noqa: S311 - to be repeatable
            )
            for number in range(_CLIENTS)
        ]
        seeds = [random.Random(chance.getrandbits(64)) for _ in range(2)]  # noqa: S311 - as above
        self._outsiders = []
        if place.embedded:
            self._meddler: Meddler = EmbeddedMeddler(recovery.database, self._stopping, seeds[0])
        else:
            wired, direct = broker_of(place.wired.bus_url), broker_of(place.direct.bus_url)
            self._meddler = RabbitMeddler(direct, self._stopping, seeds[0])
            self._outsiders.append(Outsider(wired, self.accepted, self._stopping, seeds[1]))

    def perform(self, enough: Event, report: Report) -> float:
        """Do it; return for how many seconds there were faults."""
        hands = [*self._clients, *self._outsiders, self._meddler]
        with ThreadPoolExecutor(len(hands) + 1, "chaos") as pool, ExitStack() as stack:
            # Whatever happens here, nobody may be left who never stops.
            stack.callback(self._stopping.set)
            stack.callback(self.recovery.stopping.set)
            working: list[Future[None]] = [pool.submit(one.run) for one in hands]
            working.append(pool.submit(self.recovery.run))
            started = monotonic()
            with self.faults.striking() as strike:
                while not enough.is_set() and monotonic() < started + self._wanted.seconds:
                    strike()
                    self._installation.supervise()
                    report(self.progress("breaking", monotonic() - started))
                    _raise_what_was_raised(working)
                    sleep(_TICK_SECONDS)
            seconds = monotonic() - started
            wait_until_ready(
                list(self._installation.processes.values()), self._installation.supervise
            )
            self._stopping.set()
            while not all(one.done() for one in working[:-1]):
                self.rest(report, seconds)
                sleep(_TICK_SECONDS)
            self.recovery.stopping.set()
        _raise_what_was_raised(working)
        return seconds

    def rest(self, report: Report, seconds: float) -> None:
        """Let things go on without faults."""
        self._installation.supervise()
        report(self.progress("waiting for the rest", seconds))

    def progress(self, phase: str, seconds: float) -> Progress:
        """Return what is to be seen."""
        return Progress(
            phase,
            seconds,
            self.faults.kills.total(),
            self.faults.others.total(),
            len(self.accepted),
            self.recovery.ended,
        )

    @property
    def others(self) -> dict[str, int]:
        """How many faults there were beside kills, by kind."""
        found = {**self.faults.others, "deliveries repeated": self._meddler.copies}
        if self._place.s3 is not None:
            found |= {f"S3: {kind}": number for kind, number in self._place.s3.harmed.items()}
        return found

    @property
    def unexpected(self) -> list[str]:
        """What clients, processes and commands met that must not be."""
        surprises = [f"{what} ({times} times)" for what, times in self.accepted.surprises.items()]
        return [*surprises, *self._installation.unexpected, *self.faults.unexpected]


def _raise_what_was_raised(working: Sequence[Future[None]]) -> None:
    for one in working:
        if one.done():
            one.result()
