"""kill -9 in the middle of long work: another process goes on from the last checkpoint."""

import signal
import subprocess
import sys
from pathlib import Path

from schemas.probes import ProbeRequested
from store import tables
from tests.equipment.laborious import PAGES, consumer
from tests.equipment.making import MakeWorld
from tests.equipment.probing import check_once
from tests.equipment.world import World

ROOT = Path(__file__).parents[2]
NEVER = -1


def run(make_world: MakeWorld, fatal: int, ahead: float) -> int:
    """Run a process until it ends."""
    world = [make_world.database_url, make_world.bus_url, str(make_world.folder)]
    return subprocess.run(
        [sys.executable, "-m", "tests.equipment.laborious", str(fatal), *world, str(ahead)],
        cwd=ROOT,
        check=False,
        timeout=120,
    ).returncode


def test_the_next_process_goes_on_from_the_last_checkpoint(make_world: MakeWorld) -> None:
    world = make_world(consumer(make_world.folder, NEVER))
    sent = world.accept(ProbeRequested(probe="x"))

    assert run(make_world, 4, 0) == -signal.SIGKILL
    assert held(world) == ("4", 0)
    longer_than_a_lease = 2 * world.lease.total_seconds()
    assert run(make_world, 7, longer_than_a_lease) == -signal.SIGKILL
    assert run(make_world, NEVER, 2 * longer_than_a_lease) == 0

    pages = [int(line) for line in (make_world.folder / "pages").read_text().split()]
    assert pages == [0, 1, 2, 3, 4, 4, 5, 6, 7, *range(7, PAGES)]
    check_once(world, sent)
    assert world.rows(tables.leases) == world.rows(tables.failures) == []
    assert world.rows(tables.inbox)[0]["attempt"] == 1


def held(world: World) -> tuple[object, ...]:
    """Return what the dead process left: its checkpoint, and deaths before."""
    (row,) = world.rows(tables.leases)
    assert row["owner"] is not None
    return row["checkpoint"], row["crashes"]
