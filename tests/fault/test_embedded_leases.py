"""Leases of the embedded bus when the database goes away while a delivery is in hand."""

from contextlib import closing
from pathlib import Path

from consumers.answer_probe import CONSUMER
from consumers.embedded import LEASE
from store import tables
from tests.contract.bus_under_test import keys
from tests.equipment.probing import probes
from tests.equipment.world import open_world
from tests.services.private_postgresql import PrivatePostgreSQL
from tests.services.waiting import until

PATIENCE_SECONDS = 60


def test_what_could_not_be_given_back_runs_out_while_its_process_lives(
    private_postgresql: PrivatePostgreSQL, tmp_path: Path
) -> None:
    with (
        private_postgresql.fresh_database() as url,
        open_world([CONSUMER], database_url=url, folder=tmp_path) as world,
        closing(world.bus.source(CONSUMER)) as source,
    ):
        world.accept(*probes(2))
        given_back, kept = source.take(2, PATIENCE_SECONDS)
        private_postgresql.kill()
        source.release([given_back])
        private_postgresql.start()
        # What is left in the pool leads to the server that was killed.
        world.database.close()
        (row,) = world.rows(tables.deliveries, id=kept.tag)
        world.clock.advance(LEASE)

        def is_kept() -> bool:
            (now,) = world.rows(tables.deliveries, id=kept.tag)
            return bool(now["lease_until"] > row["lease_until"] + LEASE / 2)

        until(is_kept, seconds=PATIENCE_SECONDS, what="the leases to be kept again")
        with closing(world.bus.source(CONSUMER)) as other:
            assert keys(other.take(1, PATIENCE_SECONDS)) == keys([given_back])
