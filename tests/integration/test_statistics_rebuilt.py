"""Counting the ledger anew: right in the end, whoever counts meanwhile."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from sqlalchemy import Table, delete, update

from consumers.update_stats import CONSUMER
from schemas.datasets import DatasetPackageRequested
from schemas.probes import ProbeRequested
from store import tables
from store.components import counters
from store.database import Transaction
from store.inbox import Handled, record
from store.ledger import Entry
from store.statistics.rebuilding import rebuild
from store.statistics.recounting import PAGE
from store.statistics.verifying import verify
from tests.equipment.making import MakeWorld
from tests.equipment.probing import probes
from tests.equipment.statistics import (
    FIGURES,
    archived,
    check_all_counted,
    count_up,
    figures,
    happened,
    ingest,
    rebuilt,
    totals,
    untold,
    verified,
)
from tests.equipment.world import PATIENCE_SECONDS, World

HOUR = datetime(2026, 2, 28, 22, tzinfo=UTC)
ANY_HOUR = HOUR - timedelta(days=7)


def counted(make: MakeWorld) -> World:
    """Return a world in which something has happened that has a row in each table."""
    world = make(CONSUMER)
    asked = happened(world, ingest(), HOUR)
    done = archived(5, "kb01", HOUR)
    happened(world, done, HOUR + timedelta(seconds=1), cause=asked, kind="emitted")
    count_up(world)
    check_all_counted(world)
    return world


def test_an_empty_ledger_agrees_and_can_be_rebuilt(make_embedded_world: MakeWorld) -> None:
    world = make_embedded_world(CONSUMER)
    assert verified(world.database).events == 0
    found = rebuilt(world)
    assert (found.events, found.position, found.figures) == (0, 0, 0)


# --- what is wrong is seen, and mended ------------------------------------------------------------

Tamper = Callable[[Transaction, Table], None]


def add_one(transaction: Transaction, table: Table) -> None:
    figure = table.c.value if table is tables.counters else table.c.events
    transaction.execute(update(table).values({figure: figure + 1}))


def remove(transaction: Transaction, table: Table) -> None:
    transaction.execute(delete(table))


def make_up(transaction: Transaction, table: Table) -> None:
    made_up = {
        "hour": ANY_HOUR,
        "day": ANY_HOUR,
        "type": "made.up",
        "resource": "made up",
        "capability": "archive",
        "component": "packager",
        "value": 1,
        "last_reset": HOUR,
        "base": 0,
        "since": 0,
    }
    row = {column.name: made_up.get(column.name, 1) for column in table.columns}
    transaction.insert(table, [row])


@pytest.mark.parametrize("table", FIGURES, ids=lambda table: table.name)
@pytest.mark.parametrize("tamper", [add_one, remove, make_up])
def test_one_wrong_row_in_any_table_is_seen_and_mended(
    make_embedded_world: MakeWorld, table: Table, tamper: Tamper
) -> None:
    world = counted(make_embedded_world)
    before = figures(world)
    with world.database.transaction() as transaction:
        tamper(transaction, table)
    tampered = figures(world)
    verdict = verify(world.database, untold)
    assert {one.table for one in verdict.differences} == {table.name}
    assert figures(world) == tampered
    rebuilt(world)
    kept = figures(world)
    for rows in (before, kept):
        for row in rows["counters"]:
            # A counter that was gone begins anew; one that nobody used is left as it is.
            del row["last_reset"]
        rows["counters"] = [row for row in rows["counters"] if row["component"] == "archive"]
    assert kept == before


def test_a_difference_says_what_is_and_what_should_be(make_embedded_world: MakeWorld) -> None:
    world = counted(make_embedded_world)
    with world.database.transaction() as transaction:
        add_one(transaction, tables.statistics_resources)
        remove(transaction, tables.statistics_totals)
        make_up(transaction, tables.counters)
    wrong = verify(world.database, untold).differences
    described = [(one.table, one.key, one.figure, one.found, one.expected) for one in wrong]
    assert described[0] == (
        "statistics_totals",
        "muniment.file.archived.v1",
        "events",
        None,
        1,
    )
    assert described[-2:] == [
        ("statistics_resources", "2026-02-28T00:00:00+00:00 archive kb01", "events", 2, 1),
        ("counters", "packager", "value", 1, 0),
    ]


def test_a_rebuild_that_ends_half_way_has_changed_nothing(make_embedded_world: MakeWorld) -> None:
    world = counted(make_embedded_world)
    with world.database.transaction() as transaction:
        add_one(transaction, tables.statistics_hours)
    before = figures(world)

    def broken() -> datetime:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        rebuild(world.database, broken, untold)
    assert figures(world) == before
    assert [row["rebuilt_to"] for row in world.rows(tables.statistics_state)] == [0]
    rebuilt(world)
    check_all_counted(world)


# --- what happened before there were statistics ---------------------------------------------------


def test_history_is_counted_by_a_rebuild_and_not_again_by_late_deliveries(
    make_world: MakeWorld,
) -> None:
    before = make_world()
    history = before.accept(*probes(20), *(ingest(str(number)) for number in range(3)))
    before.wait_for(tables.outbox, 0)  # or it would leave for the queue that there will be
    world = make_world(CONSUMER)
    world.accept(ingest("now"))
    count_up(world, 1)
    verdict = verified(world.database)
    assert (verdict.events, verdict.waiting) == (1, 23)

    assert rebuilt(world).events == 24
    check_all_counted(world)
    once = figures(world)
    for one in history:
        world.deliver(one, CONSUMER.name)
    with world.working(CONSUMER):
        world.wait_for(tables.inbox, 24)
    assert figures(world) == once
    check_all_counted(world)
    world.accept(ingest("later"))
    count_up(world)
    check_all_counted(world)
    assert counters.read(world.database, "archive", world.clock()).value == 5


# --- while others count ---------------------------------------------------------------------------


def test_events_may_arrive_and_be_counted_while_all_is_rebuilt(make_world: MakeWorld) -> None:
    world = make_world(CONSUMER)
    with world.working(CONSUMER), world.working(CONSUMER):
        for number in range(8):
            world.accept(*probes(40), ingest(str(number)))
            rebuild(world.database, world.clock, untold)
            verified(world.database)
        world.wait_for(tables.inbox, world.count(tables.events))
    check_all_counted(world)
    assert totals(world)[ProbeRequested.TYPE] == 320
    assert counters.read(world.database, "archive", world.clock()).value == 8


def test_a_long_ledger_may_grow_and_counters_be_set_meanwhile(
    make_embedded_world: MakeWorld,
) -> None:
    before = make_embedded_world()
    with before.database.transaction() as transaction:
        stamped = [before.stamp.put_on(one) for one in probes(2 * PAGE)]
        stamped += [before.stamp.put_on(ingest(str(number))) for number in range(50)]
        now = before.clock()
        entries = [Entry(one, "accepted", "user:test", now) for one in stamped]
        before.bus.ledger.append(transaction, entries)
    world = make_embedded_world(CONSUMER)
    told = []

    def meanwhile(done: int, total: int | None) -> None:
        told.append((done, total))
        if len(told) > 1:
            return
        world.accept(package(), ingest("counted meanwhile"))
        count_up(world, 2)
        with world.database.transaction() as transaction:
            counters.put(transaction, "archive", 7, world.clock())
        world.accept(ingest("counted by nobody else yet"))

    rebuild(world.database, world.clock, meanwhile)
    assert told[0] == (PAGE, 2 * PAGE + 50)
    assert told[-1] == (2 * PAGE + 53, 2 * PAGE + 53)
    count_up(world, 3)
    check_all_counted(world)
    values = {row["component"]: row["value"] for row in world.rows(tables.counters)}
    assert values == {"archive": 8, "packager": 1}


def package() -> DatasetPackageRequested:
    return DatasetPackageRequested(kind="url", resource_id="r-1", host="data.example.org")


def test_a_batch_at_work_is_waited_for(make_embedded_world: MakeWorld) -> None:
    """The rebuild comes when a batch has written its figures, and before its commit."""
    world = make_embedded_world(CONSUMER)
    (sent,) = world.accept(ProbeRequested(probe="x"))
    (row,) = world.rows(tables.events)
    done = []
    rebuilding = Thread(target=lambda: done.append(rebuild(world.database, world.clock, untold)))
    with world.database.transaction() as transaction:
        work = world.make_work(transaction, sent.key, row["position"], world.clock())
        CONSUMER.handle(sent, work)
        transaction.before_commit(rebuilding.start)
        now = world.clock()
        handled = Handled(CONSUMER.name, sent.key, "succeeded", None, 1, now, now)
        record(transaction, [handled])
    rebuilding.join(PATIENCE_SECONDS)
    assert [one.events for one in done] == [1]
    check_all_counted(world)
