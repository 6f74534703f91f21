"""Files to be ingested, what `ingest-file` made of them, and which objects there are."""

import hashlib
from typing import Any

from consumers.ingest_file import CONSUMER
from schemas.base import Event
from schemas.catalogue import decode
from schemas.files import FileIngestRequested, FileRejected
from store import tables
from store.ledger import envelope_of
from tests.equipment.world import World

NAME = "nights/2024-02-29/été.fits"
BYTES = b"SIMPLE  =                    T"
SHA256 = hashlib.sha256(BYTES).hexdigest()


def ingest(world: World, **fields: Any) -> Event:  # noqa: ANN401 - those of the request
    """Ask for a file to be ingested, and return the one event that follows."""
    request = FileIngestRequested.model_validate({"name": NAME, **fields})
    (sent,) = world.accept(request)
    world.work_off(CONSUMER)
    return outcome(world, sent.key)


def outcome(world: World, cause: str) -> Event:
    """Return the one event that followed from another."""
    (row,) = world.rows(tables.events, cause=cause)
    return decode(envelope_of(row))  # type: ignore[arg-type]  # a dict reads like a row


def upload(world: World, data: bytes = BYTES) -> str:
    """Return the source that these bytes, received, are for a request."""
    return f"upload:{world.receive(data).id}"


def rejected(event: Event) -> tuple[str, str]:
    """Return which field was refused, and why."""
    assert isinstance(event, FileRejected)
    return event.field, event.reason


def objects(world: World) -> dict[str, bytes]:
    """Return every object, by key."""
    return {one.key: content(world, one.key) for one in world.objects.list("")}


def content(world: World, key: str) -> bytes:
    """Return the bytes of an object."""
    with world.objects.open(key) as stream:
        return stream.read()
