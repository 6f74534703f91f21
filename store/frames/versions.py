"""Versions of frames, as those see them who look at their bytes."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select, update

from store.columns import Row
from store.database import Transaction
from store.frames.ports import Copy
from store.frames.rows import version_of
from store.frames.values import Fixity, Version
from store.tables import frame_versions

_OF_FRAME = (
    select(frame_versions)
    .where(frame_versions.c.frame == bindparam("of"))
    .order_by(frame_versions.c.id.desc())
)
_CHANGE = update(frame_versions).where(frame_versions.c.uid == bindparam("of"))
_KEEP = _CHANGE.values(
    object_key=bindparam("copy_key"),
    size=bindparam("copy_size"),
    sha256=bindparam("copy_sha256"),
    crc32=bindparam("copy_crc32"),
)


class FrameVersions:
    """Rows of `frame_versions`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def of(self, frame: int) -> Sequence[Version]:
        """Return all versions of a frame, newest first."""
        rows = self._transaction.execute(_OF_FRAME, {"of": frame}).mappings()
        return [version_of(row) for row in rows]

    def keep(self, uid: str, copy: Copy) -> None:
        """Note that the bytes of a version have been read through, and that we have a copy."""
        values = {
            "of": uid,
            "copy_key": copy.object_key,
            "copy_size": copy.size,
            "copy_sha256": copy.sha256,
            "copy_crc32": copy.crc32,
        }
        self._transaction.execute(_KEEP, values)

    def looked(  # noqa: PLR0913 - what is learnt by looking
        self,
        uid: str,
        fixity: Fixity,
        at: datetime,
        *,
        size: int | None = None,
        sha256: str | None = None,
        crc32: int | None = None,
    ) -> None:
        """Note what looking at a version's bytes has shown; what was not learnt stays."""
        learnt = {"size": size, "sha256": sha256, "crc32": crc32}
        values: Row = {
            "fixity": fixity,
            "looked_at": at,
            **{name: value for name, value in learnt.items() if value is not None},
        }
        self._transaction.execute(_CHANGE.values(**values), {"of": uid})
