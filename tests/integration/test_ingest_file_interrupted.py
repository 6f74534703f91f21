"""Consumer `ingest-file` when it ends early, or its source does: what is left, and the next run."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any, BinaryIO

import pytest

from consumers.ingest_file import CONSUMER
from schemas.catalogue import decode
from schemas.envelope import Envelope
from schemas.files import FileArchived, FileIngestRequested, FileRejected, FileUnchanged
from store import tables
from store.errors import ObjectsUnavailableError, UnavailableError
from store.keys import STAGING, content_key
from store.streams import whole
from store.uploads import sweep_staging
from store.work import SqlWork
from tests.equipment.ingesting import (
    BYTES,
    NAME,
    SHA256,
    ingest,
    objects,
    outcome,
    rejected,
    upload,
)
from tests.equipment.making import MakeWorld
from tests.equipment.objects import InterceptedObjects
from tests.equipment.world import World


@pytest.fixture
def world(make_embedded_world: MakeWorld) -> World:
    """A world with the consumer."""
    return make_embedded_world(CONSUMER)


def given(work: SqlWork, parts: Mapping[str, Any]) -> SqlWork:
    """Return the work with other parts outside of its transaction."""
    return replace(work, outside=replace(work.outside, **parts))


def run_in_vain(world: World, request: Envelope, **parts: Any) -> None:  # noqa: ANN401 - of Outside
    """Run the handler in a transaction that is undone at the latest when it would commit."""
    event = decode(request)
    with suppress(UnavailableError), world.database.transaction() as transaction:
        work = world.make_work(transaction, request.key, 1, world.clock())
        assert isinstance(work, SqlWork)
        CONSUMER.handle(event, given(work, parts))  # type: ignore[arg-type]  # its own type
        transaction.flush()
        raise UnavailableError("the commit did not succeed")


def staged(world: World) -> list[str]:
    return [key for key in objects(world) if key.startswith(STAGING)]


@pytest.mark.parametrize("place", ["upload", "inbox"])
@pytest.mark.parametrize(
    ("instant", "kind"),
    [
        ("written", "new"),
        ("created", "new"),
        ("move", "new"),
        ("moved", "new"),
        ("commit", "new"),
        ("move", "unchanged"),
        ("moved", "unchanged"),
        ("commit", "unchanged"),
        ("delete", "wrong"),
        ("deleted", "wrong"),
        ("commit", "wrong"),
    ],
)
def test_a_run_that_ends_early_is_repeated_harmlessly(
    world: World, place: str, instant: str, kind: str
) -> None:
    def end_early(at: str) -> None:
        if at == instant:
            raise ObjectsUnavailableError("object store: gone for a moment")

    if kind == "unchanged":
        ingest(world, source=upload(world))
    (world.inbox / "a.fits").write_bytes(BYTES)
    source = upload(world) if place == "upload" else str(world.inbox / "a.fits")
    announced = "0" * 64 if kind == "wrong" else None
    (sent,) = world.accept(FileIngestRequested(name=NAME, source=source, sha256=announced))
    run_in_vain(world, sent, objects=InterceptedObjects(world.objects, end_early))
    world.work_off(CONSUMER)

    expected = {"new": FileArchived, "unchanged": FileUnchanged, "wrong": FileRejected}[kind]
    assert type(outcome(world, sent.key)) is expected
    assert world.count(tables.files) == (0 if kind == "wrong" else 1)
    assert world.count(tables.uploads) == 0
    # A copy of the first run may be left in the staging area, where nobody knows of it.
    removed = sweep_staging(world.database, world.objects, world.clock() + timedelta(hours=1))
    assert removed <= (0 if place == "upload" else 1)
    assert objects(world) == ({} if kind == "wrong" else {content_key(SHA256): BYTES})


def test_what_the_sweep_spares(world: World) -> None:
    waiting = world.receive(b"waiting for its event")
    with world.objects.create(f"{STAGING}forgotten") as sink:
        sink.write(b"its event was never accepted")
    ingest(world, source=upload(world))
    assert sweep_staging(world.database, world.objects, world.clock() - timedelta(hours=1)) == 0
    assert len(staged(world)) == 2
    assert sweep_staging(world.database, world.objects, world.clock() + timedelta(hours=1)) == 1
    assert staged(world) == [waiting.object_key]
    assert sweep_staging(world.database, world.objects, world.clock() + timedelta(hours=1)) == 0


class BreaksOff:
    """A place that breaks off after its first bytes."""

    def open(self, source: str) -> BinaryIO:
        """Return a stream that raises when its second half is due."""
        assert source

        def fail(reason: str) -> UnavailableError:
            return UnavailableError(reason)

        return whole(BytesIO(BYTES), len(BYTES) + 1, (), fail)


def test_a_source_that_breaks_off_leaves_nothing(world: World) -> None:
    (world.inbox / "a.fits").write_bytes(BYTES)
    source = str(world.inbox / "a.fits")
    (sent,) = world.accept(FileIngestRequested(name=NAME, source=source))
    run_in_vain(world, sent, sources=BreaksOff())
    assert objects(world) == {}
    world.work_off(CONSUMER)
    assert isinstance(outcome(world, sent.key), FileArchived)


class Endless:
    """A place that never ends."""

    def open(self, source: str) -> BinaryIO:
        """Return a stream of zeros, of more bytes than any disk has."""
        assert source
        return whole(Zeros(), 2**62, (), UnavailableError)


class Zeros:
    """A body of zeros."""

    def read(self, size: int, /) -> bytes:
        """Return zeros."""
        return bytes(size)

    def close(self) -> None:
        """Nothing is to be closed."""


def test_an_endless_source_is_found_out_soon(world: World) -> None:
    request = FileIngestRequested(name=NAME, source="https://example.org/zeros", size=10_000_000)
    written: list[str] = []

    def count(instant: str) -> None:
        if instant == "written":
            written.append(instant)

    with world.database.transaction() as transaction:
        work = world.make_work(transaction, "key", 1, world.clock())
        assert isinstance(work, SqlWork)
        parts = {"sources": Endless(), "objects": InterceptedObjects(world.objects, count)}
        (event,) = CONSUMER.handle(request, given(work, parts))
    assert rejected(event) == ("size", "size is more than 10000000, announced was 10000000")
    assert len(written) <= 10
    assert objects(world) == {}
