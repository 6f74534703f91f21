"""Taps: how far the ledger has been copied to elsewhere, and which process copies.

One process at a time does. It keeps saying that it lives; when it has not for long, another takes
the row over, with a higher token: the one before can move nothing any more, should it wake up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select, update

from store.database import Database, Transaction
from store.leases import Span
from store.tables import taps


@dataclass(frozen=True, slots=True)
class Tap:
    """A row as its owner knows it."""

    name: str
    position: int
    """Ledger position: all events up to it are where they are copied to."""
    token: int
    """Fencing: the next owner's is higher."""


@dataclass(frozen=True, slots=True)
class TapState:
    """How a tap is to whoever looks at it."""

    position: int
    owner: str | None
    """The process that copies; None: none does."""
    until: datetime | None
    """When the owner is taken for dead."""
    moved_at: datetime | None
    """When the position last moved; None: never."""


def acquire(transaction: Transaction, name: str, owner: str, span: Span) -> Tap | None:
    """Begin to copy; None while another process lives that does."""
    transaction.insert_new(taps, {"name": name, "position": 0, "token": 0})
    # Not even its own by name: processes in containers are often called the same.
    is_free = or_(taps.c.owner.is_(None), taps.c.until < span.now)
    row = transaction.execute(
        update(taps)
        .where(taps.c.name == name, is_free)
        .values(owner=owner, token=taps.c.token + 1, until=span.until)
        .returning(taps.c.position, taps.c.token)
    ).first()
    return None if row is None else Tap(name, row.position, row.token)


def beat(transaction: Transaction, tap: Tap, until: datetime) -> bool:
    """Say that the owner lives; False when it was taken for dead."""
    return _change(transaction, tap, {"until": until})


def move(transaction: Transaction, tap: Tap, position: int, span: Span) -> bool:
    """Note how far it is, and that its owner lives; False when it was taken for dead."""
    moved = {"position": position, "moved_at": span.now, "until": span.until}
    return _change(transaction, tap, moved)


def give_up(transaction: Transaction, tap: Tap) -> bool:
    """Leave it to others at once; False when it was theirs already."""
    return _change(transaction, tap, {"owner": None, "until": None})


def read(database: Database) -> Mapping[str, TapState]:
    """Return every tap that has ever been at work, by name."""
    columns = (taps.c.name, taps.c.position, taps.c.owner, taps.c.until, taps.c.moved_at)
    rows = database.query(select(*columns).order_by(taps.c.name))
    return {
        row["name"]: TapState(row["position"], row["owner"], row["until"], row["moved_at"])
        for row in rows
    }


def _change(transaction: Transaction, tap: Tap, values: Mapping[str, object]) -> bool:
    held = and_(taps.c.name == tap.name, taps.c.token == tap.token, taps.c.owner.is_not(None))
    return bool(transaction.execute(update(taps).where(held).values(values)).rowcount == 1)
