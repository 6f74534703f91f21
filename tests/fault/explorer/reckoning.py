"""What is in the database when everything is over: each thing once, or it is said what is not."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from sqlalchemy import Table, func, select

from store import tables
from store.database import Database
from tests.fault.explorer.scenarios import Scenario


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
    accepted = select(func.count().label("n")).where(tables.events.c.entry == "accepted")
    held = select(func.count().label("n")).where(tables.leases.c.owner.is_not(None))
    return (
        _count(database, tables.outbox) == _count(database, tables.deliveries) == 0
        and database.query(held)[0]["n"] == 0
        and database.query(accepted)[0]["n"] <= _count(database, tables.inbox) + blamed(database)
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
    ended = Counter(
        row["event_key"]
        for row in database.query(
            select(tables.inbox.c.event_key).where(tables.inbox.c.outcome == "succeeded")
        )
    )
    follow_ons = Counter(row["cause"] for row in database.query(select(tables.events.c.cause)))
    for name in asked:
        accepted = keys[name]
        yield from _judge(name, "accepted", len(accepted))
        yield from _judge(name, "its effect", effects.get(name, 0))
        for key in accepted:
            yield from _judge(name, "ended", ended[key])
            yield from _judge(name, "its follow-on", follow_ons[key])


def _accepted(database: Database, asked: Mapping[str, Scenario]) -> Mapping[str, list[str]]:
    """Return the keys of the events accepted, by the name that their data hold."""
    keys = defaultdict(list)
    accepted = select(tables.events).where(tables.events.c.entry == "accepted")
    for row in database.query(accepted):
        values = json.loads(row["data"]).values()
        named = [value for value in values if isinstance(value, str) and value in asked]
        assert len(named) == 1, f"nobody asked for {row['data']}"
        keys[named[0]].append(row["key"])
    return keys


def _judge(name: str, what: str, times: int) -> Iterator[tuple[str, str]]:
    if times != 1:
        yield name, f"{what} {times} times: {'lost' if times == 0 else 'doubled'}"


def _count(database: Database, table: Table) -> int:
    return int(database.query(select(func.count().label("n")).select_from(table))[0]["n"])
