"""What comes again, what is taken away and what is stopped: the work is done, and once."""

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from threading import Event as Flag

import pytest

from consumers.contract import Reject, RetryLater, RetryPolicy
from consumers.embedded import LEASE
from consumers.runtime.processing import SUSPECT
from consumers.runtime.source import Delivery, Source
from schemas.base import Event
from schemas.probes import ProbeAnswered, ProbeRequested
from store import tables
from store.errors import DeliveryLostError
from store.ports import Work
from tests.equipment.making import MakeWorld
from tests.equipment.probing import NAME, Script, check_once, prober, probes
from tests.equipment.sources import Intercepted
from tests.equipment.world import PATIENCE_SECONDS, World
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


def test_a_try_that_failed_and_comes_again_starts_no_second_chain(make_world: MakeWorld) -> None:
    def act(_event: ProbeRequested, run: int) -> None:
        if run < 3:
            # As after a crash between the commit of the next try and the acknowledgement.
            world.deliver(sent.at_attempt(run), NAME)
            raise ConnectionError("later, perhaps")

    script = Script(act)
    consumer = prober(script)
    world = make_world(consumer)
    (sent,) = world.accept(ProbeRequested(probe="x"))
    with world.working(consumer):
        until(
            lambda: world.tally.endings["repeated"] == 2 and world.at_rest(),
            seconds=PATIENCE_SECONDS,
            what="both copies to be recognised",
        )
    check_once(world, [sent])
    assert script.runs == {"x": 3}
    assert [row["attempt"] for row in world.rows(tables.failures)] == [1, 2]


@pytest.mark.parametrize("attempts", [1, 3])
def test_two_processes_that_fail_with_the_same_try_fail_once(
    make_world: MakeWorld, attempts: int
) -> None:
    def act(_event: ProbeRequested, run: int) -> None:
        if run == 1:
            # While this one is at work, another process has taken its copy, and failed.
            world.deliver(sent, NAME)
            with world.working(consumer):
                until(
                    lambda: world.count(tables.failures) >= 1,
                    seconds=PATIENCE_SECONDS,
                    what="the other's failure",
                )
        raise ConnectionError("never")

    script = Script(act)
    policy = RetryPolicy(attempts=attempts, base_seconds=0.02, factor=1.0)
    # Nothing is prefetched: the other process is to get the copy.
    consumer = prober(script, retry=policy, prefetch=1)
    world = make_world(consumer)
    (sent,) = world.accept(ProbeRequested(probe="x"))
    with world.working(consumer):
        world.wait_for(tables.parked, 1)
        until(
            lambda: world.tally.endings["repeated"] == 1 and world.at_rest(),
            seconds=PATIENCE_SECONDS,
            what="the copy to be recognised",
        )
    assert script.runs == {"x": attempts + 1}
    assert [row["attempt"] for row in world.rows(tables.failures)] == [*range(1, attempts + 1)]
    assert world.tally.endings["parked"] == world.count(tables.parked) == 1


def test_copies_that_are_put_off_become_one_again(make_world: MakeWorld) -> None:
    def act(_event: ProbeRequested, run: int) -> None:
        if run == 1:
            # As after a crash between the commit of what was put off and the acknowledgement.
            world.deliver(sent, NAME)
        if run < 6:
            raise RetryLater(0.3)

    script = Script(act)
    consumer = prober(script)
    world = make_world(consumer)
    (sent,) = world.accept(ProbeRequested(probe="x"))
    with world.working(consumer):
        world.wait_for(tables.inbox, 1)
        world.wait_until_at_rest()
    check_once(world, [sent])
    assert world.tally.endings["postponed"] == 5
    if make_world.kind == "rabbitmq":
        assert world.tally.endings["repeated"] == 0


