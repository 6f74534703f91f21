"""What the store promises, whatever keeps it: protocols, and the small values they speak in.

Every promise stands here; an implementation documents only where it differs. All of them may be
called from several threads at once, except a `Work` and what hangs on it, which belong to the one
thread that runs the handler.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol

from pydantic import JsonValue

from store.components.ports import HasPolls
from store.file_stores.ports import HasFileStore
from store.frames.describing import HasDescribing
from store.frames.holding_ports import HasHoldings
from store.frames.ports import HasFrames
from store.package_ports import (
    HasMailer,
    HasPackages,
    HasPackaging,
    PackageLinks,
)
from store.record_ports import HasRecords
from store.statistics.ports import HasStatistics
from store.web_ports import Web

# --- objects ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """One stored object."""

    key: str
    size: int
    """Bytes."""
    modified: datetime
    """UTC."""


class Sink(Protocol):
    """Where the bytes of an object that is being created go."""

    def write(self, data: bytes, /) -> int:
        """Take all of `data` and return its length."""
        ...


class ObjectStore(Protocol):
    """Bytes under keys. A key is a relative path; it never changes its meaning once it exists.

    Raises ObjectsUnavailableError when the store is down or full, from any method.
    """

    def create(self, key: str) -> AbstractContextManager[Sink]:
        """Write one object, all or nothing.

        The object appears, durable and whole, when the block ends; nothing appears when the block
        raises or the process dies. Put-if-absent: when the key exists already, by then or by a
        concurrent writer, the first object stays and the new bytes are dropped silently (keys are
        deterministic, so they are the same bytes). Memory stays flat with size.
        """
        ...

    def open(self, key: str, start: int = 0, length: int | None = None) -> BinaryIO:
        """Return a readable stream of the object, or of `length` bytes of it from `start`.

        The caller closes it. Raises ObjectNotFoundError.
        """
        ...

    def info(self, key: str) -> ObjectInfo:
        """Describe one object. Raises ObjectNotFoundError."""
        ...

    def move(self, key: str, to: str) -> None:
        """Give the object another key without passing its bytes through this process.

        Put-if-absent like `create`. Safe to repeat: when `key` is gone and `to` is there, it has
        been done. Raises ObjectNotFoundError when neither is there.
        """
        ...

    def delete(self, key: str) -> None:
        """Remove the object. Safe to repeat."""
        ...

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """Yield every object whose key begins with `prefix`, in key order, a page at a time."""
        ...

    def sweep(self, older_than: datetime) -> int:
        """Remove what interrupted `create` calls before `older_than` left; return how many."""
        ...

    def check(self) -> None:
        """Return when the store can be read and written; raise ObjectsUnavailableError if not."""
        ...


# --- sources ------------------------------------------------------------------------------------


class Sources(Protocol):
    """Places outside the store that an event may name as the origin of bytes."""

    def open(self, source: str) -> BinaryIO:
        """Return a readable stream; the caller closes it.

        Raises SourceRefusedError when the settings do not allow the place, SourceNotFoundError
        when nothing is there, SourceUnavailableError when it does not answer for now.
        """
        ...


# --- rows a handler may touch -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Upload:
    """Bytes that the HTTP ingress has received and hashed, waiting to be ingested."""

    id: str
    object_key: str
    size: int
    sha256: str
    md5: str
    media_type: str | None
    received_at: datetime


@dataclass(frozen=True, slots=True)
class FileVersion:
    """One content that a name has had."""

    id: str
    name: str
    version: int
    size: int
    sha256: str
    md5: str
    media_type: str
    metadata: Mapping[str, JsonValue]
    object_key: str
    archived_at: datetime
    archived_by: str
    """Key of the request event."""
    frame: int | None = None
    """Id of the frame whose version this is."""


class Files(Protocol):
    """The catalogue of archived files."""

    def newest(self, name: str) -> FileVersion | None:
        """Return the newest version under `name`, and keep others from adding one until commit."""
        ...

    def add(self, version: FileVersion) -> None:
        """Add a version; its number must be one above the newest."""
        ...

    def asker(self, file_id: str) -> str:
        """Return the name of the user who asked for this version, or else who or what did.

        Asked outside of the transaction. Raises LookupError: there is no such version.
        """
        ...


class Uploads(Protocol):
    """Received bytes that wait to be ingested."""

    def get(self, upload_id: str) -> Upload | None:
        """Return the upload, or None when there is none (any more)."""
        ...

    def remove(self, upload_id: str) -> None:
        """Forget the upload; its object must have been moved or deleted."""
        ...


class Probes(Protocol):
    """Answered probes."""

    def add(self, key: str, probe: str, answered_at: datetime) -> None:
        """Record that the request `key` has been answered."""
        ...


class HasFiles(Protocol):
    """Work that may touch the catalogue of files."""

    @property
    def files(self) -> Files: ...  # noqa: D102 - the protocol's docstring says it


class HasUploads(Protocol):
    """Work that may touch received bytes."""

    @property
    def uploads(self) -> Uploads: ...  # noqa: D102


class HasProbes(Protocol):
    """Work that may touch probes."""

    @property
    def probes(self) -> Probes: ...  # noqa: D102


class HasObjects(Protocol):
    """Work that may touch the object store (outside the transaction)."""

    @property
    def objects(self) -> ObjectStore: ...  # noqa: D102


class HasSources(Protocol):
    """Work that may read from places outside the store."""

    @property
    def sources(self) -> Sources: ...  # noqa: D102


class HasLease(Protocol):
    """Work of a consumer that says `long=True`: it outlives its process, and shows how far it is.

    Both raise DeliveryLostError when this process was taken for dead and another one goes on: let
    it pass, nothing of this run can be committed any more.
    """

    @property
    def resumed(self) -> JsonValue:
        """The last checkpoint of whoever worked on this before; None: begin at the beginning."""
        ...

    def checkpoint(self, state: JsonValue) -> None:
        """Remember durably where to go on from. Call it before rows are touched, not after.

        Also where work ends that is to be handed back: when the process is to stop, this raises
        (after remembering) what hands the event to another process, at no cost of an attempt.
        """
        ...

    def progress(self, done: int, total: int | None, unit: str) -> None:
        """Say how far the work is: `done` of `total` (None: nobody knows) bytes, rows, files ...

        Cheap: it is written down with the next sign of life, about once a second.
        """
        ...


class HasEvent(Protocol):
    """Work that may know which event it serves, and when."""

    @property
    def key(self) -> str:
        """Key of the event being handled."""
        ...

    @property
    def position(self) -> int:
        """The event's ledger position: where last-writer matters, this is the sequence."""
        ...

    @property
    def now(self) -> datetime:
        """The time of this run, UTC."""
        ...

    def on_commit(self, callback: Callable[[], None]) -> None:
        """Have something done once the work has been committed: what may be left undone."""
        ...

    def new_id(self) -> str:
        """Return a fresh UUIDv7, for what must not be the same in two runs."""
        ...


class Links(PackageLinks, Protocol):
    """Where people and programs find what the archive holds."""

    def content(self, file_id: str) -> str:
        """Return the absolute URL of a file version's bytes."""
        ...


class HasLinks(Protocol):
    """Work that may name URLs of ours."""

    @property
    def links(self) -> Links: ...  # noqa: D102


class HasWeb(Protocol):
    """Work that may ask servers that a user named (outside the transaction)."""

    @property
    def web(self) -> Web: ...  # noqa: D102


class Work(
    HasFiles,
    HasUploads,
    HasProbes,
    HasRecords,
    HasFrames,
    HasFileStore,
    HasHoldings,
    HasDescribing,
    HasPackages,
    HasPackaging,
    HasMailer,
    HasStatistics,
    HasPolls,
    HasWeb,
    HasObjects,
    HasSources,
    HasLinks,
    HasLease,
    HasEvent,
    Protocol,
):
    """Everything a handler can be given. Its rows commit together with the inbox and follow-ons."""
