"""Who builds a package, and who is given one that is there."""

from datetime import timedelta

import pytest

from store.database import Transaction
from store.package_ports import Busy, Claim, Mine, Package, Ready
from store.packages import SqlPackages
from tests.equipment.making import MakeWorld
from tests.equipment.world import World

DIGEST = "d" * 64
DAY = timedelta(days=1)


# There is no bus in it.
pytestmark = pytest.mark.parametrize("make_world", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """A world without consumers."""
    return make_world()


def packages(world: World, transaction: Transaction) -> SqlPackages:
    return SqlPackages(transaction, world.database, lambda: "secret")


def claim(world: World, key: str) -> Claim:
    now = world.clock()
    with world.database.transaction() as transaction:
        return packages(world, transaction).claim(DIGEST, key, now, now - DAY)


def add(world: World, key: str, *, lasts: timedelta) -> Package:
    now = world.clock()
    package = Package(
        id=key,
        name=f"{key}.zip",
        digest=DIGEST,
        kind="datastore",
        resource_id="r-1",
        format="csv",
        host="data.example.org",
        size=1,
        sha256="0" * 64,
        rows=1,
        built_at=now,
        expires_at=now + lasts,
    )
    with world.database.transaction() as transaction:
        packages(world, transaction).add(package)
    return package


def test_the_first_builds_and_is_told_so_again(world: World) -> None:
    assert claim(world, "a") == Mine()
    assert claim(world, "a") == Mine()


def test_another_takes_over_from_one_without_a_lease(world: World) -> None:
    assert claim(world, "a") == Mine()
    assert claim(world, "b") == Mine()
    assert not isinstance(claim(world, "a"), Busy), "b holds no lease either"


def test_what_is_there_is_given_to_all_until_it_is_too_old(world: World) -> None:
    claim(world, "a")
    package = add(world, "a", lasts=7 * DAY)
    assert claim(world, "b") == Ready(package)
    world.clock.advance(DAY + timedelta(seconds=1))
    assert claim(world, "b") == Mine()


def test_nobody_is_given_a_link_that_is_about_to_end(world: World) -> None:
    claim(world, "a")
    add(world, "a", lasts=timedelta(minutes=30))
    assert claim(world, "b") == Mine()
