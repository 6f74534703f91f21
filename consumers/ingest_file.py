"""Consumer `ingest-file`: bytes become an object and a version in the catalogue.

Bytes that the ingress received are hashed already; any others are hashed while they are copied.
Either way they pass by once, and are then given the key of their digest.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from consumers.contract import Consumer
from schemas.base import Event
from schemas.files import (
    FileArchived,
    FileIngestRequested,
    FileRejected,
    FileUnchanged,
    instrument_of,
)
from schemas.media_types import guess_media_type
from store.errors import DigestMismatchError, SourceNotFoundError, SourceRefusedError
from store.fixity import CHUNK, Fixity, Measure
from store.keys import content_key, staging_key
from store.ports import (
    FileVersion,
    HasEvent,
    HasFiles,
    HasLinks,
    HasObjects,
    HasSources,
    HasUploads,
)

UPLOAD = "upload:"


class Needs(HasEvent, HasFiles, HasLinks, HasObjects, HasSources, HasUploads, Protocol):
    """What this consumer may touch."""


@dataclass(frozen=True, slots=True)
class _Received:
    object_key: str
    fixity: Fixity
    media_type: str | None = None


def ingest_file(event: FileIngestRequested, work: Needs) -> Sequence[Event]:
    """Archive the bytes under the name, or say why not.

    Safe to repeat: the object's key is its digest, and the row is in the transaction that
    remembers the event.
    """
    try:
        received = _receive(event, work)
    except (SourceNotFoundError, SourceRefusedError) as error:
        return [_rejected(event, "source", str(error))]
    except DigestMismatchError as error:
        return [_rejected(event, error.field, str(error))]
    # Even of bytes that are known: should their object have been lost, these take its place.
    key = content_key(received.fixity.sha256)
    work.objects.move(received.object_key, key)
    newest = work.files.newest(event.name)
    if newest is not None and newest.sha256 == received.fixity.sha256:
        return [FileUnchanged(**_facts(newest, work))]
    version = FileVersion(
        id=work.key,
        name=event.name,
        version=1 if newest is None else newest.version + 1,
        size=received.fixity.size,
        sha256=received.fixity.sha256,
        md5=received.fixity.md5,
        media_type=event.media_type or received.media_type or guess_media_type(event.name),
        metadata=event.metadata,
        object_key=key,
        archived_at=work.now,
        archived_by=work.key,
    )
    work.files.add(version)
    return [FileArchived(**_facts(version, work))]


def _receive(event: FileIngestRequested, work: Needs) -> _Received:
    uploaded = event.source.startswith(UPLOAD)
    received = _uploaded(event, work) if uploaded else _copied(event, work)
    try:
        received.fixity.check(size=event.size, sha256=event.sha256, md5=event.md5)
    except DigestMismatchError:
        work.objects.delete(received.object_key)
        raise
    return received


def _uploaded(event: FileIngestRequested, work: Needs) -> _Received:
    upload = work.uploads.get(event.source.removeprefix(UPLOAD))
    if upload is None:
        raise SourceNotFoundError(event.source)
    work.uploads.remove(upload.id)
    fixity = Fixity(upload.size, upload.sha256, upload.md5)
    return _Received(upload.object_key, fixity, upload.media_type)


def _copied(event: FileIngestRequested, work: Needs) -> _Received:
    key = staging_key(work.new_id())
    measure = Measure()
    with work.sources.open(event.source) as source, work.objects.create(key) as sink:
        while chunk := source.read(CHUNK):
            measure.update(chunk)
            if event.size is not None and measure.size > event.size:
                # An endless source must not fill the store before it is found out.
                raise DigestMismatchError("size", event.size, f"more than {event.size}")
            sink.write(chunk)
    return _Received(key, measure.fixity())


def _facts(version: FileVersion, work: HasLinks) -> dict[str, Any]:
    facts = asdict(version)
    del facts["archived_by"]
    facts |= {"file_id": facts.pop("id"), "url": work.links.content(version.id)}
    return {**facts, "instrument": instrument_of(version.metadata)}


def _rejected(event: FileIngestRequested, field: str, reason: str) -> FileRejected:
    return FileRejected.model_validate(
        {"name": event.name, "source": event.source, "field": field, "reason": reason}
    )


CONSUMER = Consumer(
    "ingest-file",
    FileIngestRequested,
    ingest_file,
    publishes=(FileArchived, FileUnchanged, FileRejected),
    threads=4,
    prefetch=16,
)
