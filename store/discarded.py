"""Objects that nobody needs any more: set aside first, and removed some days later.

That nothing speaks of an object is known at a moment only. Who is about to speak of the same bytes
finds them under their key, leaves them there, and commits after we have looked. So they wait under
another key, and are put back if a row speaks of them after all.
"""

from contextlib import suppress
from datetime import date, datetime, timedelta
from itertools import islice

from store.database import Database
from store.errors import ObjectNotFoundError
from store.keys import DISCARDED, content_key, discarded_key
from store.orphans import spoken_of
from store.ports import ObjectInfo, ObjectStore

KEPT = timedelta(days=2)
"""How long they wait: longer than anybody takes from writing an object to its row."""
_AT_ONCE = 200


def discard(objects: ObjectStore, key: str, now: datetime) -> None:
    """Set an object aside whose key is its digest. Safe to repeat."""
    with suppress(ObjectNotFoundError):
        objects.move(key, discarded_key(key.rpartition("/")[2], now.date()))


def settle(database: Database, objects: ObjectStore, now: datetime) -> tuple[int, int]:
    """Put back what a row speaks of, and remove what has waited; return how many of each.

    Safe to repeat, and to do in several processes.
    """
    back = gone = 0
    waiting = objects.list(DISCARDED)
    while batch := list(islice(waiting, _AT_ONCE)):
        needed = spoken_of(database, [_key(one) for one in batch])
        for one in batch:
            if _key(one) in needed:
                with suppress(ObjectNotFoundError):  # another process has just done so
                    objects.move(one.key, _key(one))
                back += 1
            elif _day(one) < (now - KEPT).date():
                objects.delete(one.key)
                gone += 1
    return back, gone


def _key(one: ObjectInfo) -> str:
    return content_key(one.key.rpartition("/")[2])


def _day(one: ObjectInfo) -> date:
    return date.fromisoformat(one.key.split("/")[1])
