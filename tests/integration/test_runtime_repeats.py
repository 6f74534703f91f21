"""What comes again, what is taken away and what is stopped: the work is done, and once."""

from contextlib import closing
from datetime import datetime
from threading import Event as Flag
from time import monotonic

import pytest

from consumers.contract import Reject
from consumers.embedded import LEASE
from consumers.runtime.source import Delivery
from schemas.probes import ProbeRequested
from store import tables
from store.errors import DeliveryLostError
from tests.equipment.making import MakeWorld
from tests.equipment.probing import NAME, Script, check_once, prober, probes
from tests.equipment.sources import Intercepted
from tests.equipment.world import PATIENCE_SECONDS
from tests.services.waiting import until

# --- coming again ---------------------------------------------------------------------------------


def test_a_repeated_delivery_is_known(make_world: MakeWorld) -> None:
    script = Script()
    consumer = prober(script)
    world = make_world(consumer)
    (sent,) = world.accept(ProbeRequested(probe="x"))
    with world.working(consumer):
        world.wait_for(tables.inbox, 1)
        world.deliver(sent, NAME)
        until(
            lambda: world.tally.endings["repeated"] == 1,
            seconds=PATIENCE_SECONDS,
            what="the second delivery",
        )
        world.wait_until_at_rest()
    check_once(world, [sent])
    assert script.runs == {"x": 1}


def test_an_event_that_is_twice_in_a_batch_is_handled_once(make_world: MakeWorld) -> None:
    consumer = prober(Script(), batch=20, prefetch=20)
    world = make_world(consumer)
    sent = world.accept(*probes(3))
    for one in sent:
        world.deliver(one, NAME)
    with world.working(consumer):
        until(
            lambda: world.tally.endings.total() == 6,
            seconds=PATIENCE_SECONDS,
            what="all deliveries",
        )
    check_once(world, sent)
    assert world.tally.endings == {"succeeded": 3, "repeated": 3}


def test_two_processes_with_the_same_event_do_it_once(make_world: MakeWorld) -> None:
    together = Flag()
    meeting: list[str] = []

    def meet(event: ProbeRequested, _run: int) -> None:
        meeting.append(event.probe)
        if len(meeting) == 2:
            together.set()
        if world_kind != "sqlite":  # where the second writer waits for the first
            together.wait(PATIENCE_SECONDS)

    consumer = prober(Script(meet), prefetch=1)
    world = make_world(consumer)
    world_kind = make_world.kind
    (sent,) = world.accept(ProbeRequested(probe="x"))
    world.deliver(sent, NAME)
    with world.working(consumer), world.working(consumer):
        until(
            lambda: world.tally.endings.total() == 2,
            seconds=PATIENCE_SECONDS,
            what="both deliveries",
        )
    check_once(world, [sent])
    assert world.tally.endings == {"succeeded": 1, "repeated": 1}


# --- leases ---------------------------------------------------------------------------------------


def test_work_whose_delivery_is_lost_is_undone(make_embedded_world: MakeWorld) -> None:
    consumer = prober(Script())
    world = make_embedded_world(consumer)
    lost: list[str] = []

    def lose_first(call: str) -> None:
        if call == "settle" and not lost:
            lost.append(call)
            raise DeliveryLostError("another process holds it by now")

    sent = world.accept(ProbeRequested(probe="x"))
    with world.working(consumer, around=lambda source: Intercepted(source, before=lose_first)):
        world.wait_until_at_rest()
    check_once(world, sent)
    assert world.count(tables.failures) == 0


def test_work_that_outlives_its_lease_is_undone(make_embedded_world: MakeWorld) -> None:
    stolen: list[Delivery] = []

    def be_slow(_event: ProbeRequested, run: int) -> None:
        if run == 1:
            world.clock.advance(2 * LEASE)
            stolen.extend(thief.take(1, PATIENCE_SECONDS))

    script = Script(be_slow)
    consumer = prober(script)
    world = make_embedded_world(consumer)
    sent = world.accept(ProbeRequested(probe="x"))
    with closing(world.bus.source(consumer)) as thief, world.working(consumer):
        until(lambda: stolen, seconds=PATIENCE_SECONDS, what="the theft")
        assert stolen[0].redelivered
        thief.release(stolen)
        world.wait_until_at_rest()
    check_once(world, sent)
    assert script.runs == {"x": 2}
    assert world.count(tables.failures) == 0


