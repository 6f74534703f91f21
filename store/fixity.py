"""Fixity: the size and digests by which bytes are known, taken in one pass."""

import hashlib
from dataclasses import dataclass

from store.errors import DigestMismatchError

CHUNK = 1024 * 1024
"""Bytes to read at once: large enough that hashing releases the interpreter lock."""


@dataclass(frozen=True, slots=True)
class Fixity:
    """What bytes are known by."""

    size: int
    sha256: str
    """Lowercase hex."""
    md5: str
    """Lowercase hex."""

    def check(
        self, *, size: int | None = None, sha256: str | None = None, md5: str | None = None
    ) -> None:
        """Compare with what was announced, where it was.

        Raises DigestMismatchError for the first that differs.
        """
        announced = {"size": size, "sha256": sha256, "md5": md5}
        for field, value in announced.items():
            if value is not None and value != getattr(self, field):
                raise DigestMismatchError(field, value, getattr(self, field))


class Measure:
    """Counts and hashes the bytes it is fed."""

    def __init__(self) -> None:
        self.size = 0
        self._sha256 = hashlib.sha256()
        # MD5 is kept because the field's catalogues speak it; nothing relies on its strength.
        self._md5 = hashlib.md5(usedforsecurity=False)

    def update(self, data: bytes) -> None:
        """Take the next bytes."""
        self.size += len(data)
        self._sha256.update(data)
        self._md5.update(data)

    def fixity(self) -> Fixity:
        """Return what has been fed so far."""
        return Fixity(self.size, self._sha256.hexdigest(), self._md5.hexdigest())
