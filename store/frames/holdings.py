"""What is known of the bytes of frames, and whether anybody still needs them.

Most of it is asked outside of the transaction: bytes are read, written and removed meanwhile, and
others want to write.
"""

from collections.abc import Collection

from sqlalchemy import BindParameter, bindparam, exists, or_, select

from store.database import Database, Transaction
from store.frames.holding_ports import Holding
from store.frames.rows import version_of
from store.orphans import spoken_of
from store.tables import files, frame_versions, frames, thumbnails

_UID: BindParameter[str] = bindparam("uid")
_FIND = (
    select(
        frame_versions,
        frames.c.newest,
        exists()
        .where(thumbnails.c.frame == frame_versions.c.frame, thumbnails.c.drawn.is_(False))
        .label("has_picture"),
    )
    .join(frames, frames.c.id == frame_versions.c.frame)
    .where(frame_versions.c.uid == _UID)
)
_PATH: BindParameter[str] = bindparam("path")
_PATH_IN_USE = select(
    or_(
        exists().where(frame_versions.c.path == _PATH),
        exists().where(thumbnails.c.path == _PATH),
    ).label("found")
)
_KEY: BindParameter[str] = bindparam("of")
_KEY_IN_USE = select(
    or_(
        exists().where(frame_versions.c.key == _KEY),
        exists().where(thumbnails.c.path == _PATH, thumbnails.c.key == _KEY),
    ).label("found")
)
_HAS_FILE = select(
    exists().where(files.c.frame == bindparam("frame"), files.c.md5 == bindparam("digest"))
)


class SqlHoldings:
    """Satisfies `store.frames.holding_ports.Holdings`."""

    def __init__(self, transaction: Transaction, database: Database) -> None:
        self._transaction = transaction
        self._database = database

    def find(self, uid: str) -> Holding | None:
        """Return what is known of a version."""
        rows = self._database.query(_FIND, {"uid": uid})
        if not rows:
            return None
        version = version_of(rows[0])
        is_newest = rows[0]["newest"] == version.id
        return Holding(version, is_newest=is_newest, has_picture=rows[0]["has_picture"])

    def path_in_use(self, path: str) -> bool:
        """Whether a version or a thumbnail has its bytes there."""
        return bool(self._database.query(_PATH_IN_USE, {"path": path})[0]["found"])

    def key_in_use(self, path: str, key: str) -> bool:
        """Whether a version has this key, or a thumbnail at this path."""
        return bool(self._database.query(_KEY_IN_USE, {"path": path, "of": key})[0]["found"])

    def objects_in_use(self, keys: Collection[str]) -> set[str]:
        """Return those of our own objects that anything speaks of."""
        return spoken_of(self._database, keys)

    def has_file(self, frame: int, md5: str) -> bool:
        """Whether the catalogue of files has these bytes for this frame, in this transaction."""
        found = self._transaction.execute(_HAS_FILE, {"frame": frame, "digest": md5})
        return bool(found.scalar_one())
