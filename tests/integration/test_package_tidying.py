"""What the caretaker does about packages: in either database, twice, and after a crash."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest

from ops.caretaker import ABANDONED, Caretaker, ScratchCaretaker
from schemas.envelope import Envelope
from schemas.probes import ProbeRequested
from store import leases, parked, tables
from store.keys import PACKAGES, package_key
from store.leases import Span
from store.objects_local import LocalObjectStore
from store.package_tidying import pin, remove_all, remove_expired
from store.scratch import LocalScratch
from tests.equipment.making import MakeWorld
from tests.equipment.packages import keep_mail, keep_package, keep_request, start_build
from tests.equipment.world import World, new_id

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
QUEUE = "zip-dataset.slow"


@pytest.fixture
def world(make_embedded_world: MakeWorld) -> World:
    return make_embedded_world()


def keep(world: World, name: str, expires_at: datetime) -> None:
    """Have a package."""
    keep_package(world.database, world.objects, name, built_at=world.clock(), expires_at=expires_at)


def tidy(world: World) -> int:
    """Tidy up; what nobody knows is kept for a day."""
    return Caretaker(world.database, world.objects, DAY, world.clock).tidy()


def zips(world: World) -> list[str]:
    return [one.key.removeprefix(PACKAGES) for one in world.objects.list(PACKAGES)]


def living(world: World) -> list[str]:
    return [row["id"] for row in world.rows(tables.packages, removed_at=None)]


def test_expired_packages_go_and_pinned_ones_stay(world: World) -> None:
    now = world.clock()
    for name in ("expired", "pinned", "by-name", "by-link", "young"):
        keep(world, name, now + (2 * DAY if name == "young" else HOUR))
    assert tidy(world) == 0
    for package in ("pinned", "by-name.zip", "https://x.example.org/packager/r/by-link.zip"):
        assert pin(world.database, package, pinned=True)
    assert not pin(world.database, "nobody knows it", pinned=True)
    world.clock.advance(DAY)
    assert tidy(world) == 1
    assert tidy(world) == 0
    kept = ["by-link", "by-name", "pinned", "young"]
    assert (living(world), zips(world)) == (kept, [f"{name}.zip" for name in kept])
    assert not pin(world.database, "expired", pinned=True)
    assert pin(world.database, "pinned", pinned=False)
    assert tidy(world) == 1
    assert living(world) == ["by-link", "by-name", "young"]


def test_all_packages_can_be_removed_whatever_their_time(world: World) -> None:
    later = world.clock() + DAY
    keep(world, "pinned", later)
    keep(world, "young", later)
    pin(world.database, "pinned", pinned=True)
    assert remove_all(world.database, world.objects, world.clock()) == 2
    assert remove_all(world.database, world.objects, world.clock()) == 0
    assert (living(world), zips(world)) == ([], [])


class DyingStore(LocalObjectStore):
    """An object store whose process dies before anything is deleted."""

    def delete(self, key: str) -> None:  # noqa: D102
        raise InterruptedError(key)


def test_a_zip_whose_removal_was_cut_short_is_swept_once_it_is_old(world: World) -> None:
    keep(world, "expired", world.clock() - HOUR)
    dying = DyingStore(world.inbox.parent / "objects")
    with pytest.raises(InterruptedError):
        remove_expired(world.database, dying, world.clock())
    assert (living(world), zips(world)) == ([], ["expired.zip"])
    assert tidy(world) == 0
    world.clock.advance(DAY)
    assert tidy(world) == 1
    assert zips(world) == []


def test_only_old_zips_that_no_package_has_are_swept(world: World) -> None:
    keep(world, "known", world.clock() + 9 * DAY)
    with world.objects.create(package_key("left-over.zip")) as sink:
        sink.write(b"of a build whose commit never came")
    assert tidy(world) == 0
    assert zips(world) == ["known.zip", "left-over.zip"]
    world.clock.advance(DAY)
    assert tidy(world) == 1
    assert zips(world) == ["known.zip"]


def test_several_may_tidy_up_at_once_and_each_package_is_removed_once(world: World) -> None:
    names = [f"{number:03}" for number in range(40)]
    for name in names:
        keep(world, name, world.clock() - HOUR)
    with ThreadPoolExecutor(4) as pool:
        removed = list(pool.map(lambda _: tidy(world), range(4)))
    assert sum(removed) == len(names)
    assert (living(world), zips(world)) == ([], [])


# --- what was given up ----------------------------------------------------------------------------


def asked(world: World, *, ended: bool = False) -> Envelope:
    """Accept a request for a package, and begin to build it."""
    [envelope] = world.accept(ProbeRequested(probe="stands for a request"))
    keep_request(world, envelope.key, ended_at=world.clock() if ended else None)
    start_build(world, envelope.key)
    return envelope


def park(world: World, envelope: Envelope) -> str:
    item = new_id()
    with world.database.transaction() as transaction:
        now = world.clock()
        one = parked.Parked(item, QUEUE, envelope.key, None, "no", None, 1, now)
        parked.park(transaction, one)
    return item


def decide(world: World, item: str, ending: Literal["replay", "discard"]) -> None:
    decision = parked.Decision("user:ada", world.clock())
    with world.database.transaction() as transaction:
        if ending == "discard":
            assert parked.discard(transaction, [item], decision)
        else:
            outlet, pace = world.bus.ledger.outlet, parked.Pace(world.clock())
            assert parked.replay(transaction, outlet, [item], decision, pace)


def hold(world: World, envelope: Envelope, until: datetime) -> None:
    """Have somebody work on it until then."""
    with world.database.transaction() as transaction:
        span = Span(world.clock(), until)
        assert leases.acquire(transaction, envelope, QUEUE, "host.1", span)


def test_builds_that_nobody_comes_back_to_are_forgotten(world: World) -> None:
    waits = asked(world)
    replayed = asked(world)
    at_work = asked(world, ended=True)
    asked(world, ended=True)
    park(world, asked(world))
    decide(world, park(world, asked(world)), "discard")
    start_build(world, "its request is gone")
    decide(world, park(world, replayed), "replay")
    hold(world, at_work, world.clock() + HOUR)
    for _ in range(2):
        tidy(world)
        left = {row["event_key"] for row in world.rows(tables.package_builds)}
        assert left == {waits.key, replayed.key, at_work.key}
    world.clock.advance(2 * HOUR)
    tidy(world)
    assert at_work.key not in {row["event_key"] for row in world.rows(tables.package_builds)}


def test_who_asked_is_forgotten_when_the_request_is_discarded(world: World) -> None:
    kept = [asked(world) for _ in range(2)]
    park(world, kept[0])
    discarded = asked(world)
    decide(world, park(world, discarded), "discard")
    tidy(world)
    found = {row["event_key"]: row for row in world.rows(tables.package_requests)}
    for envelope in kept:
        assert found[envelope.key]["email"] == "ada@example.org"
    row = found[discarded.key]
    assert (row["email"], row["api_key"], row["parameters"]) == (None, None, None)
    assert row["ended_at"] is not None
    assert row["asked_by"] == "a…@example.org"


@pytest.mark.parametrize("ending", ["discard", "replay"])
def test_who_asked_is_forgotten_when_the_mail_is_discarded(
    world: World, ending: Literal["discard", "replay"]
) -> None:
    request = asked(world)
    mail = keep_mail(world, request)
    tidy(world)
    item = park(world, mail)
    tidy(world)
    [row] = world.rows(tables.mails)
    assert row["recipient"] == "ada@example.org"
    decide(world, item, ending)
    tidy(world)
    [row] = world.rows(tables.mails)
    [of_request] = world.rows(tables.package_requests)
    if ending == "replay":
        assert row["recipient"] == of_request["email"] == "ada@example.org"
    else:
        assert (row["recipient"], row["subject"], row["text"], row["html"]) == (None,) * 4
        assert (row["sent"], of_request["email"]) == (False, None)


# --- scratch --------------------------------------------------------------------------------------


def test_folders_that_nobody_writes_to_are_removed(tmp_path: Path, world: World) -> None:
    scratch = LocalScratch(tmp_path / "scratch", reserve=0)
    caretaker = ScratchCaretaker(scratch, world.clock)
    assert caretaker.tidy() == 0
    old, busy = scratch.folder("old"), scratch.folder("busy")
    for folder in (old, busy):
        (folder / "resource.csv").write_bytes(b"rows")
    world.clock.advance(ABANDONED + HOUR)
    late = world.clock().timestamp()
    os.utime(busy / "resource.csv", (late, late))
    assert caretaker.tidy() == 1
    assert not old.exists()
    assert busy.exists()
    assert caretaker.tidy() == 0
