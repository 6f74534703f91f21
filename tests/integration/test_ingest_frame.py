"""Consumer `ingest-frame` among others at the same work, in every world."""

import json
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta

from consumers.ingest_frame import CONSUMER
from schemas.frames import FrameArchived, FrameRejected
from store import tables
from tests.equipment.frame_posts import AREA, NAME, OBSERVED, Observatory, md5_of, post, version
from tests.equipment.making import MakeWorld

MOST = 64


def test_frames_are_stored_and_announced(make_world: MakeWorld) -> None:
    observatory = Observatory(make_world(CONSUMER))
    world = observatory.world
    night = [
        post(f"frame-{n}", b"%d" % n, observation_date=OBSERVED + timedelta(minutes=n))
        for n in range(20)
    ]
    facts = observatory.settle(post(NAME, b"one", related=("bias", "frame-3")), *night)
    again = observatory.settle(post(NAME, b"two", site_id="xyz", area=None), post("bias", b"b"))
    assert [type(fact) for fact in (*facts, *again)] == [FrameArchived] * 23
    assert [fact.created for fact in again if isinstance(fact, FrameArchived)] == [False, True]
    ids = {row["basename"]: row["id"] for row in world.rows(tables.frames)}
    assert {row["newest"] for row in world.rows(tables.frames)} == {
        observatory.versions(name)[-1]["id"] for name in ids
    }
    assert observatory.row()["site_id"] == "xyz"
    assert observatory.row("bias")["area"] == AREA
    assert {(row["frame"], row["related"]) for row in world.rows(tables.frame_links)} == {
        (ids[NAME], ids["bias"]),
        (ids["bias"], ids[NAME]),
        (ids[NAME], ids["frame-3"]),
        (ids["frame-3"], ids[NAME]),
    }
    assert {row["frame"] for row in world.rows(tables.frame_cells)} == {*ids.values()} - {ids[NAME]}
    told = [json.loads(row["body"])["frameid"] for row in world.rows(tables.frame_notices)]
    assert Counter(told) == Counter([ids[NAME], *ids.values()])
    (whole,) = world.rows(tables.frame_combinations, grain="all", site_id="tst")
    assert whole["frames"] == 21
    assert world.count(tables.frame_drafts) == 0
    assert world.count(tables.failures) == world.count(tables.parked) == 0


def test_one_of_many_with_the_same_bytes_is_stored(make_world: MakeWorld) -> None:
    observatory = Observatory(make_world(CONSUMER))
    world = observatory.world
    # Half of them under one name, the others under many; related to each other, both ways round.
    sent = observatory.request(
        *(
            post(
                f"frame-{n if n % 2 else 0}",
                versions=(version(b"same", key=f"key-{n}"), version(b"%d" % n)),
                related=tuple(f"frame-{(n * step) % 7}" for step in (5, 3)),
            )
            for n in range(MOST)
        )
    )
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(world.working(CONSUMER))
        world.wait_for(tables.inbox, MOST)
    facts = [fact for one in sent for fact in observatory.followed(one)]
    assert Counter(map(type, facts)) == {FrameArchived: 1, FrameRejected: MOST - 1}
    assert len(world.rows(tables.frame_versions, md5=md5_of(b"same"))) == 1
    assert world.count(tables.frame_versions) == 2
    assert world.count(tables.frame_notices) == 1
    assert world.count(tables.failures) == world.count(tables.parked) == 0
    assert not world.tally.failures


def test_many_workers_on_few_names_lose_nothing(make_embedded_world: MakeWorld) -> None:
    observatory = Observatory(make_embedded_world(CONSUMER))
    world = observatory.world
    observatory.request(
        *(
            post(
                f"frame-{n % 5}",
                b"%d" % n,
                site_id=f"s{n % 3}",
                related=tuple(f"frame-{(n * step) % 9}" for step in (7, 4, 2)),
            )
            for n in range(100)
        )
    )
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(world.working(CONSUMER))
        world.wait_for(tables.inbox, 100)
    assert world.count(tables.frame_versions) == world.count(tables.frame_notices) == 100
    assert not world.tally.failures
    (listed,) = {
        sum(row["frames"] for row in world.rows(tables.frame_combinations, grain=grain))
        for grain in ("all", "month", "day")
    }
    assert listed == 5
