"""Operations: what became of requests. Derived, since the ledger and the inbox know it all."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import BindParameter, RowMapping, and_, bindparam, case, select

from schemas.catalogue import CONFIDENTIAL, project_of
from schemas.envelope import Envelope
from schemas.routing import WATCHERS, is_request
from store.database import Database
from store.leases import Progress
from store.ledger import envelope_of
from store.tables import events, failures, inbox, leases, parked

State = Literal[
    "accepted", "running", "retrying", "succeeded", "failed", "parked", "discarded", "replaced"
]
"""`failed` is an answer (a refusal for good); `parked` waits for a person, who may have it run
again, `discarded` it, or had an edited event run in its place (`replaced`)."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One request and what became of it."""

    key: str
    """Key of the request event."""
    type: str
    subject: str | None
    state: State
    accepted_at: datetime
    ended_at: datetime | None
    outcome: Envelope | None
    """The last event that followed from it, once it has ended."""
    error: str | None
    """Why the last try failed, or why it was parked."""
    retry_at: datetime | None
    progress: Progress | None = None
    """How far long work is, as it last said."""
    replaced_by: str | None = None
    """Key of the edited request that runs in its place."""
    projects: frozenset[str] = frozenset()
    """Who may not read all of these may not see it."""

    @property
    def ended(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.state not in {"accepted", "running", "retrying"}


# Built once: to build a statement takes as long as to run it.
_KEYS: BindParameter[list[str]] = bindparam("keys", expanding=True)
_OPERATIONS = (
    select(
        events.c.key,
        events.c.type,
        events.c.subject,
        events.c.recorded_at,
        # Read only where it says a project: whoever waits for a request asks for it often.
        case((events.c.type.in_(CONFIDENTIAL), events.c.data)).label("data"),
        inbox.c.outcome,
        inbox.c.outcome_key,
        inbox.c.handled_at,
    )
    .outerjoin(inbox, and_(inbox.c.event_key == events.c.key, inbox.c.consumer.not_in(WATCHERS)))
    .where(events.c.key.in_(_KEYS))
    .order_by(inbox.c.handled_at)
)
_EVENTS = select(events).where(events.c.key.in_(_KEYS))


def operation(database: Database, key: str) -> Operation | None:
    """Return one operation; None when there is no such request."""
    return operations(database, [key]).get(key)


def operations(database: Database, keys: Collection[str]) -> dict[str, Operation]:
    """Return the operations of those of the events that are requests, by key."""
    rows = database.query(_OPERATIONS, {"keys": list(keys)})
    found = [row for row in rows if is_request(row["type"])]
    outcomes = _events(database, [row["outcome_key"] for row in found if row["outcome_key"]])
    open_keys = [row["key"] for row in found if row["outcome"] is None]
    troubles = _troubles(database, open_keys) if open_keys else {}
    return {
        row["key"]: _operation(
            row, outcomes.get(row["outcome_key"]), troubles.get(row["key"], _ACCEPTED)
        )
        for row in found
    }


_ACCEPTED = {"state": "accepted", "ended_at": None, "error": None, "retry_at": None}


def _operation(row: RowMapping, outcome: Envelope | None, trouble: dict[str, Any]) -> Operation:
    ending = trouble
    if row["outcome"] is not None:
        ending = {**_ACCEPTED, "state": row["outcome"], "ended_at": row["handled_at"]}
    return Operation(
        key=row["key"],
        type=row["type"],
        subject=row["subject"],
        accepted_at=row["recorded_at"],
        outcome=outcome,
        projects=frozenset(_projects(row, outcome)),
        **ending,
    )


def _projects(row: RowMapping, outcome: Envelope | None) -> Iterator[str]:
    request = None
    if row["data"] is not None:
        data = row["data"].encode()
        request = Envelope(id=row["key"], source="", type=row["type"], data=data)
    for one in (request, outcome):
        project = None if one is None else project_of(one)
        if project is not None:
            yield project


def _events(database: Database, keys: Collection[str]) -> dict[str, Envelope]:
    if not keys:
        return {}
    rows = database.query(_EVENTS, {"keys": list(keys)})
    return {row["key"]: envelope_of(row) for row in rows}


def _troubles(database: Database, keys: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return what is known of requests that nobody has finished: failed tries, parking."""
    found: dict[str, dict[str, Any]] = {}
    tries = select(failures).where(failures.c.event_key.in_(keys)).order_by(failures.c.id)
    for row in database.query(tries.where(failures.c.consumer.not_in(WATCHERS))):
        if row["retry_at"] is not None:
            found[row["event_key"]] = {
                **_ACCEPTED,
                "state": "retrying",
                "error": row["error"],
                "retry_at": row["retry_at"],
            }
        else:
            # The last try of an earlier life: parked then, and replayed unless still parked below.
            found[row["event_key"]] = _ACCEPTED
    for row in database.query(
        select(parked)
        .where(parked.c.event_key.in_(keys), parked.c.consumer.not_in(WATCHERS))
        .order_by(parked.c.id)
    ):
        if row["ending"] != "replayed":
            found[row["event_key"]] = _parking(row)
    for row in database.query(
        select(leases).where(leases.c.event_key.in_(keys), leases.c.owner.is_not(None))
    ):
        progress = None
        if row["done"] is not None:
            progress = Progress(row["done"], row["total"], row["unit"])
        found[row["event_key"]] = {**_ACCEPTED, "state": "running", "progress": progress}
    return found


_PARKED_STATES = {None: "parked", "discarded": "discarded", "edited": "replaced"}


def _parking(row: RowMapping) -> dict[str, Any]:
    return {
        **_ACCEPTED,
        "state": _PARKED_STATES[row["ending"]],
        "ended_at": row["ended_at"] or row["parked_at"],
        "error": row["note"] or row["reason"],
        "replaced_by": row["replaced_by"],
    }
