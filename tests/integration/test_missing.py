"""Which events are missing, and which are only somewhere else: in every world."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete

from consumers.contract import Consumer
from schemas.envelope import Envelope
from schemas.probes import ProbeAnswered, ProbeRequested
from store import leases, tables
from store.inbox import Failure, Handled, record, record_failure
from store.leases import Span
from store.missing import PAGE, Reader, Stretch, missing
from store.parked import Decision, Pace, Parked, park, replay
from store.views import span
from tests.equipment.making import MakeWorld
from tests.equipment.world import World, new_id

OWNER = Consumer("owner", ProbeRequested, lambda _event, _work: ())
READER = Consumer("reader", ProbeAnswered, lambda _event, _work: ())
LONG = timedelta(hours=1)


@pytest.fixture
def world(make_embedded_world: MakeWorld) -> World:
    return make_embedded_world(OWNER, READER)


def lost(world: World, consumer: Consumer[ProbeRequested] | Consumer[ProbeAnswered]) -> list[str]:
    """Return the probes that are missing an hour later."""
    stretch = Stretch(0, span(world.database).last, world.clock() + LONG)
    reader = Reader(consumer.name, consumer.type)
    pages = missing(world.database, reader, stretch)
    return [str(one.data) for page in pages for one in page]


def accept(world: World, name: str, *, arrives: bool = False) -> Envelope:
    """Accept a probe whose delivery is lost, unless it `arrives`."""
    [asked] = world.accept(ProbeRequested(probe=name))
    if not arrives:
        with world.database.transaction() as transaction:
            here = tables.deliveries.c.event_key == asked.key
            transaction.execute(delete(tables.deliveries).where(here))
    return asked


def parking(asked: Envelope, now: datetime) -> Parked:
    return Parked(new_id(), OWNER.name, asked.key, None, "no", None, 1, now)


def test_only_what_is_nowhere_is_missing(world: World) -> None:
    now = world.clock()
    accept(world, "in its queue", arrives=True)
    handled = accept(world, "handled")
    waits = accept(world, "waits for a person")
    leased = accept(world, "at work under a lease")
    later = accept(world, "tried again later")
    leaves = accept(world, "in the outbox")
    accept(world, "nowhere")
    due = now + 2 * LONG
    with world.database.transaction() as transaction:
        ended = Handled(OWNER.name, handled.key, "succeeded", None, 1, now, now)
        record(transaction, [ended])
        park(transaction, parking(waits, now))
        assert leases.acquire(transaction, leased, OWNER.name, "host.1", Span(now, due))
        failure = Failure(OWNER.name, later.key, 1, "transient", "no", now, due)
        record_failure(transaction, failure)
        outgoing = {"id": new_id(), "event_key": leaves.key, "exchange": "muniment.requests"}
        row = {**outgoing, "routing_key": "x", "attempt": 1, "tries": 0, "not_before": now}
        transaction.insert(tables.outbox, [row])
    assert lost(world, OWNER) == [str(b'{"probe":"nowhere"}')]


def test_a_replayed_event_that_is_lost_again_is_missing_as_its_next_try(world: World) -> None:
    asked = accept(world, "replayed")
    now = world.clock()
    item = parking(asked, now)
    with world.database.transaction() as transaction:
        failure = Failure(OWNER.name, asked.key, 1, "transient", "no", now, None)
        record_failure(transaction, failure)
        park(transaction, item)
    with world.database.transaction() as transaction:
        outlet = world.bus.ledger.outlet
        assert replay(transaction, outlet, [item.id], Decision("user:ada", now), Pace(now))
    assert lost(world, OWNER) == []
    with world.database.transaction() as transaction:
        transaction.execute(delete(tables.deliveries))
    stretch = Stretch(0, span(world.database).last, now + LONG)
    [[found]] = missing(world.database, Reader(OWNER.name, ProbeRequested.TYPE), stretch)
    assert (found.key, found.attempt) == (asked.key, 2)


def test_facts_count_from_the_first_that_their_reader_has_handled(world: World) -> None:
    """A consumer that joins later has no claim to what was there before it."""
    answered = ProbeAnswered(probe="x", position=1)
    [before] = world.accept(answered)
    world.clock.advance(LONG)
    [first] = world.accept(answered)
    world.clock.advance(timedelta(seconds=1))
    now = world.clock()
    with world.database.transaction() as transaction:
        transaction.execute(delete(tables.deliveries))
    assert lost(world, READER) == []
    with world.database.transaction() as transaction:
        record(transaction, [Handled(READER.name, first.key, "succeeded", None, 1, now, now)])
    world.clock.advance(timedelta(seconds=1))
    [after] = world.accept(answered)
    with world.database.transaction() as transaction:
        transaction.execute(delete(tables.deliveries))
    stretch = Stretch(0, span(world.database).last, world.clock() + LONG)
    pages = missing(world.database, Reader(READER.name, ProbeAnswered.TYPE), stretch)
    assert [one.key for page in pages for one in page] == [after.key]
    assert before.key != after.key


def test_an_edited_event_is_for_the_one_consumer_that_parked_it(world: World) -> None:
    edited = accept(world, "edited")
    now = world.clock()
    item = Parked(new_id(), "another", new_id(), None, "no", None, 1, now, replaced_by=edited.key)
    with world.database.transaction() as transaction:
        park(transaction, item)
    assert lost(world, OWNER) == []


def test_the_ledger_is_read_page_by_page(world: World) -> None:
    many = [ProbeRequested(probe=str(number)) for number in range(PAGE + 10)]
    world.accept(*many)
    with world.database.transaction() as transaction:
        transaction.execute(delete(tables.deliveries))
    kept = span(world.database)
    stretch = Stretch(kept.first - 1, kept.last, world.clock() + LONG)
    pages = list(missing(world.database, Reader(OWNER.name, ProbeRequested.TYPE), stretch))
    assert [len(page) for page in pages] == [PAGE, 10]
