"""An event that takes every process down with it ends parked, and harms none of its neighbours."""

import subprocess
import sys
from pathlib import Path

import pytest

from consumers.embedded import LEASE
from consumers.runtime.processing import SUSPECT
from consumers.runtime.sweeping import CRASHES
from schemas.probes import ProbeRequested
from store import tables
from tests.equipment.making import MakeWorld
from tests.equipment.poisoned import ENDS, POISON, consumer
from tests.equipment.probing import NAME, check_once, probes

ROOT = Path(__file__).parents[2]
MOST_DEATHS = SUSPECT + CRASHES


@pytest.mark.parametrize("how", ENDS)
def test_what_kills_its_process_ends_parked_and_its_neighbours_are_handled(
    make_world: MakeWorld, how: str
) -> None:
    world = make_world(consumer(how))
    before = world.accept(*probes(5))
    (poison,) = world.accept(ProbeRequested(probe=POISON))
    behind = world.accept(*probes(5))

    deaths = 0
    while run(world_of(make_world), how, deaths) != 0:
        deaths += 1
        assert deaths <= MOST_DEATHS

    assert deaths == MOST_DEATHS
    (parked,) = world.rows(tables.parked)
    assert (parked["event_key"], parked["consumer"], parked["kind"]) == (poison.key, NAME, "poison")
    assert f"{CRASHES} processes in a row died" in parked["reason"]
    check_once(world, before + behind)


def world_of(make_world: MakeWorld) -> list[str]:
    return [make_world.database_url, make_world.bus_url, str(make_world.folder)]


def run(world: list[str], how: str, deaths: int) -> int:
    """Run the process until it ends; each time later than what the last one held."""
    ahead = deaths * (LEASE.total_seconds() + 1)
    return subprocess.run(
        [sys.executable, "-m", "tests.equipment.poisoned", how, *world, str(ahead)],
        cwd=ROOT,
        check=False,
        timeout=120,
    ).returncode
