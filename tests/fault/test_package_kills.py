"""Processes that build a package are killed, or stopped and woken up too late.

The next one goes on, the zip has the bytes of an undisturbed run, and one mail is written.
With `MUNIMENT_TEST_EVERY_DEATH=1` the resource has a million rows, and more processes die of it.
"""

import json
import os
import signal
import subprocess
import sys
from collections import Counter as Counts
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event as Flag
from typing import Any

import pytest

from consumers.zip_dataset import SLOW
from schemas.datasets import DatasetPackaged
from schemas.mail import MailRequested
from schemas.packaging import Packaging
from store import tables
from tests.equipment.ckan import Ckan, Trouble
from tests.equipment.ckan_rows import counted
from tests.equipment.making import MakeWorld
from tests.equipment.ordering import Counter
from tests.services.waiting import until

ROOT = Path(__file__).parents[2]
EVERY = bool(os.environ.get("MUNIMENT_TEST_EVERY_DEATH"))
ROWS = 1_000_000 if EVERY else 20_000
PAGE = 2000 if EVERY else 500
DEATHS = 12 if EVERY else 2
SECONDS = 600 if EVERY else 60

Process = subprocess.Popen[bytes]


@contextmanager
def packing(make_world: MakeWorld, ahead: timedelta) -> Iterator[Process]:
    """Have a process build for a block, whose clock is ahead of ours."""
    world = (make_world.database_url, make_world.bus_url, str(make_world.folder))
    numbers = (str(ahead.total_seconds()), str(PAGE), str(SECONDS))
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.equipment.packing", *world, *numbers], cwd=ROOT
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def big(counter: Counter) -> Counter:
    """A counter whose resource has many rows."""
    counter.ckan.resources["r-1"] = counted(ROWS)
    counter.world.packaging = Packaging(page_size=PAGE)
    return counter


def lease(counter: Counter) -> dict[str, Any]:
    (row,) = counter.world.rows(tables.leases)
    return row


def saved(counter: Counter) -> int:
    """Return how many rows the last checkpoint tells of."""
    rows = counter.world.rows(tables.leases)
    return int(json.loads(rows[0]["checkpoint"] or '{"rows": 0}')["rows"]) if rows else 0


def check(counter: Counter) -> None:
    """It was packaged and mailed once, and another build of it has the same bytes."""
    world = counter.world
    assert len(counter.said(DatasetPackaged.TYPE)) == world.count(tables.mails) == 1
    assert len(counter.said(MailRequested.TYPE)) == 1
    assert [row["attempt"] for row in world.rows(tables.inbox)] == [1]
    assert world.rows(tables.leases) == world.rows(tables.failures) == []
    assert counter.scratch() == []
    disturbed = counter.zip()
    world.clock.advance(timedelta(days=2))
    counter.order()
    counter.work_off(SLOW)
    first, second = counter.packages()
    assert (first["rows"], first["sha256"]) == (ROWS, second["sha256"])
    assert counter.zip(second) == disturbed


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("make_world", ["sqlite", "rabbitmq"], indirect=True)
def test_a_killed_build_goes_on_where_it_was(
    make_world: MakeWorld, big: Counter, ckan: Ckan
) -> None:
    big.order()
    longer_than_a_lease = 2 * big.world.lease
    for death in range(DEATHS):
        # A few pages further it waits for one: it is not done before it is killed.
        held = len(ckan.bodies) + ROWS // PAGE // (DEATHS + 1) + 4
        ckan.troubles[held] = Trouble(hold=Flag())
        with packing(make_world, death * longer_than_a_lease) as process:
            enough = (death + 1) * ROWS // (DEATHS + 1)
            until(lambda: saved(big) >= enough, seconds=SECONDS, what=f"{enough} rows")  # noqa: B023
            process.send_signal(signal.SIGKILL)
            assert process.wait(SECONDS) == -signal.SIGKILL
        ckan.troubles.clear()
        assert lease(big)["owner"] is not None
        assert big.world.rows(tables.inbox) == []
    with packing(make_world, DEATHS * longer_than_a_lease) as process:
        assert process.wait(SECONDS) == 0
    asked = Counts(body["offset"] for body in ckan.bodies if body["limit"])
    assert set(asked) == {*range(0, ROWS + 1, PAGE)}
    # The page that was not saved yet, and the one that was on its way meanwhile.
    assert sum(asked.values()) - len(asked) <= 2 * DEATHS
    check(big)


@pytest.mark.parametrize("make_world", ["sqlite", "postgresql"], indirect=True)
def test_an_owner_that_sleeps_too_long_changes_nothing(
    make_world: MakeWorld, big: Counter, ckan: Ckan
) -> None:
    hold = Flag()
    page = ROWS // PAGE // 2
    ckan.troubles[page] = Trouble(hold=hold)
    big.order()
    with packing(make_world, timedelta()) as sleeper:
        reached = (page - 1) * PAGE
        # Nothing is written any more: a transaction that slept, too, would hold up the other.
        until(
            lambda: saved(big) == reached == lease(big)["done"], seconds=SECONDS, what="the middle"
        )
        sleeper.send_signal(signal.SIGSTOP)
        with packing(make_world, 2 * big.world.lease) as other:
            assert other.wait(SECONDS) == 0
        (package,) = big.packages()
        hold.set()
        sleeper.send_signal(signal.SIGCONT)
        assert sleeper.wait(SECONDS) == 0
    assert big.packages() == [package]
    assert len(list(big.world.objects.list(""))) == 1
    check(big)
