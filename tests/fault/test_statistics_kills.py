"""`update-stats` while processes die and the database restarts: counted once, and all of it."""

from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from consumers.embedded import LEASE
from consumers.update_stats import CONSUMER
from store import tables
from store.errors import DatabaseUnavailableError
from store.outbox import GRACE
from tests.equipment.killing import in_worlds, run_consumer_until_killed
from tests.equipment.making import MakeWorld
from tests.equipment.probing import probes
from tests.equipment.statistics import check_all_counted, count_up, ingest, rebuilt
from tests.equipment.world import PATIENCE_SECONDS, World, open_world
from tests.services.private_postgresql import PrivatePostgreSQL
from tests.services.waiting import until

ROUNDS = 3
WITHIN = (
    "before the commit",
    "at the end of the transaction",
    "right before the commit",
    "after the commit, before the acknowledgement",
)
"""Instants of a batch, in order: from the last event in hand until the queue is told."""
IN_EVERY_WORLD = {"right before the commit", "after the commit, before the acknowledgement"}


@pytest.mark.parametrize(
    ("make_world", "instant"), in_worlds(WITHIN, IN_EVERY_WORLD), indirect=["make_world"]
)
def test_figures_are_right_whenever_the_process_dies(make_world: MakeWorld, instant: str) -> None:
    world = make_world(CONSUMER)
    sent = world.accept(*probes(20), *(ingest(str(number)) for number in range(5)))
    run_consumer_until_killed(make_world, instant, CONSUMER.name)
    # Nobody waits for what the dead held: its leases run out, its outbox rows are swept.
    world.clock.advance(max(LEASE, GRACE) + timedelta(seconds=1))
    # Copies, the newest first.
    for one in reversed(sent):
        world.deliver(one, CONSUMER.name)
    count_up(world)
    check_all_counted(world)
    (counter,) = world.rows(tables.counters)
    assert (counter["component"], counter["value"]) == ("archive", 5)
    assert world.count(tables.parked) == 0


def test_a_database_that_restarts_costs_no_count(
    private_postgresql: PrivatePostgreSQL, tmp_path: Path
) -> None:
    with (
        private_postgresql.fresh_database() as url,
        open_world([CONSUMER], database_url=url, folder=tmp_path) as world,
    ):
        with (
            world.working(CONSUMER, probes={"database": world.database.check}),
            world.working(CONSUMER, probes={"database": world.database.check}),
        ):
            for number in range(ROUNDS):
                until(
                    partial(accepted, world, number),
                    seconds=PATIENCE_SECONDS,
                    what="the database to take events again",
                )
                private_postgresql.kill()
                private_postgresql.start()
            # What is left in the pool leads to the server that was killed.
            world.database.close()
            world.wait_for(tables.inbox, world.count(tables.events))
        check_all_counted(world)
        assert rebuilt(world).events >= 301 * ROUNDS


def accepted(world: World, number: int) -> bool:
    """Whether events were accepted; where not, nobody knows: some may have been, all the same."""
    try:
        world.accept(*probes(300), ingest(str(number)))
    except DatabaseUnavailableError:
        return False
    return True
