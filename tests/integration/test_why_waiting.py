"""What an event waits for, and what became of it, in every world."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete

from consumers.contract import RetryPolicy
from ops.topology.declaring import connected
from schemas.envelope import Envelope
from schemas.probes import ProbeRequested
from store import leases, tables
from store.activity import QueueDepth
from store.leases import Progress, Span
from store.parked import Decision, Pace, Parked, discard, park, replay
from store.waiting import Circumstances, explain, is_open, waiting_for
from store.why import Step, why
from store.workers import WorkerSign
from tests.equipment.making import MakeWorld
from tests.equipment.probing import Script, prober
from tests.equipment.world import PATIENCE_SECONDS, World, new_id
from tests.services.waiting import until

CONSUMER = prober(Script())
NAME = CONSUMER.name
LISTENERS = {ProbeRequested.TYPE: [NAME]}


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    return make_world(CONSUMER)


def sign(world: World, waits_for: str | None = None) -> WorkerSign:
    now = world.clock()
    return WorkerSign("host.1", NAME, waits_for, now, now)


def step_of(
    world: World,
    asked: Envelope,
    living: Sequence[WorkerSign] | None = None,
    *,
    bus: str | None = None,
) -> Step:
    """Return an event of the ledger with what it waits for."""
    queues = {one.name: one for one in world.bus.queues()}
    around = Circumstances(world.clock(), LISTENERS, living, queues, bus)
    found = why(world.database, asked.key)
    assert found is not None
    [step, *_] = explain(found, around).steps
    return step


def words(world: World, asked: Envelope, living: Sequence[WorkerSign] | None = None) -> str:
    """Return what it waits for, in one line."""
    return " | ".join(waiting_for(step_of(world, asked, living), world.clock()))


def accept(world: World) -> Envelope:
    [asked] = world.accept(ProbeRequested(probe="x"))
    world.wait_for(tables.outbox, 0)
    return asked


def test_an_event_in_a_queue_waits_for_a_process(world: World) -> None:
    asked = accept(world)
    told = words(world, asked, [])
    assert told.startswith(f"queue {NAME}: ")
    assert f"no process runs {NAME}" in told
    assert f"no process runs {NAME}" not in words(world, asked, [sign(world)])
    assert f"no process runs {NAME}" not in words(world, asked, None), "nobody can tell"


def test_an_event_waits_for_what_its_consumer_waits_for(world: World) -> None:
    asked = accept(world)
    told = words(world, asked, [sign(world, "objects")])
    assert f"{NAME} in host.1 is paused since " in told
    assert "its objects does not answer" in told
    other = replace(sign(world), process="host.2")
    assert "paused" not in words(world, asked, [sign(world, "objects"), other])


def test_an_event_that_its_queue_has_lost_is_not_said_to_wait_there(make_world: MakeWorld) -> None:
    world = make_world(CONSUMER)
    asked = accept(world)
    if make_world.kind == "rabbitmq":
        with connected(make_world.bus_url) as connection:
            until(
                lambda: connection.channel().queue_purge(NAME).method.message_count,
                seconds=PATIENCE_SECONDS,
                what="something to purge",
            )
    with world.database.transaction() as transaction:
        transaction.execute(delete(tables.deliveries))
    world.clock.advance(timedelta(minutes=10))
    assert "`muniment doctor" in words(world, asked, [])


def test_an_event_that_has_ended_waits_for_nothing(world: World) -> None:
    asked = accept(world)
    world.work_off(CONSUMER)
    assert step_of(world, asked).waiting == []
    assert words(world, asked) == ""
    found = why(world.database, asked.key)
    assert found is not None
    assert not is_open(found, LISTENERS)


def test_an_event_that_failed_waits_for_its_time(make_world: MakeWorld) -> None:
    def fail(_event: ProbeRequested, _run: int) -> None:
        raise OSError("no luck")

    hourly = RetryPolicy(attempts=3, base_seconds=3600, jitter=0)
    consumer = prober(Script(fail), retry=hourly)
    world = make_world(consumer)
    [asked] = world.accept(ProbeRequested(probe="x"))
    with world.working(consumer):
        world.wait_for(tables.failures, 1)
    told = words(world, asked, [sign(world)])
    [failed] = world.rows(tables.failures)
    assert f"not due before {failed['retry_at']:%Y-%m-%d %H:%M:%S} UTC" in told
    assert "after try 1 failed: OSError: no luck" in told
    assert "no process runs" not in told


def test_work_under_a_lease_says_who_does_it_and_how_far_it_is(world: World) -> None:
    asked = accept(world)
    now = world.clock()
    span = Span(now, now + timedelta(seconds=30))
    with world.database.transaction() as transaction:
        held = leases.acquire(transaction, asked, NAME, "host.1", span)
        assert held is not None
    with world.database.transaction() as transaction:
        assert leases.beat(transaction, held, span.until, Progress(3, 7, "rows"))
        assert leases.save(transaction, held, "[3]", span.until)
    [work] = step_of(world, asked).leased
    assert (work.owner, work.progress, work.checkpointed) == (
        "host.1",
        Progress(3, 7, "rows"),
        True,
    )
    assert f"{NAME}: host.1 works on it, 3 of 7 rows, its last checkpoint is kept" in words(
        world, asked
    )
    world.clock.advance(timedelta(minutes=1))
    assert "has said nothing since" in words(world, asked)


def test_processes_that_died_of_it_are_counted(world: World) -> None:
    [asked] = world.accept(ProbeRequested(probe="deadly"))
    for number in (1, 2):
        now = world.clock()
        with world.database.transaction() as transaction:
            span = Span(now, now)
            assert leases.acquire(transaction, asked, NAME, f"host.{number}", span)
        world.clock.advance(timedelta(seconds=1))
        with world.database.transaction() as transaction:
            assert leases.sweep(transaction, world.clock(), 10)
    [work] = step_of(world, asked).leased
    assert (work.owner, work.crashes) == (None, 2)


def test_decisions_about_a_parked_event_stay_with_it(world: World) -> None:
    asked = accept(world)
    now = world.clock()
    first, second = (
        Parked(new_id(), NAME, asked.key, None, f"no {n}", None, n, now) for n in (1, 2)
    )
    with world.database.transaction() as transaction:
        park(transaction, first)
    decision = Decision("user:ada", now, "mended")
    with world.database.transaction() as transaction:
        outlet = world.bus.ledger.outlet
        assert replay(transaction, outlet, [first.id], decision, Pace(now))
    with world.database.transaction() as transaction:
        park(transaction, second)
    with world.database.transaction() as transaction:
        assert discard(transaction, [second.id], Decision("user:bob", now, "no use"))
    told = [(one.ending, one.ended_by, one.note) for one in step_of(world, asked).parked]
    assert told == [("replayed", "user:ada", "mended"), ("discarded", "user:bob", "no use")]


def test_what_came_of_an_event_is_told(world: World) -> None:
    asked = accept(world)
    with world.database.transaction() as transaction:
        row = {"event_key": asked.key, "probe": "x", "answered_at": world.clock()}
        transaction.insert(tables.probes, [row])
    [effect] = step_of(world, asked).effects
    assert (effect.kind, effect.id, effect.text) == ("probe", asked.key, "answer to 'x'")


def test_an_event_that_cannot_leave_waits_for_the_broker(make_embedded_world: MakeWorld) -> None:
    world = make_embedded_world(CONSUMER)
    [asked] = world.accept(ProbeRequested(probe="x"))
    with world.database.transaction() as transaction:
        row = {"id": "1", "event_key": asked.key, "exchange": "muniment.requests", "tries": 2}
        due = {"routing_key": "x", "attempt": 1, "not_before": world.clock()}
        transaction.insert(tables.outbox, [{**row, **due}])
    waits = step_of(world, asked, bus="RabbitMQ: an alarm is on").waiting
    [leaving] = [one for one in waits if one.consumer is None]
    assert leaving.place == "outbox to muniment.requests"
    assert list(leaving.because) == [
        "the bus is down: RabbitMQ: an alarm is on",
        "the broker has not taken it, twice",
    ]


def test_an_old_fact_whose_reader_has_an_empty_queue_waits_for_nothing(
    make_embedded_world: MakeWorld,
) -> None:
    """It was there before its reader was."""
    world = make_embedded_world()
    [asked] = world.accept(ProbeRequested(probe="x"))
    found = why(world.database, asked.key)
    assert found is not None
    fact = replace(
        found.steps[0].event,
        envelope=replace(found.steps[0].event.envelope, type="muniment.probe.answered.v1"),
    )
    old = replace(found, steps=[replace(found.steps[0], event=fact)])
    listeners = {"muniment.probe.answered.v1": ["reader"]}
    for ready, later, places in (
        (0, timedelta(hours=1), []),
        (1, timedelta(hours=1), ["queue reader"]),
        (0, timedelta(0), ["queue reader"]),
    ):
        queues = {"reader": QueueDepth("reader", ready, None, 0)}
        around = Circumstances(world.clock() + later, listeners, [], queues, None)
        [step] = explain(old, around).steps
        assert [one.place for one in step.waiting] == places
