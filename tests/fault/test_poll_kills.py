"""kill -9 of who polls, at each instant: the chain goes on, and stays one chain."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from consumers.contract import Consumer
from consumers.poll_service import CONSUMER
from schemas.polls import PollSucceeded
from store import tables
from store.errors import UnavailableError
from tests.equipment.dying_poller import INSTANTS
from tests.equipment.killing import run_until_killed
from tests.equipment.making import MakeWorld
from tests.equipment.polling import WHO, Platform, platform
from tests.equipment.world import World, open_world
from tests.services.private_postgresql import PrivatePostgreSQL
from tests.services.waiting import until
from tests.web import Answer

POLLS = {"before the poll": 1, "after the answer": 2, "after its rows": 2, "after the commit": 1}
"""How often the first poll arrives: again where it is not known that it has."""


@pytest.fixture
def one(make_world: MakeWorld) -> Iterator[Platform]:
    with platform(make_world) as one:
        yield one


def live_and_die(make_world: MakeWorld, instant: str) -> None:
    run_until_killed(
        "tests.equipment.dying_poller",
        instant,
        make_world.database_url,
        make_world.bus_url,
        str(make_world.folder),
    )


def bury(one: Platform) -> None:
    """Let the dead process be known as dead, and its work go back."""
    one.let_pass(2 * one.world.lease.total_seconds())
    one.world.sweeper.sweep()


@pytest.mark.parametrize("instant", INSTANTS)
def test_the_chain_goes_on(make_world: MakeWorld, one: Platform, instant: str) -> None:
    one.components.start(WHO)
    live_and_die(make_world, instant)
    bury(one)
    with one.world.working(CONSUMER):
        one.wait_for(1)
        assert one.polled == POLLS[instant]
        one.go_on()
        one.world.wait_until_at_rest()
    assert one.polled == POLLS[instant] + 1
    assert (one.poll.generation, one.poll.round, one.poll.succeeded) == (1, 3, 2)
    assert one.world.count(tables.events, type=PollSucceeded.TYPE) == 2
    assert one.pending() == 1
    assert not one.world.rows(tables.parked)


@pytest.mark.parametrize("instant", ["after the answer"])
def test_what_died_is_no_obstacle_to_a_stop_and_a_start(
    make_world: MakeWorld, one: Platform, instant: str
) -> None:
    one.components.start(WHO)
    live_and_die(make_world, instant)
    one.components.stop(WHO)
    one.components.start(WHO)
    before = one.polled
    with one.world.working(CONSUMER):
        # At once: nobody waits until the dead are known as dead.
        one.wait_for(1)
        assert one.polled == before + 1
        bury(one)
        one.go_on()
        one.world.wait_until_at_rest()
    assert one.polled == before + 2
    assert one.poll.generation == 2
    assert one.pending() == 1


def test_a_database_that_dies_while_the_service_is_asked_is_waited_for(
    tmp_path: Path, private_postgresql: PrivatePostgreSQL
) -> None:
    """The answer cannot be written down: the poll is made again, and the chain goes on."""
    with private_postgresql.fresh_database() as url, ExitStack() as stack:

        def make(*consumers: Consumer[Any]) -> World:
            world = open_world(consumers, database_url=url, folder=tmp_path)
            return stack.enter_context(world)

        one = stack.enter_context(platform(make))
        arrived = Event()

        def answer() -> Answer:
            if not arrived.is_set():
                private_postgresql.kill()
                arrived.set()
            return Answer()

        one.service.answering = lambda _: answer()
        one.components.start(WHO)
        with one.world.working(CONSUMER, probes={"database": one.world.database.check}):
            assert arrived.wait(60)
            private_postgresql.start()
            # What is left in the pool leads to the server that was killed.
            one.world.database.close()
            until(lambda: polled_once(one), seconds=60, what="the poll to be written down")
            one.go_on()
            one.world.wait_until_at_rest()
        assert one.polled == 3
        assert one.pending() == 1


def polled_once(one: Platform) -> bool:
    try:
        # Its lease may have run out: nobody could say meanwhile that its owner lived.
        one.world.sweeper.sweep()
        made = one.poll.round > 1
    except UnavailableError:
        return False
    return made
