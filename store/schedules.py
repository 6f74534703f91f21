"""Schedules: events that are to be accepted at a time, once or again and again.

A firing is one transaction: the event is appended to the ledger and the row moves on to its next
time (or goes, when it was to fire once), under a lock that other processes skip. So there is one
firing per due time, however many processes look.
"""

import random
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import delete, insert, select, update

from store.database import Database, Transaction
from store.errors import ConflictError
from store.tables import schedules

CatchUp = Literal["one", "all", "none"]
"""What becomes of due times that nobody was there for: one firing for all of them together, one
for each, or none."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """What is to be accepted, and when."""

    name: str
    type: str
    data: str
    """JSON of the event's data."""
    due_at: datetime
    """The next due time."""
    next_at: datetime
    """When it fires: `due_at` and the jitter drawn for it."""
    every_seconds: float | None
    """None: once."""
    jitter_seconds: float
    """A firing is put off by a random time below this, so that not everything is due at once."""
    catch_up: CatchUp
    paused: bool
    changed_at: datetime
    changed_by: str
    fired_at: datetime | None = None
    fired_key: str | None = None
    """Key of the event that the last firing accepted."""


def put(transaction: Transaction, schedule: Schedule, *, replace: bool) -> bool:
    """Write a schedule; True when it is new.

    Raises ConflictError when there is one of that name, and `replace` is not set.
    """
    known = transaction.execute(
        select(schedules.c.name).where(schedules.c.name == schedule.name).with_for_update()
    ).first()
    if known is None:
        transaction.execute(insert(schedules), asdict(schedule))
        return True
    if not replace:
        raise ConflictError("name", f"there is a schedule {schedule.name!r} already")
    values = asdict(schedule)
    for kept in ("name", "fired_at", "fired_key"):
        del values[kept]
    transaction.execute(update(schedules).where(schedules.c.name == schedule.name).values(values))
    return False


def find(database: Database, *, after: str = "", most: int = 1000) -> list[Schedule]:
    """Return schedules by name, from behind the name `after`."""
    statement = (
        select(schedules).where(schedules.c.name > after).order_by(schedules.c.name).limit(most)
    )
    return [Schedule(**row) for row in database.query(statement)]


def get(database: Database, name: str) -> Schedule | None:
    """Return one schedule, or None."""
    rows = database.query(select(schedules).where(schedules.c.name == name))
    return Schedule(**rows[0]) if rows else None


def pause(transaction: Transaction, name: str, *, paused: bool, by: str, at: datetime) -> bool:
    """Stop a schedule from firing, or let it fire again; False when there is none."""
    result = transaction.execute(
        update(schedules)
        .where(schedules.c.name == name)
        .values(paused=paused, changed_by=by, changed_at=at)
    )
    return bool(result.rowcount)


def remove(transaction: Transaction, names: Collection[str]) -> int:
    """Remove schedules; returns how many there were."""
    return transaction.execute(delete(schedules).where(schedules.c.name.in_(names))).rowcount


# --- firing -------------------------------------------------------------------------------------


def is_any_due(database: Database, now: datetime) -> bool:
    """Whether there is anything to fire; a reading look that waits for no writer."""
    due = select(schedules.c.name).where(schedules.c.next_at <= now, ~schedules.c.paused)
    return bool(database.query(due.limit(1)))


def take_due(transaction: Transaction, now: datetime, most: int) -> list[Schedule]:
    """Return schedules that are due, the longest first, and keep others off them until commit."""
    rows = transaction.execute(
        select(schedules)
        .where(schedules.c.next_at <= now, ~schedules.c.paused)
        .order_by(schedules.c.next_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).mappings()
    return [Schedule(**row) for row in rows]


def advance(
    transaction: Transaction,
    schedule: Schedule,
    due_at: datetime,
    *,
    chance: Callable[[], float] = random.random,
    fired: tuple[datetime, str] | None,
) -> None:
    """Move a recurring schedule to its next due time; `fired` says when it did, and as what key."""
    values: dict[str, object] = {
        "due_at": due_at,
        "next_at": due_at + timedelta(seconds=schedule.jitter_seconds * chance()),
    }
    if fired is not None:
        values |= {"fired_at": fired[0], "fired_key": fired[1]}
    transaction.execute(update(schedules).where(schedules.c.name == schedule.name).values(values))


@dataclass(frozen=True, slots=True)
class Turn:
    """What is to be done about a schedule that is due."""

    fires: bool
    next_due: datetime | None
    """None: it was to fire once."""


def turn(schedule: Schedule, now: datetime) -> Turn:
    """Decide about a schedule that is due; pure.

    It counts as missed when a later due time has passed, too.
    """
    if schedule.every_seconds is None:
        return Turn(fires=True, next_due=None)
    every = timedelta(seconds=schedule.every_seconds)
    following = schedule.due_at + every
    if following > now or schedule.catch_up == "all":
        return Turn(fires=True, next_due=following)
    missed = (now - schedule.due_at) // every
    return Turn(fires=schedule.catch_up == "one", next_due=schedule.due_at + (missed + 1) * every)
