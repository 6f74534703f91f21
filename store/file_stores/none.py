"""No file store: clients post frames, and put their bytes nowhere."""

from collections.abc import Iterator
from typing import BinaryIO, Literal

from store.errors import ObjectNotFoundError
from store.file_stores.ports import Place, StoredFile


class NoFileStore:
    """A `FileStore` that keeps nothing, and is never down."""

    kind: Literal["dummy"] = "dummy"
    overwrites = False

    def open(self, place: Place, start: int = 0, length: int | None = None) -> BinaryIO:
        """Raise ObjectNotFoundError."""
        del start, length
        raise ObjectNotFoundError(place.path)

    def info(self, place: Place) -> StoredFile:
        """Raise ObjectNotFoundError."""
        raise ObjectNotFoundError(place.path)

    def url(self, place: Place, filename: str, seconds: int) -> str | None:
        """Return None."""
        del place, filename, seconds
        return None

    def delete(self, place: Place) -> None:
        """Do nothing."""

    def list(self) -> Iterator[StoredFile]:
        """Yield nothing."""
        return iter(())

    def check(self) -> None:
        """Return."""
