"""Repairing what `store.frames.reconciling` finds: bytes without frame, frames without bytes."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from store.database import Database
from store.errors import ObjectNotFoundError
from store.file_stores.ports import FileStore, Place
from store.fixity import CHUNK
from store.frames.examining import Examiner
from store.frames.holdings import SqlHoldings
from store.frames.reconciling import Alone
from store.frames.repository import SqlFrames
from store.frames.values import Fixity
from store.ports import ObjectStore


@dataclass(frozen=True, slots=True)
class Repairs:
    """Repairs, one thing after another. Each is safe to repeat; raises UnavailableError."""

    database: Database
    objects: ObjectStore
    file_store: FileStore
    clock: Callable[[], datetime]
    new_id: Callable[[], str]

    def delete(self, orphan: Alone, older_than: datetime) -> bool:
        """Delete bytes that no frame speaks of; False: one does by now, or they are newer."""
        place = orphan.place
        try:
            if self.file_store.info(place).modified >= older_than:
                return False
            if self.file_store.overwrites:
                # There bytes are deleted by their digest: what takes their place stays.
                place = Place(place.path, self._md5(place))
        except ObjectNotFoundError:
            return True
        if self._is_in_use(place):
            return False
        self.file_store.delete(place)
        return True

    def examine(self, lacking: Alone) -> Fixity | None:
        """Look at a version again, and note what is so; None: it is none, or gone by now."""
        uid = lacking.of.partition(" ")[0]
        with self.database.transaction() as transaction:
            holding = SqlHoldings(transaction, self.database).find(uid)
        if holding is None:
            return None
        examiner = Examiner(self.objects, self.file_store, self.new_id, lambda _done: None)
        finding = examiner.look(holding.version)
        if finding is None:
            return None
        sound = finding.fixity == "sound"
        with self.database.transaction() as transaction:
            frames = SqlFrames(transaction, self.database)
            if frames.version(uid) is None:
                return None
            if finding.copy is not None:
                frames.keep(uid, finding.copy)
            frames.looked(
                uid,
                finding.fixity,
                self.clock(),
                size=finding.size if sound else None,
                sha256=finding.sha256 if sound else None,
                crc32=finding.crc32 if sound else None,
            )
        return finding.fixity

    def _is_in_use(self, place: Place) -> bool:
        with self.database.transaction() as transaction:
            holdings = SqlHoldings(transaction, self.database)
            if self.file_store.overwrites:
                return holdings.path_in_use(place.path)
            return holdings.key_in_use(place.path, place.key)

    def _md5(self, place: Place) -> str:
        # Clients call their bytes by it; nothing relies on its strength.
        digest = hashlib.md5(usedforsecurity=False)
        with self.file_store.open(place) as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
        return digest.hexdigest()