@pytest.mark.parametrize("error", [OSError("the dome is closed"), Reject("no such telescope")])
def test_a_failure_that_outlives_its_lease_is_forgotten(
    make_embedded_world: MakeWorld, error: Exception
) -> None:
    stolen: list[Delivery] = []

    def fail_late(_event: ProbeRequested, run: int) -> None:
        if run == 1:
            world.clock.advance(2 * LEASE)
            stolen.extend(thief.take(1, PATIENCE_SECONDS))
            raise error

    consumer = prober(Script(fail_late))
    world = make_embedded_world(consumer)
    sent = world.accept(ProbeRequested(probe="x"))
    with closing(world.bus.source(consumer)) as thief, world.working(consumer):
        until(lambda: stolen, seconds=PATIENCE_SECONDS, what="the theft")
        until(
            lambda: world.tally.endings.total() == 1, seconds=PATIENCE_SECONDS, what="the failure"
        )
        thief.release(stolen)
        world.wait_until_at_rest()
    check_once(world, sent)
    assert world.count(tables.failures) == world.count(tables.parked) == 0
    assert world.rows(tables.inbox)[0]["attempt"] == 1


def test_a_lease_is_kept_for_as_long_as_the_work_takes(make_embedded_world: MakeWorld) -> None:
    consumer = prober(Script())
    world = make_embedded_world(consumer)
    world.accept(ProbeRequested(probe="x"))

    def until_when() -> datetime:
        (row,) = world.rows(tables.deliveries)
        lease: datetime = row["lease_until"]
        return lease

    with closing(world.bus.source(consumer)) as slow, closing(world.bus.source(consumer)) as other:
        (held,) = slow.take(1, PATIENCE_SECONDS)
        first = until_when()
        world.clock.advance(LEASE * 0.9)
        until(lambda: until_when() > first, seconds=PATIENCE_SECONDS, what="the lease to be kept")
        world.clock.advance(LEASE * 0.5)
        assert world.clock() > first
        assert other.take(1, 0.1) == []
        slow.release([held])
        assert len(other.take(1, PATIENCE_SECONDS)) == 1


# --- ending ---------------------------------------------------------------------------------------


def test_stopping_lets_work_finish_and_takes_nothing_new(make_world: MakeWorld) -> None:
    begun, may_end = Flag(), Flag()

    def hold(_event: ProbeRequested, _run: int) -> None:
        begun.set()
        may_end.wait(PATIENCE_SECONDS)

    consumer = prober(Script(hold))
    world = make_world(consumer)
    world.accept(*probes(3))
    with world.working(consumer) as worker:
        assert begun.wait(PATIENCE_SECONDS)
        worker.drain()
        may_end.set()
        assert worker.stop(PATIENCE_SECONDS)
    assert world.count(tables.inbox) == 1
    other = prober(Script())
    world.work_off(other)
    assert world.count(tables.inbox) == world.count(tables.probes) == 3


def test_stopping_takes_no_longer_than_it_was_given(make_world: MakeWorld) -> None:
    begun, may_end = Flag(), Flag()

    def hold(_event: ProbeRequested, _run: int) -> None:
        begun.set()
        may_end.wait(PATIENCE_SECONDS)

    consumer = prober(Script(hold), threads=4)
    world = make_world(consumer)
    world.accept(*probes(4))
    with world.working(consumer) as worker:
        assert begun.wait(PATIENCE_SECONDS)
        before = monotonic()
        assert not worker.stop(0.5)
        # On RabbitMQ the goodbye comes on top.
        assert monotonic() - before < 4 * 0.5 + 1
        may_end.set()
