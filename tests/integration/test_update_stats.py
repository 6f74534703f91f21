"""Consumer `update-stats`: what it counts, in every world."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pika
import pytest

from consumers.contract import Reject
from consumers.update_stats import CONSUMER
from schemas.envelope import Envelope, to_amqp
from schemas.files import FileArchived, FileIngestRequested
from schemas.probes import ProbeAnswered, ProbeRequested
from schemas.routing import FACTS, routing_key
from store import parked, tables
from store.components import counters
from store.ledger import Entry
from tests.equipment.making import MakeWorld
from tests.equipment.probing import NAME, Script, prober, probes
from tests.equipment.statistics import (
    archived,
    check_all_counted,
    count_up,
    figures,
    happened,
    ingest,
    rebuilt,
    totals,
    verified,
)
from tests.equipment.world import PATIENCE_SECONDS, World
from tests.services.waiting import until

HOUR = datetime(2026, 2, 28, 23, tzinfo=UTC)
NEXT_DAY = datetime(2026, 3, 1, tzinfo=UTC)
LATE = HOUR + timedelta(minutes=59, seconds=59)


def test_events_are_counted_by_hour_type_capability_and_resource(make_world: MakeWorld) -> None:
    world = make_world(CONSUMER)
    asked = happened(world, ingest(), LATE)
    for size, seconds in ((5, 1), (7, 2)):
        at = LATE + timedelta(seconds=seconds)
        done = archived(size, "kb01", at)
        happened(world, done, at, cause=asked, kind="emitted")
    count_up(world)

    nothing = {"bytes": 0, "timed": 0, "microseconds": 0, "uses": 1}
    sums = {"events": 2, "bytes": 12, "timed": 2, "microseconds": 3_000_000, "uses": 0}
    request = {"type": FileIngestRequested.TYPE, "events": 1, **nothing}
    fact = {"type": FileArchived.TYPE, **sums}
    key = {"hour": NEXT_DAY, "type": FileArchived.TYPE}
    assert figures(world) == {
        "statistics_hours": [{"hour": HOUR, **request}, {"hour": NEXT_DAY, **fact}],
        "statistics_totals": [fact, request],
        "statistics_durations": [
            {**key, "bucket": 40, "events": 1},
            {**key, "bucket": 44, "events": 1},
        ],
        "statistics_resources": [
            {"day": NEXT_DAY, "capability": "archive", "resource": "kb01", "events": 2, "bytes": 12}
        ],
        "counters": [counter(world, "archive", 1)],
    }
    check_all_counted(world)


def counter(world: World, component: str, value: int) -> dict[str, Any]:
    (row,) = world.rows(tables.counters, component=component)
    return {
        "component": component,
        "value": value,
        "last_reset": row["last_reset"],
        "base": 0,
        "since": 0,
    }


def test_what_several_batches_and_threads_count_adds_up(make_world: MakeWorld) -> None:
    world = make_world(CONSUMER)
    asked = world.accept(*probes(700), *(ingest(str(number)) for number in range(700)))
    with world.working(CONSUMER), world.working(CONSUMER), world.working(CONSUMER):
        world.wait_for(tables.inbox, len(asked))
    check_all_counted(world)
    # Nobody has waited in a circle, which would look like a database that is down for a moment.
    assert "database" not in world.tally.pauses
    assert world.tally.endings == {"succeeded": len(asked)}
    assert counters.read(world.database, "archive", world.clock()).value == 700


def test_copies_are_counted_once(make_world: MakeWorld) -> None:
    world = make_world(CONSUMER)
    sent = world.accept(*probes(5))
    with world.working(CONSUMER):
        world.wait_for(tables.inbox, 5)
        for one in (*sent, *reversed(sent)):
            world.deliver(one, CONSUMER.name)
        until(
            lambda: world.tally.endings["repeated"] == 10,
            seconds=PATIENCE_SECONDS,
            what="the copies",
        )
    assert totals(world) == {ProbeRequested.TYPE: 5}
    check_all_counted(world)


def test_an_edited_event_is_not_counted_beside_the_one_it_stands_in_for(
    make_world: MakeWorld,
) -> None:
    def refuse(event: ProbeRequested, _run: int) -> None:
        if event.probe == "moon":
            raise Reject("no such source")

    consumer = prober(Script(refuse))
    world = make_world(consumer, CONSUMER)
    world.accept(ProbeRequested(probe="moon"))
    with world.working(consumer):
        world.wait_for(tables.parked, 1)
        (item,) = world.rows(tables.parked)
        edited = world.stamp.put_on(ProbeRequested(probe="sun"))
        with world.database.transaction() as transaction:
            decision = parked.Decision("user:test", world.clock())
            assert parked.replace(transaction, item["id"], edited.key, decision)
            entry = Entry(edited, "accepted", "user:test", world.clock(), queue=NAME)
            world.bus.ledger.append(transaction, [entry])
        world.wait_for(tables.inbox, 1, consumer=NAME)
    count_up(world, 2)
    for _ in range(2):
        assert totals(world) == {ProbeRequested.TYPE: 1, ProbeAnswered.TYPE: 1}
        verdict = verified(world.database)
        assert (verdict.events, verdict.waiting) == (2, 0)
        assert rebuilt(world).events == 2


@pytest.mark.parametrize("make_world", ["rabbitmq"], indirect=True)
def test_whatever_outsiders_publish_is_counted_by_its_type(make_world: MakeWorld) -> None:
    world = make_world(CONSUMER)
    odd = "muniment.crème brûlée' OR 1=1 --\\\"{}"
    publish(
        make_world.bus_url,
        *(Envelope(id=str(n), source="/telescope", type=odd, data=b"7") for n in range(2)),
        Envelope(id="x", source="/telescope", type=ProbeAnswered.TYPE, data=b'{"probe":'),
        Envelope(id="y", source="/telescope", type=FileArchived.TYPE, data=b'{"size": 5}'),
        Envelope(id="z", source="/telescope", type=FileArchived.TYPE, data=b'{"instrument": 7}'),
    )
    with world.working(CONSUMER):
        world.wait_for(tables.inbox, 4)
        world.wait_for(tables.parked, 1)
    assert totals(world) == {odd: 2, FileArchived.TYPE: 2}
    assert [row["bytes"] for row in world.rows(tables.statistics_totals)] == [0, 0]
    check_all_counted(world)


def publish(url: str, *envelopes: Envelope) -> None:
    """Publish facts, as some other client does."""
    with closing(pika.BlockingConnection(pika.URLParameters(url))) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        for envelope in envelopes:
            properties, body = to_amqp(envelope)
            known = pika.BasicProperties(**properties)
            key = routing_key(envelope.type) if envelope.type.isascii() else "some.key"
            channel.basic_publish(FACTS, key, body, known)


def test_figures_are_of_the_ledgers_hours_whatever_clocks_do(make_world: MakeWorld) -> None:
    world = make_world(CONSUMER)
    asked = happened(world, ingest(), HOUR)
    for jump in (timedelta(days=900), timedelta(days=-900)):
        world.clock.advance(jump)
        at = HOUR + jump
        happened(world, archived(1, "kb01", at), at, cause=asked, kind="emitted")
        count_up(world)
    check_all_counted(world)
    hours = {row["hour"]: row["microseconds"] for row in world.rows(tables.statistics_hours)}
    ahead = timedelta(days=900)
    assert hours == {HOUR - ahead: 0, HOUR: 0, HOUR + ahead: ahead // timedelta(microseconds=1)}
    assert figures(world) == (rebuilt(world), figures(world))[1]


# --- the counters of capabilities -----------------------------------------------------------------


def test_a_counter_that_was_set_goes_on_from_there(make_world: MakeWorld) -> None:
    world = make_world(CONSUMER)
    world.accept(ingest("before"), ingest("not counted yet"))
    with world.database.transaction() as transaction:
        counters.put(transaction, "archive", 40, world.clock())
    world.accept(ingest("after"))
    count_up(world)
    for _ in range(2):
        assert counters.read(world.database, "archive", world.clock()).value == 41
        assert totals(world) == {FileIngestRequested.TYPE: 3}
        rebuilt(world)


def test_after_the_largest_number_comes_zero(make_embedded_world: MakeWorld) -> None:
    world = make_embedded_world(CONSUMER)
    began = HOUR
    with world.database.transaction() as transaction:
        counters.put(transaction, "archive", 2**63 - 2, began)
    world.accept(ingest("the last"), ingest("zero"), ingest("one"))
    count_up(world)
    for _ in range(2):
        found = counters.read(world.database, "archive", world.clock())
        assert found.value == 1
        assert found.last_reset > began
        rebuilt(world)
