"""What the archive asks of the place where clients put bytes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Literal, Protocol


@dataclass(frozen=True, slots=True)
class Place:
    """Where the file store has bytes."""

    path: str
    key: str
    """What the store calls this version; a folder has but one per path, and calls it by its MD5."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One version of one file in the file store."""

    place: Place
    size: int
    """Bytes."""
    modified: datetime


class FileStore(Protocol):
    """Where clients put bytes before they post their frame: a folder, a bucket, or nowhere.

    It is theirs: we read it, and remove what is deleted. Raises FileStoreUnavailableError from any
    method when it is down.
    """

    @property
    def kind(self) -> Literal["file", "s3", "dummy"]:
        """Which of the three it is: `dummy` keeps nothing."""
        ...

    @property
    def overwrites(self) -> bool:
        """Whether a new version takes the place of the old: then we keep a copy of our own."""
        ...

    def open(self, place: Place, start: int = 0, length: int | None = None) -> BinaryIO:
        """Return a readable stream; the caller closes it. Raises ObjectNotFoundError."""
        ...

    def info(self, place: Place) -> StoredFile:
        """Describe what is there. Raises ObjectNotFoundError."""
        ...

    def url(self, place: Place, filename: str, seconds: int) -> str | None:
        """Return a URL that gives the bytes to anybody for so long; None: it has none to give."""
        ...

    def delete(self, place: Place) -> None:
        """Remove the bytes. Safe to repeat."""
        ...

    def list(self) -> Iterator[StoredFile]:
        """Yield all there is, by path, a page at a time."""
        ...

    def check(self) -> None:
        """Return when it can be read; raise FileStoreUnavailableError if not."""
        ...


class HasFileStore(Protocol):
    """Work that may read where clients put bytes."""

    @property
    def file_store(self) -> FileStore: ...  # noqa: D102 - the protocol's docstring says it
