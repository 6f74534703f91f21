"""Samples of the queues, one a minute: how deep they are, and how old the oldest is that waits.

What waits is found in the ledger, which is the same whatever carries the events: the first event of
the consumer's type that it has neither ended nor set aside. The search begins where that of the
last sample came to, and a week ago at the earliest, so an age is never above a week; it goes on
for so many events, and the next sample's goes on from there.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Text, bindparam, delete, exists, func, select

from store.activity import QueueDepth, position_at
from store.database import Database
from store.tables import events, inbox, parked, queue_samples, statistics_state
from store.views import span

KEPT = timedelta(days=7)
"""How long a sample is kept, and how old an event may be that is looked for."""
WINDOW = 200_000
"""Ledger positions that one search looks at: it takes seconds at most."""

_CONSUMER = bindparam("consumer", type_=Text)
_ENDED = exists().where(inbox.c.consumer == _CONSUMER, inbox.c.event_key == events.c.key)
# What is set aside waits for a person, and what is given back afterwards for its second time.
_SET_ASIDE = exists().where(parked.c.event_key == events.c.key, parked.c.consumer == _CONSUMER)
# What stands in for an event of another consumer's is given to that one alone.
_STANDS_IN = exists().where(parked.c.replaced_by == events.c.key, parked.c.consumer != _CONSUMER)
_NEXT = (
    select(events.c.position, events.c.recorded_at)
    .where(
        events.c.position > bindparam("after"),
        events.c.position <= bindparam("last"),
        ~_ENDED,
        ~_SET_ASIDE,
        ~_STANDS_IN,
    )
    .order_by(events.c.position)
    .limit(1)
)
_NEXT_OF_TYPE = _NEXT.where(events.c.type == bindparam("type", type_=Text))


@dataclass(frozen=True, slots=True)
class _Found:
    """What one search of the ledger came to."""

    looked_to: int
    oldest_at: datetime | None


def sample(
    database: Database,
    types: Mapping[str, str | None],
    depths: Collection[QueueDepth] | None,
    now: datetime,
) -> bool:
    """Take the sample of this minute, unless somebody has; say whether it was taken.

    `types` has the type of event that each consumer listens to (None: all); `depths` is None when
    nobody could tell them. Raises DatabaseUnavailableError.
    """
    minute = now.replace(second=0, microsecond=0)
    if _is_there(database, minute):
        return False
    last = span(database).last
    earliest = position_at(database, now - KEPT, last)
    looked_to = _looked_to(database)
    replayed = _replayed(database, now - KEPT)
    rows: list[dict[str, Any]] = []
    known = {one.name: one for one in depths or ()}
    for name, listens_to in types.items():
        after = max(earliest, looked_to.get(name, 0))
        found = _search(database, name, listens_to, after, last)
        waiting = [at for at in (found.oldest_at, replayed.get(name)) if at is not None]
        depth = known.get(name)
        rows.append(
            {
                "minute": minute,
                "queue": name,
                "sampled_at": now,
                "ready": None if depth is None else depth.ready,
                "held": None if depth is None else depth.held,
                "delayed": None if depth is None else depth.delayed,
                "looked_to": found.looked_to,
                "oldest_at": min(waiting, default=None),
            }
        )
    with database.transaction() as transaction:
        return bool(rows) and transaction.insert_new(queue_samples, *rows) > 0


def forget_samples(database: Database, now: datetime) -> None:
    """Remove samples that are too old; the last of each queue stays."""
    newer = queue_samples.alias("newer")
    followed = exists().where(
        newer.c.queue == queue_samples.c.queue, newer.c.minute > queue_samples.c.minute
    )
    with database.transaction() as transaction:
        old = queue_samples.c.minute < now - KEPT
        transaction.execute(delete(queue_samples).where(old, followed))


def _is_there(database: Database, minute: datetime) -> bool:
    one = select(queue_samples.c.queue).where(queue_samples.c.minute == minute).limit(1)
    return bool(database.query(one))


def _looked_to(database: Database) -> dict[str, int]:
    """Return by consumer up to where nothing waits for it."""
    columns = queue_samples.c
    newest = select(func.max(columns.minute)).scalar_subquery()
    rows = database.query(select(columns.queue, columns.looked_to).where(columns.minute == newest))
    found = {row["queue"]: row["looked_to"] for row in rows}
    # What was counted all at once was not counted event by event.
    for row in database.query(select(statistics_state.c.name, statistics_state.c.rebuilt_to)):
        found[row["name"]] = max(found.get(row["name"], 0), row["rebuilt_to"])
    return found


def _replayed(database: Database, since: datetime) -> dict[str, datetime]:
    """Return by consumer when the first event was given back to it that it has not ended since."""
    again = parked.alias("again")
    same: tuple[ColumnElement[bool], ...] = (
        again.c.event_key == parked.c.event_key,
        again.c.consumer == parked.c.consumer,
        again.c.id > parked.c.id,
    )
    ended = exists().where(
        inbox.c.consumer == parked.c.consumer, inbox.c.event_key == parked.c.event_key
    )
    rows = database.query(
        select(parked.c.consumer, func.min(parked.c.ended_at).label("at"))
        .where(
            parked.c.ending == "replayed",
            parked.c.ended_at >= since,
            ~ended,
            ~exists().where(*same),
        )
        .group_by(parked.c.consumer)
    )
    return {row["consumer"]: row["at"] for row in rows}


def _search(database: Database, consumer: str, name: str | None, after: int, last: int) -> _Found:
    last = min(last, after + WINDOW)
    parameters = {"consumer": consumer, "after": after, "last": last}
    if name is None:
        rows = database.query(_NEXT, parameters)
    else:
        rows = database.query(_NEXT_OF_TYPE, {**parameters, "type": name})
    if rows:
        return _Found(rows[0]["position"] - 1, rows[0]["recorded_at"])
    return _Found(max(after, last), None)
