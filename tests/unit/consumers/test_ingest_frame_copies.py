"""What `ingest-frame` does with bytes that the next version will overwrite."""

import hashlib
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from consumers.ingest_frame import CONSUMER
from schemas.frame_post import Post
from schemas.frames import FrameArchived, FrameRejected
from store import tables
from store.errors import ObjectsUnavailableError
from store.file_stores.folder import FolderFileStore
from store.keys import content_key
from tests.equipment.frame_posts import NAME, Observatory, post, version, without
from tests.equipment.objects import InterceptedObjects
from tests.equipment.world import open_world

PLACE = f"tst/kb27/20240304/raw/{NAME}.fits.fz"
ONE, TWO = b"one" * 1000, b"two" * 1000


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """The folder that clients put files in."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    return folder


@pytest.fixture
def observatory(tmp_path: Path, theirs: Path) -> Iterator[Observatory]:
    url = f"sqlite:///{tmp_path / 'muniment.db'}"
    with open_world([CONSUMER], database_url=url, folder=tmp_path) as world:
        world.file_store = FolderFileStore(theirs)
        yield Observatory(world)


def put(theirs: Path, content: bytes) -> None:
    (theirs / PLACE).parent.mkdir(parents=True, exist_ok=True)
    (theirs / PLACE).write_bytes(content)


def objects(observatory: Observatory) -> dict[str, bytes]:
    found = {}
    for one in observatory.world.objects.list(""):
        with closing(observatory.world.objects.open(one.key)) as stream:
            found[one.key] = stream.read()
    return found


def key_of(content: bytes) -> str:
    return content_key(hashlib.sha256(content).hexdigest())


def die(observatory: Observatory, sent: Post) -> None:
    """Store a frame, and be killed before the commit."""
    world = observatory.world
    (envelope,) = observatory.request(sent)

    def run() -> None:
        with world.database.transaction() as transaction:
            work = world.make_work(transaction, envelope.key, 1, world.clock())
            CONSUMER.handle(observatory.event(envelope), work)
            transaction.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run()


def test_every_version_keeps_its_own_bytes(observatory: Observatory, theirs: Path) -> None:
    put(theirs, ONE)
    observatory.carry_out(post(NAME, ONE))
    put(theirs, TWO)
    observatory.carry_out(without(post(NAME, TWO), "site_id", "reduction_level"))
    assert objects(observatory) == {key_of(ONE): ONE, key_of(TWO): TWO}
    for kept, content in zip(observatory.versions(), (ONE, TWO), strict=True):
        assert kept["object_key"] == key_of(content)
        assert kept["sha256"] == hashlib.sha256(content).hexdigest()
        assert (kept["size"], kept["crc32"]) == (len(content), zlib.crc32(content))
        assert (kept["fixity"], kept["looked_at"]) == ("sound", kept["created_at"])
        assert kept["path"] == PLACE


@pytest.mark.parametrize("content", [None, TWO], ids=["missing", "others"])
def test_what_is_not_there_is_believed_and_left_to_be_looked_at(
    observatory: Observatory, theirs: Path, content: bytes | None
) -> None:
    if content is not None:
        put(theirs, content)
    (fact,) = observatory.carry_out(post(NAME, ONE))
    assert isinstance(fact, FrameArchived)
    (kept,) = observatory.versions()
    assert [kept[name] for name in ("object_key", "size", "sha256", "fixity")] == [None] * 4
    assert not objects(observatory)


@pytest.mark.parametrize(
    "sent",
    [
        post(NAME, versions=(version(ONE, object_key="content/ours"),)),
        post(NAME, ONE, site_id="../.."),
    ],
    ids=["ours already", "no safe path"],
)
def test_what_need_not_or_cannot_be_copied_is_not(
    observatory: Observatory, theirs: Path, sent: Post
) -> None:
    put(theirs, ONE)
    (fact,) = observatory.carry_out(sent)
    assert isinstance(fact, FrameArchived)
    assert not objects(observatory)


def test_what_the_archive_has_is_not_copied_again(observatory: Observatory, theirs: Path) -> None:
    put(theirs, ONE)
    instants: list[str] = []
    world = observatory.world
    world.objects = InterceptedObjects(world.objects, instants.append)
    observatory.carry_out(post(NAME, ONE))
    assert instants.count("create") == 1
    (fact,) = observatory.carry_out(post(NAME, ONE))
    assert isinstance(fact, FrameRejected)
    assert instants.count("create") == 1


def test_others_may_write_while_bytes_are_copied(
    observatory: Observatory, theirs: Path, tmp_path: Path
) -> None:
    put(theirs, ONE)
    written = []

    def write(instant: str) -> None:
        with closing(sqlite3.connect(tmp_path / "muniment.db", timeout=0)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            written.append(instant)

    world = observatory.world
    world.objects = InterceptedObjects(world.objects, write)
    (fact,) = observatory.carry_out(post(NAME, ONE))
    assert isinstance(fact, FrameArchived)
    assert {"create", "written", "moved"} <= {*written}


def test_a_full_disk_is_waited_for(observatory: Observatory, theirs: Path) -> None:
    put(theirs, ONE)

    def full(instant: str) -> None:
        if instant == "written":
            raise ObjectsUnavailableError("no space left on device")

    world = observatory.world
    plain, world.objects = world.objects, InterceptedObjects(world.objects, full)
    with pytest.raises(ObjectsUnavailableError):
        observatory.carry_out(post(NAME, ONE))
    assert world.count(tables.frame_drafts) == 1
    assert world.count(tables.frames) == 0
    assert not [*plain.list("")]


def test_killed_before_the_commit_it_is_done_again(observatory: Observatory, theirs: Path) -> None:
    put(theirs, ONE)
    sent = post(NAME, ONE)
    die(observatory, sent)
    assert observatory.world.count(tables.frames) == 0
    assert observatory.world.count(tables.frame_drafts) == 1
    assert objects(observatory) == {key_of(ONE): ONE}
    (fact,) = observatory.carry_out(sent)
    assert isinstance(fact, FrameArchived)
    assert objects(observatory) == {key_of(ONE): ONE}
    assert [kept["object_key"] for kept in observatory.versions()] == [key_of(ONE)]
