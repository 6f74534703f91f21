"""Wait until everything that was accepted has ended; or say what still waits, and where."""

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import islice
from time import monotonic, sleep

from sqlalchemy import Table, and_, func, select

from ops.chaos.accepted import REQUESTS
from schemas.routing import WATCHERS
from store.database import Database
from store.errors import UnavailableError
from store.statistics.repository import REBUILT_TO, STATE
from store.tables import deliveries, events, inbox, outbox, parked

PATIENCE_SECONDS = 180.0
"""Longer than any pause that the installation makes by itself."""

_LOOK_SECONDS = 0.5
_AT_ONCE = 500
_SHOWN = 5


def wait_until_quiet(
    database: Database,
    keys: Collection[str],
    queued: Callable[[], Mapping[str, int]],
    meanwhile: Callable[[], None],
    patience: float = PATIENCE_SECONDS,
) -> list[str]:
    """Wait until all events have ended and nothing is on its way; return what still waits.

    `queued` says what waits on the broker, by queue; `meanwhile` is called again and again.
    """
    deadline = monotonic() + patience
    left = set(keys)
    while True:
        try:
            left -= _ended(database, left)
            if not left:
                left |= _unfinished(database)
            on_the_way = {one.name: _count(database, one) for one in (outbox, deliveries)}
            on_the_way |= {f"the queue {name}": number for name, number in queued().items()}
            # Nobody waits for who counts: it may have the last of them in hand.
            on_the_way["the ledger that nobody has counted"] = _uncounted(database)
        except UnavailableError as error:
            on_the_way = {str(error): 1}
        if not left and not any(on_the_way.values()):
            return []
        if monotonic() > deadline:
            return _describe(database, left, on_the_way)
        meanwhile()
        sleep(_LOOK_SECONDS)


def _ended(database: Database, keys: Collection[str]) -> set[str]:
    found: set[str] = set()
    for some in _chunks(keys):
        for ending in (inbox, parked):
            statement = select(ending.c.event_key).where(
                ending.c.event_key.in_(some), ending.c.consumer.not_in(WATCHERS)
            )
            found |= {row["event_key"] for row in database.query(statement)}
    return found


def _unfinished(database: Database) -> set[str]:
    """Return keys of requests that reached us although nobody was told so."""
    rows = database.query(
        select(events.c.key)
        .outerjoin(
            inbox, and_(inbox.c.event_key == events.c.key, inbox.c.consumer.not_in(WATCHERS))
        )
        .outerjoin(parked, parked.c.event_key == events.c.key)
        .where(
            events.c.entry != "emitted",
            events.c.type.in_(REQUESTS),
            inbox.c.consumer.is_(None),
            parked.c.id.is_(None),
        )
        .limit(_AT_ONCE)
    )
    return {row["key"] for row in rows}


def _describe(database: Database, left: Collection[str], on_the_way: dict[str, int]) -> list[str]:
    found = [f"{number} in {where}" for where, number in on_the_way.items() if number]
    for key in islice(sorted(left), _SHOWN):
        places = [
            one.name
            for one in (outbox, deliveries)
            if database.query(select(one.c.id).where(one.c.event_key == key))
        ]
        known = database.query(select(events.c.key).where(events.c.key == key))
        elsewhere = "in the ledger alone" if known else "nowhere"
        where = f"in {' and '.join(places)}" if places else elsewhere
        found.append(f"{key} is {where}")
    if len(left) > _SHOWN:
        found.append(f"{len(left) - _SHOWN} more wait")
    return found


def _uncounted(database: Database) -> int:
    counted = and_(inbox.c.event_key == events.c.key, inbox.c.consumer == STATE)
    rows = database.query(
        select(func.count().label("rows"))
        .select_from(events.outerjoin(inbox, counted))
        .where(events.c.position > REBUILT_TO.scalar_subquery(), inbox.c.consumer.is_(None))
    )
    return int(rows[0]["rows"])


def _count(database: Database, table: Table) -> int:
    return int(database.query(select(func.count().label("rows")).select_from(table))[0]["rows"])


def _chunks(keys: Collection[str]) -> Iterator[list[str]]:
    rest = iter(keys)
    while some := list(islice(rest, _AT_ONCE)):
        yield some
