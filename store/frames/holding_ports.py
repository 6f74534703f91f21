"""What the store promises of the bytes of frames, beside where clients put them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from store.frames.values import Version


@dataclass(frozen=True, slots=True)
class Holding:
    """What is known of the bytes of a version, without holding it back from others."""

    version: Version
    is_newest: bool
    """Of its frame."""
    has_picture: bool
    """Whether somebody has sent a thumbnail of its frame."""


class Holdings(Protocol):
    """What is known of the bytes of frames; where nothing else is said, outside the transaction."""

    def find(self, uid: str) -> Holding | None:
        """Return what is known of a version; None: it is not there (any more)."""
        ...

    def path_in_use(self, path: str) -> bool:
        """Whether a version or a thumbnail has its bytes under this path of the file store."""
        ...

    def key_in_use(self, path: str, key: str) -> bool:
        """Whether a version has this key of the file store, or a thumbnail at this path."""
        ...

    def objects_in_use(self, keys: Collection[str]) -> set[str]:
        """Return those keys of archived bytes that anything speaks of."""
        ...

    def has_file(self, frame: int, md5: str) -> bool:
        """Whether the catalogue of files has these bytes for this frame, in this transaction."""
        ...


class HasHoldings(Protocol):
    """Work that looks after the bytes of frames."""

    @property
    def holdings(self) -> Holdings: ...  # noqa: D102 - the protocol's docstring says it

    @property
    def drawn_sizes(self) -> Sequence[str]:
        """Sizes of the thumbnails that are to be drawn where nobody sends one."""
        ...
