"""Consumer `discard-frame`: what held the bytes of a deleted frame is removed.

Bytes that something else speaks of stay, and so does what came after the frame was deleted: the
same file may be ingested again at once.
"""

from collections.abc import Sequence
from typing import Protocol

from consumers.contract import Consumer
from schemas.base import Event
from schemas.frames import FrameDeleted
from store.discarded import discard
from store.errors import ObjectNotFoundError
from store.file_stores.ports import HasFileStore, Place
from store.frames.holding_ports import HasHoldings
from store.ports import HasEvent, HasLease, HasObjects


class Needs(HasEvent, HasFileStore, HasHoldings, HasLease, HasObjects, Protocol):
    """What this consumer may touch."""


def discard_frame(event: FrameDeleted, work: Needs) -> Sequence[Event]:
    """Remove bytes from the file store, and our own copies of them.

    Safe to repeat: what is gone is gone.
    """
    places = [
        *(Place(one.path, one.key) for one in event.versions if one.path is not None),
        *(Place(path, key) for path, key in event.thumbnails),
    ]
    for done, place in enumerate(places):
        work.progress(done, len(places), "files")
        if not _is_needed(place, event, work):
            work.file_store.delete(place)
    for key in set(event.objects) - work.holdings.objects_in_use(event.objects):
        discard(work.objects, key, work.now)
    return []


def _is_needed(place: Place, event: FrameDeleted, work: Needs) -> bool:
    if not work.file_store.overwrites:
        return work.holdings.key_in_use(place.path, place.key)
    if work.holdings.path_in_use(place.path):
        return True
    try:
        # Put there since: its frame will be posted in a moment.
        return work.file_store.info(place).modified >= event.deleted_at
    except ObjectNotFoundError:
        return False


CONSUMER = Consumer("discard-frame", FrameDeleted, discard_frame, threads=2, long=True)
