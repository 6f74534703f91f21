"""What `describe-frame` makes of archived files: rows of SQLite, without a bus."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from consumers.contract import RetryLater
from consumers.describe_frame import CONSUMER
from consumers.ingest_file import ingest_file
from consumers.ingest_frame import ingest_frame
from schemas.base import Event
from schemas.files import FileArchived, FileIngestRequested
from schemas.frames import FrameArchived, FramePostRequested, FrameRejected
from schemas.types import JsonObject
from store import tables
from store.scratch import LocalScratch
from tests.equipment.fits_files import RAW, SKY, USUAL, header, packed, plain, tar
from tests.equipment.world import World, open_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    url = f"sqlite:///{tmp_path / 'muniment.db'}"
    with open_world([CONSUMER], database_url=url, folder=tmp_path) as world:
        yield world


def archive(
    world: World, path: Path, name: str, metadata: JsonObject | None = None
) -> FileArchived:
    """Have a file archived as `muniment ingest` does; return the fact."""
    (world.inbox / "file").write_bytes(path.read_bytes())
    source = str(world.inbox / "file")
    request = FileIngestRequested(name=name, source=source, metadata=metadata or {})
    (envelope,) = world.accept(request)
    with world.database.transaction() as transaction:
        work = world.make_work(transaction, envelope.key, 1, world.clock())
        (fact,) = ingest_file(request, work)
    assert isinstance(fact, FileArchived)
    return fact


def describe(world: World, *facts: FileArchived) -> Sequence[Event]:
    """Do what the runtime does with a batch; no row is touched before the last file is read."""
    with world.database.transaction() as transaction:
        works = [world.make_work(transaction, f"k{n}", n, world.clock()) for n in range(len(facts))]
        followed = [
            event
            for fact, work in zip(facts, works, strict=True)
            for event in CONSUMER.handle(fact, work)
        ]
        assert not transaction.begun
    return followed


def store(world: World, *requests: Event) -> list[Event]:
    """Have what was asked for carried out."""
    followed: list[Event] = []
    for request in requests:
        assert isinstance(request, FramePostRequested)
        with world.database.transaction() as transaction:
            work = world.make_work(transaction, "key", 1, world.clock())
            followed += ingest_frame(request, work)
    return followed


def test_a_file_becomes_the_frame_that_ocs_ingester_would_post(
    world: World, tmp_path: Path
) -> None:
    path = packed(tmp_path / "a", header({**USUAL, **SKY}))
    file = archive(world, path, f"nights/{RAW}.fits.fz")
    (request,) = describe(world, file)
    assert isinstance(request, FramePostRequested)
    assert (request.basename, request.user, request.md5s) == (RAW, "test", (file.md5,))
    (fact,) = store(world, request)
    assert isinstance(fact, FrameArchived)
    assert (fact.basename, fact.user, fact.created) == (RAW, "test", True)
    (frame,) = world.rows(tables.frames)
    assert frame["proposal_id"] == "PROP-1"
    assert (frame["observation_day"], frame["reduction_level"]) == ("2024-03-04", 0)
    assert frame["area"].startswith('{"type":"Polygon"')
    (version,) = world.rows(tables.frame_versions)
    digest = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    assert (version["key"], version["md5"], version["extension"]) == (digest, digest, ".fits.fz")
    assert version["object_key"] == file.object_key
    (kept,) = world.rows(tables.files)
    assert (kept["id"], kept["frame"]) == (file.file_id, frame["id"])
    assert [*(tmp_path / "scratch").iterdir()] == []


def test_the_first_fits_file_of_a_tar_speaks_for_it(world: World, tmp_path: Path) -> None:
    member = plain(tmp_path / "m.fits", header(USUAL)).read_bytes()
    path = tar(tmp_path / "a", {"readme": b"", "m.fits": member})
    (request,) = describe(world, archive(world, path, "night.tar.gz"))
    (fact,) = store(world, request)
    assert isinstance(fact, FrameArchived)
    assert fact.versions[0].extension == ".tar.gz"


def test_what_its_sender_says_stands_over_the_header(world: World, tmp_path: Path) -> None:
    path = plain(tmp_path / "a", header(USUAL))
    file = archive(world, path, f"{RAW}.fits", metadata={"PROPID": "PROP-2"})
    store(world, *describe(world, file))
    (frame,) = world.rows(tables.frames)
    assert frame["proposal_id"] == "PROP-2"


def test_what_is_no_frame_is_left_alone(world: World, tmp_path: Path) -> None:
    lacking = plain(tmp_path / "a", header({"OBJECT": "M 31"}))
    text = tmp_path / "b"
    text.write_text("no FITS")
    files = [
        archive(world, lacking, "lacking.fits"),
        archive(world, text, "text.fits"),
        archive(world, text, "text.tar.gz"),
        archive(world, plain(tmp_path / "c", header(USUAL)), "frame.csv"),
    ]
    assert describe(world, *files) == []


def test_a_frames_own_file_is_not_read_again(world: World, tmp_path: Path) -> None:
    file = archive(world, plain(tmp_path / "a", header(USUAL)), f"{RAW}.fits")
    assert describe(world, file.model_copy(update={"frame": 41})) == []


def test_who_does_not_want_frames_gets_none(world: World, tmp_path: Path) -> None:
    world.describing = replace(world.describing, wanted=False)
    file = archive(world, plain(tmp_path / "a", header(USUAL)), f"{RAW}.fits")
    assert describe(world, file) == []


def test_what_is_wrong_with_a_header_is_told(world: World, tmp_path: Path) -> None:
    odd = {**USUAL, "OBSTYPE": "OBJECT", "SITEID": "lapalma"}
    file = archive(world, plain(tmp_path / "a", header(odd)), f"{RAW}.fits")
    (fact,) = describe(world, file)
    assert fact == FrameRejected(
        basename=RAW,
        user="test",
        errors={
            "configuration_type": ['"OBJECT" is not a valid choice.'],
            "site_id": ["Ensure this field has no more than 3 characters."],
        },
    )
    assert world.rows(tables.frame_drafts) == []


def test_twice_is_a_version_that_is_there(world: World, tmp_path: Path) -> None:
    file = archive(world, plain(tmp_path / "a", header(USUAL)), f"{RAW}.fits")
    first, second = describe(world, file, file)
    (archived,), (rejected,) = store(world, first), store(world, second)
    assert isinstance(archived, FrameArchived)
    assert isinstance(rejected, FrameRejected)
    assert len(world.rows(tables.frame_versions)) == 1


def test_another_version_of_a_file_is_one_of_the_frame(world: World, tmp_path: Path) -> None:
    for exposure in (12.5, 13.5):
        path = plain(tmp_path / "a", header({**USUAL, "EXPTIME": exposure}))
        store(world, *describe(world, archive(world, path, f"{RAW}.fits")))
    (frame,) = world.rows(tables.frames)
    assert frame["exposure_time"] == 13.5
    assert len(world.rows(tables.frame_versions)) == 2


def test_without_room_it_is_done_later(world: World, tmp_path: Path) -> None:
    world.scratch = LocalScratch(tmp_path / "scratch", reserve=2**62)
    file = archive(world, plain(tmp_path / "a", header(USUAL)), f"{RAW}.fits")
    with pytest.raises(RetryLater):
        describe(world, file)
