"""Clients who post, change and delete the same few frames at once: what is left fits together."""

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from schemas.catalogue import decode
from schemas.frames import FrameArchived, FrameDeleted, FrameUpdated, ThumbnailStored
from store import tables
from store.database import Database
from store.frames.combinations import recount
from store.ledger import envelope_of
from tests.contract.archive.hostile import fortress, trouble_with
from tests.equipment.archive import Archive, frame_body, in_days, version
from tests.equipment.frame_steps import counted, found

THREADS = 6
STEPS = 25
NAMES = [f"melee-{number}" for number in range(4)]
OF_FRAMES = {
    tables.frame_headers: "frame",
    tables.frame_versions: "frame",
    tables.frame_links: "frame",
    tables.frame_cells: "frame",
    tables.thumbnails: "frame",
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def archive(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Archive]:
    """An archive in which several may write at once, or one after the other."""
    with fortress(request, tmp_path_factory, request.param) as archive:
        yield archive


def fight(archive: Archive, seed: int) -> Counter[str]:
    """Do this and that to the frames, and count what was done."""
    chance, done = random.Random(seed), Counter[str]()  # noqa: S311 - the same in every run
    for _ in range(STEPS):
        what = chance.choice(["post", "post", "picture", "patch", "delete"])
        answer = _do(archive, what, chance)
        assert answer is None or trouble_with(answer) is None, answer
        if answer is None:
            continue
        # Done, and deleted by somebody else before it could be shown.
        gone = answer.status == 404 and what != "delete"
        if answer.status < 300 or gone:
            done[what] += 1
    return done


def _do(archive: Archive, what: str, chance: random.Random) -> Any:  # noqa: ANN401 - an answer, or None
    name = chance.choice(NAMES)
    fields = {
        "site_id": chance.choice(["tst", "xyz"]),
        "observation_date": chance.choice([None, "2024-02-28T23:59:59", "2024-03-01"]),
        "public_date": chance.choice([None, "2020-01-01", in_days(3)]),
    }
    if what == "post":
        related = chance.sample(NAMES, 2)
        body = frame_body(basename=name, related_frame_filenames=related, **fields)
        return archive.send("POST", "/frames/", body)
    if what == "picture":
        picture = {"frame_basename": name, "size": chance.choice(["small", "large"])}
        body = frame_body(basename=f"{name}-picture", version_set=[version(extension=".jpg")])
        return archive.send("POST", "/thumbnails/", {**body, **picture})
    rows = archive.running.store.database.query(
        tables.frames.select().where(tables.frames.c.basename == name)
    )
    if not rows:
        return None
    place = f"/frames/{rows[0]['id']}/"
    if what == "patch":
        return archive.send("PATCH", place, {**fields, "target_name": f"{chance.random()}"})
    return archive.call("DELETE", place, user="root")


def test_what_is_left_fits_together(archive: Archive) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        done = sum(pool.map(lambda seed: fight(archive, seed), range(THREADS)), Counter[str]())
    database = archive.running.store.database
    assert min(done[what] for what in ("post", "picture", "patch", "delete")) > 0
    assert dangling(database) == []
    assert found(database) == counted(database)
    with database.transaction() as transaction:
        recount(transaction)
    assert found(database) == counted(database)
    check_ledger(database, done)
    assert database.query(tables.parked.select()) == []
    for row in database.query(tables.frames.select()):
        assert archive.get(f"/frames/{row['id']}/", "root").status in {200, 404}


def dangling(database: Database) -> list[str]:
    """Return what speaks of frames, versions or links that are not there."""
    frames = {row["id"]: row for row in database.query(tables.frames.select())}
    links = {(row["frame"], row["related"]) for row in database.query(tables.frame_links.select())}
    newest: dict[int, int] = {}
    for row in database.query(tables.frame_versions.select()):
        newest[row["frame"]] = max(newest.get(row["frame"], 0), row["id"])
    return [
        *(
            f"{table.name} of frame {row[column]}"
            for table, column in OF_FRAMES.items()
            for row in database.query(table.select())
            if row[column] not in frames
        ),
        *(f"a link {link} one way" for link in links if link[::-1] not in links),
        *(
            f"{row['basename']} has newest {row['newest']}, not {newest.get(number)}"
            for number, row in frames.items()
            if row["newest"] != newest.get(number)
        ),
        *(f"draft {row['id']}" for row in database.query(tables.frame_drafts.select())),
    ]


def check_ledger(database: Database, done: Counter[str]) -> None:
    """See that each change was told, once."""
    told = [decode(envelope_of(row)) for row in database.query(tables.events.select())]
    kinds = Counter(type(event) for event in told)
    assert kinds[FrameArchived] == done["post"]
    assert kinds[FrameDeleted] == done["delete"]
    assert kinds[ThumbnailStored] == done["picture"]
    # A change to what is there already is none.
    assert 0 < kinds[FrameUpdated] <= done["patch"] + done["picture"]
    gone = [event.frame_id for event in told if isinstance(event, FrameDeleted)]
    assert len(gone) == len(set(gone))
    versions = [
        one.uid for event in told if isinstance(event, FrameArchived) for one in event.versions
    ]
    assert len(versions) == len(set(versions))
    there = {row["uid"] for row in database.query(tables.frame_versions.select())}
    assert there <= set(versions)
