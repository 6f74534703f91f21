"""What is in the database when everything is over: each thing once, or it is said what is not."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping

from sqlalchemy import ColumnElement, RowMapping, Table, func, select

from schemas.mail import MailSent
from schemas.records import RecordRefused
from schemas.routing import WATCHERS, is_request
from store import tables
from store.database import Database
from tests.fault.explorer.scenarios import Scenario

OWNED = tables.inbox.c.consumer.not_in(WATCHERS)
"""Of rows in the inbox: their consumer's word ends an operation."""


def blamed(database: Database) -> int:
    """Count the events that are parked since one process after the other died of them.

    Rightly so: nobody knows that it was us. Raises AssertionError for any other reason.
    """
    waiting = select(tables.parked.c.kind, tables.parked.c.reason).where(
        tables.parked.c.ending.is_(None)
    )
    items = database.query(waiting)
    assert all(item["kind"] == "poison" for item in items), items
    return len(items)


def at_rest(database: Database) -> bool:
    """Whether everything accepted has ended or is parked, and nothing waits."""
    held = select(func.count().label("n")).where(tables.leases.c.owner.is_not(None))
    ended, watched = _ended(database, OWNED), _ended(database, ~OWNED)
    return (
        _count(database, tables.outbox) == _count(database, tables.deliveries) == 0
        and database.query(held)[0]["n"] == 0
        and _requested(database) <= ended + blamed(database)
        and _count(database, tables.events) <= watched + blamed(database)
    )


def waiting(database: Database) -> str:
    """Say how much waits where."""
    counted = (tables.outbox, tables.deliveries, tables.leases, tables.inbox, tables.parked)
    return ", ".join(f"{one.name}: {_count(database, one)}" for one in counted)


def reckon(database: Database, asked: Mapping[str, Scenario]) -> Iterator[tuple[str, str]]:
    """Yield the name and the trouble of whatever is lost or doubled."""
    effects = {
        row["name"]: row["times"]
        for scenario in {id(one): one for one in asked.values()}.values()
        for row in database.query(scenario.effects)
    }
    keys = _accepted(database, asked)
    owned = select(tables.inbox.c.event_key).where(OWNED)
    ended = Counter(row["event_key"] for row in database.query(owned))
    # What was parked, and replayed after its client had sent it again, is refused: it is late.
    told = select(tables.events.c.cause).where(tables.events.c.type != RecordRefused.TYPE)
    follow_ons = Counter(row["cause"] for row in database.query(told))
    for name, scenario in asked.items():
        accepted = keys[name]
        once = bool(accepted) if scenario.repeatable else len(accepted)
        yield from _judge(name, "accepted", once)
        yield from _judge(name, "its effect", effects.get(name, 0))
        followed = sum(follow_ons[key] for key in accepted)
        yield from _judge(name, "its follow-on", followed, scenario.follow_ons(len(accepted)))
        for key in accepted:
            yield from _judge(name, "ended", ended[key])


def unsent(database: Database, posted: Collection[str]) -> Iterator[str]:
    """Yield what is wrong with mails, when those with the Message-IDs `posted` have arrived."""
    sent = select(tables.events).where(tables.events.c.type == MailSent.TYPE)
    told = Counter(json.loads(row["data"])["mail"] for row in database.query(sent))
    written = database.query(select(tables.mails))
    for mail in written:
        if not mail["sent"]:
            yield f"mail {mail['id']} was not sent"
        for _, trouble in _judge(mail["id"], f"mail {mail['id']} told of", told[mail["id"]]):
            yield trouble
    totals = tables.packager_totals.c
    served = database.query(select(totals.requests).where(totals.resource_id == "*"))
    if [row["requests"] for row in served] != [len(written)]:
        yield f"{len(written)} mails were sent, and {served} counted"
    if len(set(posted)) != len(written):
        yield f"{len(written)} mails were written, {len(set(posted))} have arrived"


def _accepted(database: Database, asked: Mapping[str, Scenario]) -> Mapping[str, list[str]]:
    """Return the keys of the events accepted, by the name that their data hold."""
    keys = defaultdict(list)
    for row in _requests(database):
        values = json.loads(row["data"]).values()
        named = [value for value in values if isinstance(value, str) and value in asked]
        assert len(named) == 1, f"nobody asked for {row['data']}"
        keys[named[0]].append(row["key"])
    return keys


def _ended(database: Database, which: ColumnElement[bool]) -> int:
    """Count what consumers have finished."""
    return int(database.query(select(func.count().label("n")).where(which))[0]["n"])


def _requested(database: Database) -> int:
    """Count what has been asked for, by others and by our consumers."""
    types = database.query(select(tables.events.c.type))
    return sum(is_request(row["type"]) for row in types)


def _requests(database: Database) -> list[RowMapping]:
    """Return what was asked for; facts of projects are accepted, too, and nobody handles them."""
    accepted = select(tables.events).where(tables.events.c.entry == "accepted")
    return [row for row in database.query(accepted) if is_request(row["type"])]


def _judge(name: str, what: str, times: int, expected: int = 1) -> Iterator[tuple[str, str]]:
    if times != expected:
        yield name, f"{what} {times} times: {'lost' if times < expected else 'doubled'}"


def _count(database: Database, table: Table) -> int:
    return int(database.query(select(func.count().label("n")).select_from(table))[0]["n"])