def test_what_was_parked_and_comes_again_is_not_parked_twice(make_world: MakeWorld) -> None:
    def act(_event: ProbeRequested, _run: int) -> None:
        world.deliver(sent, NAME)
        raise Reject("never")

    script = Script(act)
    consumer = prober(script)
    world = make_world(consumer)
    (sent,) = world.accept(ProbeRequested(probe="x"))
    with world.working(consumer):
        until(
            lambda: world.tally.endings == {"parked": 1, "repeated": 1},
            seconds=PATIENCE_SECONDS,
            what="the copy to be recognised",
        )
    assert script.runs == {"x": 1}
    assert world.count(tables.parked) == 1


def test_what_was_in_hand_when_processes_died_is_handled_under_a_lease(
    make_world: MakeWorld,
) -> None:
    leased = []

    def handle(event: ProbeRequested, work: Work) -> Sequence[Event]:
        leased.append((event.probe, world.count(tables.leases)))
        work.probes.add(work.key, event.probe, work.now)
        return [ProbeAnswered(probe=event.probe, position=work.position)]

    consumer = prober(handle, batch=20, prefetch=20)
    world = make_world(consumer)
    sent = world.accept(*probes(3))
    for _ in range(SUSPECT):
        # A process takes them, and is gone.
        with closing(world.bus.source(consumer)) as dying:
            taken: list[Delivery] = []
            while len(taken) < len(sent):
                taken += dying.take(20, PATIENCE_SECONDS)
        world.clock.advance(LEASE * 2)
    world.work_off(consumer)
    check_once(world, sent)
    assert sorted(leased) == [("0", 1), ("1", 1), ("2", 1)]
    assert world.rows(tables.leases) == []


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


@pytest.mark.parametrize("long", [False, True], ids=["short", "long"])
def test_work_whose_delivery_is_lost_is_undone(
    make_embedded_world: MakeWorld, *, long: bool
) -> None:
    consumer = prober(Script(), long=long)
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


def steal(world: World, thief: Source) -> list[Delivery]:
    """Let the lease run out, and take the delivery: its owner may keep it for longer meanwhile."""

    def theft() -> list[Delivery]:
        world.clock.advance(2 * LEASE)
        return thief.take(1, 1)

    return until(theft, seconds=PATIENCE_SECONDS, what="the theft")


def test_work_that_outlives_its_lease_is_undone(make_embedded_world: MakeWorld) -> None:
    stolen: list[Delivery] = []

    def be_slow(_event: ProbeRequested, run: int) -> None:
        if run == 1:
            stolen.extend(steal(world, thief))

    script = Script(be_slow)
    consumer = prober(script)
    world = make_embedded_world(consumer)
    sent = world.accept(ProbeRequested(probe="x"))
    with closing(world.bus.source(consumer)) as thief, world.working(consumer):
        until(lambda: stolen, seconds=PATIENCE_SECONDS, what="the theft")
        assert stolen[0].seen
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
            stolen.extend(steal(world, thief))
            raise error

    consumer = prober(Script(fail_late))
    world = make_embedded_world(consumer)
    sent = world.accept(ProbeRequested(probe="x"))
    with closing(world.bus.source(consumer)) as thief, world.working(consumer):
        until(lambda: stolen, seconds=PATIENCE_SECONDS, what="the theft")
        until(
            lambda: world.tally.endings.total() >= 1, seconds=PATIENCE_SECONDS, what="the failure"
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
    begun, may_end, ended = Flag(), Flag(), Flag()

    def hold(_event: ProbeRequested, _run: int) -> None:
        begun.set()
        may_end.wait(PATIENCE_SECONDS)
        ended.set()

    consumer = prober(Script(hold), threads=4)
    world = make_world(consumer)
    world.accept(*probes(4))
    with world.working(consumer) as worker:
        assert begun.wait(PATIENCE_SECONDS)
        assert not worker.stop(0.5)
        # However long the goodbye to RabbitMQ takes, it does not wait for the work.
        assert not ended.is_set()
        may_end.set()
