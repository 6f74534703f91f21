"""The embedded bus, on SQLite and on PostgreSQL, keeps the promises of a bus."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from consumers.embedded import LEASE
from ops.buses import EmbeddedBus, Surroundings
from producers.doorbell import Waiters
from store.database import open_database
from store.tables import metadata
from tests.contract.bus import BusContract
from tests.contract.bus_under_test import CONSUMERS, BusUnderTest, StillClock, new_id


@pytest.fixture(params=["sqlite", "postgresql"])
def bus(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BusUnderTest]:
    """A bus in a fresh database."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'muniment.db'}"
    else:
        url = request.getfixturevalue("postgresql_url")
    clock = StillClock()
    with closing(open_database(url)) as database:
        metadata.create_all(database.engine)
        around = Surroundings(database, CONSUMERS, Waiters("test"), "test.1", clock, new_id)
        yield BusUnderTest(EmbeddedBus(around), database, clock, lease=2 * LEASE)


class TestEmbeddedBus(BusContract):
    """On either database."""
