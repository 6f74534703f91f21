"""Taking bytes into our own object store, from where the next version will overwrite them.

They are hashed on their way, and pass by once; only bytes with the digest that was announced stay.
"""

import logging
import zlib

from store.errors import DigestMismatchError, ObjectNotFoundError
from store.file_stores.ports import FileStore
from store.fixity import CHUNK, Measure
from store.frames.ports import Copy, Sought
from store.keys import content_key, staging_key
from store.ports import ObjectStore

_log = logging.getLogger(__name__)


def take_custody(
    sought: Sought, file_store: FileStore, objects: ObjectStore, staging_id: str
) -> Copy | None:
    """Copy bytes; None: they are not there (yet), or others are.

    `staging_id` is new: under it the bytes are received. Raises ObjectsUnavailableError (no room
    left, too) and FileStoreUnavailableError. Safe to repeat: the object's key is its digest.
    """
    key = staging_key(staging_id)
    measure, crc32 = Measure(), 0
    try:
        with file_store.open(sought.place) as source, objects.create(key) as sink:
            while chunk := source.read(CHUNK):
                measure.update(chunk)
                crc32 = zlib.crc32(chunk, crc32)
                sink.write(chunk)
            fixity = measure.fixity()
            # Raised within the block, it leaves no object.
            fixity.check(md5=sought.md5)
    except (ObjectNotFoundError, DigestMismatchError) as error:
        _log.warning("no copy was made of %s: %s", sought.place.path, error)
        return None
    kept = content_key(fixity.sha256)
    objects.move(key, kept)
    return Copy(kept, fixity.size, fixity.sha256, crc32)
