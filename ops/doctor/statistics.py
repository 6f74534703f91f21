"""Whether the statistics hold what has happened; with `--deep`, whether every figure is right."""

from datetime import timedelta

from sqlalchemy import RowMapping, select

from ops.doctor.finding import MOST_ITEMS, Finding, Patient
from store.database import Database
from store.statistics.recounting import STAND_INS
from store.statistics.repository import REBUILT_TO, STATE
from store.statistics.verifying import verify
from store.tables import events, inbox

_UNDER_WAY = timedelta(minutes=5)
"""What is younger may be in the queue."""
_ADVICE = "`muniment stats rebuild` counts everything anew; all may go on meanwhile"


def statistics(patient: Patient) -> Finding:
    """See that what was there before the statistics has been counted; compare all when told to."""
    database = patient.store.database
    if patient.deep:
        return _compared(database)
    first = _first(database)
    if first is not None and not first["counted"]:
        since = first["recorded_at"]
        if since < patient.clock() - _UNDER_WAY:
            told = f"what has happened since {since:%Y-%m-%d %H:%M:%S} UTC is not counted"
            return Finding("statistics", "warning", told, _ADVICE, [first["key"]])
    return Finding("statistics", "ok", "the ledger is counted from its beginning")


def _first(database: Database) -> RowMapping | None:
    """Return the first event that no rebuild has counted: it is the first to be delivered."""
    rebuilt_to = max((row["rebuilt_to"] for row in database.query(REBUILT_TO)), default=0)
    counted = select(inbox.c.consumer).where(
        inbox.c.consumer == STATE, inbox.c.event_key == events.c.key
    )
    rows = database.query(
        select(events.c.key, events.c.recorded_at, counted.scalar_subquery().label("counted"))
        .where(events.c.position > rebuilt_to, events.c.key.not_in(STAND_INS))
        .order_by(events.c.position)
        .limit(1)
    )
    return rows[0] if rows else None


def _compared(database: Database) -> Finding:
    verdict = verify(database, lambda _done, _all: None)
    waiting = f", {verdict.waiting} wait" if verdict.waiting else ""
    if not verdict.differences:
        told = f"{verdict.events} events are counted, and every figure is right{waiting}"
        return Finding("statistics", "ok", told)
    told = f"{len(verdict.differences)} figures are not what the ledger says{waiting}"
    items = [f"{one.table} {one.key}" for one in verdict.differences[:MOST_ITEMS]]
    return Finding("statistics", "wrong", told, _ADVICE, items)
