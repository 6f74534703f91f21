"""A platform that polls a service of the test's own, in a world whose clock the test turns."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from consumers.poll_service import CONSUMER
from producers.components import Components
from producers.firing import Firing
from producers.poll_chain import PollChain
from producers.poll_watch import PollWatch
from schemas.components import PLATFORM
from store import tables, workers
from store.components import polls
from store.components.pollers import POLLER
from store.components.ports import Poll
from store.workers import WorkerSign
from tests.equipment.world import PATIENCE_SECONDS, World
from tests.services.waiting import until
from tests.web import Answer, Web, serve

WHO = "user:test"


@dataclass
class Platform:
    """The platform, and the service that it polls."""

    world: World
    service: Web

    @property
    def url(self) -> str:
        """What is polled."""
        return f"http://127.0.0.1:{self.service.port}/add"

    @property
    def components(self) -> Components:
        """What the ingress has of it."""
        ledger = self.world.bus.ledger
        return Components(self.world.database, ledger, self.world.stamp, self.world.clock, self.url)

    @property
    def watch(self) -> PollWatch:
        """What revives it."""
        chain = PollChain(self.world.bus.ledger, self.world.stamp)
        return PollWatch(self.world.database, chain, self.world.clock)

    @property
    def poll(self) -> Poll:
        """The row."""
        found = polls.find(self.world.database, PLATFORM)
        assert found is not None
        return found

    @property
    def polled(self) -> int:
        """How often the service was asked."""
        return len(self.service.requests)

    def fire(self) -> int:
        """Fire the schedules that are due."""
        parts = (self.world.database, self.world.bus.ledger, self.world.stamp)
        return Firing(*parts, self.world.clock, random.random).fire()

    def let_pass(self, seconds: float) -> None:
        """Put the clock forward."""
        self.world.clock.advance(timedelta(seconds=seconds))

    def wait_for(self, number: int) -> None:
        """Wait until so many polls have been made since the start."""
        until(
            lambda: self.poll.round > number,
            seconds=PATIENCE_SECONDS,
            what=f"poll {number} of the platform",
        )

    def go_on(self) -> None:
        """Have the next poll made, by a consumer that is at work."""
        number = self.poll.round
        self.let_pass(60)
        assert self.fire() == 1
        self.wait_for(number)

    def live(self, waits_for: str | None = None, since: float = 0) -> None:
        """Show a sign of life of a process that polls, or waits, since so many seconds."""
        now = self.world.clock()
        sign = WorkerSign("test.1", POLLER, waits_for, now - timedelta(seconds=since), now)
        with self.world.database.transaction() as transaction:
            workers.beat(transaction, [sign], now)

    def pending(self) -> int:
        """Count what would lead to another poll: schedules, and events not yet handled."""
        asked = self.world.rows(tables.events, type="muniment.poll.requested.v1")
        handled = {row["event_key"] for row in self.world.rows(tables.inbox, consumer=POLLER)}
        return self.world.count(tables.schedules) + len({row["key"] for row in asked} - handled)


@contextmanager
def platform(
    make: Callable[..., World], answer: Callable[[], Answer] = Answer
) -> Iterator[Platform]:
    """Make a world with a platform, whose service gives that answer."""
    with serve(lambda _: answer()) as service:
        yield Platform(make(CONSUMER), service)
