"""Packages on a disk that is full: they wait, and go on; nothing that is half built is served."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from threading import Event as Flag

import pytest

from consumers.zip_dataset import FAST, SLOW
from schemas.datasets import DatasetFailed, DatasetPackaged
from store import tables
from store.objects_local import LocalObjectStore
from store.scratch import LocalScratch
from tests.equipment.ckan import Ckan, Trouble, WebFile
from tests.equipment.disks import MIB, fill
from tests.equipment.ordering import Counter
from tests.equipment.packager_fixtures import ROWS
from tests.equipment.world import PATIENCE_SECONDS
from tests.services.waiting import until

pytestmark = pytest.mark.parametrize("make_world", ["sqlite"], indirect=True)
RESERVE = 12 * MIB
PATIENCE = timedelta(minutes=1)
"""Longer than a build waits for room."""


def wait_for_postponed(counter: Counter, times: int) -> None:
    until(
        lambda: counter.world.tally.endings["postponed"] >= times,
        seconds=PATIENCE_SECONDS,
        what="the build to wait for room",
    )


def check_once(counter: Counter) -> None:
    """It was packaged and mailed once, and waiting has cost no try."""
    world = counter.world
    assert len(counter.said(DatasetPackaged.TYPE)) == world.count(tables.mails) == 1
    assert [row["attempt"] for row in world.rows(tables.inbox)] == [1]
    assert world.rows(tables.failures) == world.rows(tables.parked) == []
    assert world.rows(tables.leases) == counter.said(DatasetFailed.TYPE) == []


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@contextmanager
def taking_up(disk: Path, size: int) -> Iterator[None]:
    """Have somebody else's file on a disk for a block."""
    other = disk / "other"
    with other.open("wb") as file:
        file.write(bytes(size))
    yield
    other.unlink()


def test_below_the_reserve_a_build_waits_and_goes_on_at_its_checkpoint(
    counter: Counter, ckan: Ckan, disk: Path
) -> None:
    scratch = disk / "scratch"
    counter.world.scratch = LocalScratch(scratch, RESERVE)
    hold = Flag()
    ckan.troubles[3] = Trouble(hold=hold)
    counter.order()
    with counter.world.working(SLOW):
        until(lambda: len(ckan.bodies) == 4, seconds=PATIENCE_SECONDS, what="the third page")
        with taking_up(disk, 13 * MIB):
            hold.set()
            wait_for_postponed(counter, 1)
            (folder,) = names(scratch)
            # Tries that have no room leave nothing, and ask for nothing.
            for times in (2, 3):
                counter.world.clock.advance(PATIENCE)
                wait_for_postponed(counter, times)
            assert names(scratch) == [folder]
            asked = len(ckan.bodies)
            assert counter.packages() == []
        counter.world.clock.advance(PATIENCE)
        counter.world.wait_for(tables.inbox, 1)
    check_once(counter)
    assert len(counter.table()) == ROWS + 1
    offsets = [body["offset"] for body in ckan.bodies[asked:] if body["limit"]]
    assert offsets[-1] == ROWS
    assert 0 not in offsets
    assert names(scratch) == []


def test_a_disk_that_is_full_in_the_middle_of_a_file(
    counter: Counter, ckan: Ckan, disk: Path
) -> None:
    counter.world.scratch = LocalScratch(disk / "scratch", 0)
    content = Random(1).randbytes(5 * MIB)  # noqa: S311 - what cannot be compressed
    hold = Flag()
    ckan.files["/a.bin"] = WebFile(content, trouble=Trouble(hold=hold))
    counter.order(limit="5")
    counter.work_off(FAST)
    (ready,) = counter.packages()
    waiting = counter.order("url", resource_url=f"{ckan.url}/a.bin")
    with counter.world.working(FAST):
        until(lambda: ckan.asked[-1].path == "/a.bin", seconds=PATIENCE_SECONDS, what="the GET")
        filler = fill(disk)
        hold.set()
        wait_for_postponed(counter, 1)
        # What is there already is given to others meanwhile.
        counter.order(limit="5", email="bob@example.org")
        counter.world.wait_for(tables.inbox, 2)
        assert names(disk / "scratch") == []
        assert counter.packages() == [ready]
        filler.unlink()
        counter.world.clock.advance(PATIENCE)
        counter.world.wait_for(tables.inbox, 3)
    (built,) = (one for one in counter.packages() if one["id"] == waiting.key)
    assert counter.members(built) == {"a.bin": content}
    assert counter.world.rows(tables.failures) == counter.world.rows(tables.parked) == []
    assert {row["attempt"] for row in counter.world.rows(tables.inbox)} == {1}
    assert names(disk / "scratch") == []


def test_an_object_store_that_is_full_in_the_middle_of_a_zip(
    counter: Counter, ckan: Ckan, disk: Path
) -> None:
    store = LocalObjectStore(disk / "objects")
    counter.world.objects = store
    content = Random(1).randbytes(5 * MIB)  # noqa: S311 - what cannot be compressed
    ckan.files["/a.bin"] = WebFile(content)
    with taking_up(disk, 21 * MIB):
        counter.order("url", resource_url=f"{ckan.url}/a.bin")
        with counter.world.working(FAST):
            until(
                lambda: "objects" in counter.world.tally.pauses,
                seconds=PATIENCE_SECONDS,
                what="it to wait",
            )
            assert list(store.list("")) == []
            assert counter.packages() == []
    counter.work_off(FAST)
    assert counter.members() == {"a.bin": content}
    check_once(counter)
    assert len([one for one in ckan.asked if one.path == "/a.bin"]) == 1
    assert counter.scratch() == []
    assert len(list(store.list(""))) == 1
