"""Thumbnails that are drawn of frames, and kept with the archive's other bytes."""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from store.fits.pictures import PICTURE_SIZES, draw
from store.keys import content_key
from store.ports import ObjectStore

DRAWABLE = (".fits", ".fits.fz")
"""Extensions of what may have an image in it."""
LARGEST = 2 * 2**30
"""Bytes of a file of which a picture is drawn."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG."""

    size: str
    """`small`, `medium`, `large`."""
    sha256: str
    object_key: str


def draw_pictures(folder: Path, sizes: Sequence[str], objects: ObjectStore) -> Sequence[Picture]:
    """Draw the file `source` of a folder in these sizes, as far as there is an image in it.

    Safe to repeat: the key of a picture is its digest. Raises ObjectsUnavailableError.
    """
    found = []
    for size in sizes:
        if not _drawn(folder, PICTURE_SIZES[size]):
            break
        data = (folder / "picture").read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        with objects.create(content_key(sha256)) as sink:
            sink.write(data)
        found.append(Picture(size, sha256, content_key(sha256)))
    return found


def _drawn(folder: Path, pixels: int) -> bool:
    try:
        return draw(folder / "source", folder / "picture", size=pixels)
    except Exception:  # noqa: BLE001 - whatever a strange file does to a library
        # A picture is for looking at alone: nothing else must be missed for want of it.
        _log.exception("no picture could be drawn")
        return False
