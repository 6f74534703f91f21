"""The ledger: every event that was accepted, observed or emitted, in order of commit.

`position` grows with the order of commit: whoever has read up to a position will never find
another event below it. PostgreSQL hands out its numbers before the commit, so appending takes one
transaction-level advisory lock; it is taken as the last thing before the rows, and held only for
the commit (ADR 3). SQLite has one writer anyway.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from pydantic_core import from_json, to_json
from sqlalchemy import RowMapping, bindparam, select, text

from schemas.envelope import JSON, Envelope
from schemas.routing import exchange, routing_key
from store.database import Transaction
from store.tables import events

# Built once: to build a statement takes as long as to run it.
_KNOWN = select(events).where(events.c.key.in_(bindparam("keys", expanding=True)))
_APPEND_LOCK = text("SELECT pg_advisory_xact_lock(5570193398)")

EntryKind = Literal["accepted", "observed", "emitted"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One event to be written down."""

    envelope: Envelope
    kind: EntryKind
    """How it came here: by HTTP, by AMQP from outside, or from a consumer."""
    actor: str
    """Who brought it: `user:NAME`, `amqp`, `consumer:NAME`."""
    recorded_at: datetime
    queue: str | None = None
    """The one queue it is for; None: all that are bound for its type."""


@dataclass(frozen=True, slots=True)
class Departure:
    """One event that is to leave, now, for where its type is published to."""

    envelope: Envelope
    exchange: str
    routing_key: str


class Outlet(Protocol):
    """The way from a transaction to the queues: outbox rows, or the queues themselves."""

    def dispatch(
        self, transaction: Transaction, departures: Sequence[Departure], now: datetime
    ) -> None:
        """Let the events leave with the transaction's commit."""
        ...

    def schedule(
        self, transaction: Transaction, queue: str, envelope: Envelope, not_before: datetime
    ) -> None:
        """Have one queue get the event, as the try that it says, not before the given time."""
        ...


class Ledger:
    """Appends events and lets them leave, in the caller's transaction."""

    def __init__(self, outlet: Outlet) -> None:
        self.outlet = outlet

    def lock(self, transaction: Transaction) -> None:
        """Keep other appends out until commit; whatever is read now stays true."""
        if transaction.is_postgresql:
            transaction.execute_once(_APPEND_LOCK)

    def append(self, transaction: Transaction, entries: Sequence[Entry]) -> None:
        """Write the entries down and dispatch those that are not on the bus already.

        Their keys must be new. Call it last in the transaction: it locks.
        """
        if not entries:
            return
        self.lock(transaction)
        transaction.insert(events, [_row(entry) for entry in entries])
        departures = [
            Departure(
                entry.envelope, exchange(entry.envelope.type), routing_key(entry.envelope.type)
            )
            for entry in entries
            if entry.kind != "observed" and entry.queue is None
        ]
        if departures:
            self.outlet.dispatch(transaction, departures, entries[0].recorded_at)
        for entry in entries:
            if entry.queue is not None:
                self.outlet.schedule(transaction, entry.queue, entry.envelope, entry.recorded_at)


def known(transaction: Transaction, keys: Collection[str]) -> dict[str, Envelope]:
    """Return those of the events that are in the ledger, by key."""
    found = transaction.execute(_KNOWN, {"keys": list(keys)})
    return {row["key"]: envelope_of(row) for row in found.mappings()}


def _row(entry: Entry) -> dict[str, Any]:
    envelope = entry.envelope
    return {
        "key": envelope.key,
        "id": envelope.id,
        "source": envelope.source,
        "type": envelope.type,
        "subject": envelope.subject,
        "time": envelope.time,
        "recorded_at": entry.recorded_at,
        "entry": entry.kind,
        "actor": entry.actor,
        "correlation": envelope.root,
        "cause": envelope.causationid,
        "envelope": _rest(envelope),
        "data": envelope.data.decode(),
    }


def _rest(envelope: Envelope) -> str | None:
    rest = {
        name: value
        for name, value in (
            (
                "datacontenttype",
                None if envelope.datacontenttype == JSON else envelope.datacontenttype,
            ),
            ("dataschema", envelope.dataschema),
            ("traceparent", envelope.traceparent),
            ("replyto", envelope.replyto),
            ("partitionkey", envelope.partitionkey),
            ("extensions", envelope.extensions or None),
        )
        if value is not None
    }
    return to_json(rest).decode() if rest else None


def envelope_of(row: RowMapping, attempt: int = 1) -> Envelope:
    """Return the event that a row of `events` holds."""
    rest = from_json(row["envelope"]) if row["envelope"] else {}
    extensions = tuple((name, value) for name, value in rest.pop("extensions", ()))
    return Envelope(
        id=row["id"],
        source=row["source"],
        type=row["type"],
        time=row["time"],
        subject=row["subject"],
        correlationid=row["correlation"],
        causationid=row["cause"],
        attempt=attempt,
        extensions=extensions,
        data=row["data"].encode(),
        **rest,
    )
