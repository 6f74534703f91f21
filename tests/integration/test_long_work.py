"""Long work: it holds no delivery, survives its process, and is committed by one owner only."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from threading import Event as Flag

import pytest
from sqlalchemy import update

from consumers.contract import Consumer
from schemas.base import Event
from schemas.probes import ProbeAnswered, ProbeRequested
from store import tables
from store.errors import ObjectsUnavailableError
from store.ports import Work
from tests.equipment.making import MakeWorld
from tests.equipment.probing import check_once, prober
from tests.equipment.world import PATIENCE_SECONDS, World
from tests.services.waiting import until

Steps = Callable[[Work, int], None]
"""What is done before the effects: takes the work, and which run it is, from 1."""


def laborious(steps: Steps, **options: object) -> Consumer[ProbeRequested]:
    """Return a consumer of long work, whose effects come at its end."""
    runs = iter(range(1, 1000))

    def handle(event: ProbeRequested, work: Work) -> Sequence[Event]:
        steps(work, next(runs))
        work.probes.add(work.key, event.probe, work.now)
        return [ProbeAnswered(probe=event.probe, position=work.position)]

    return prober(handle, long=True, **options)


def lease(world: World) -> dict[str, object]:
    (row,) = world.rows(tables.leases)
    return row


def test_it_holds_no_delivery_and_shows_how_far_it_is(make_world: MakeWorld) -> None:
    reached, go_on = Flag(), Flag()

    def steps(work: Work, _run: int) -> None:
        work.progress(30, 100, "rows")
        reached.set()
        assert go_on.wait(PATIENCE_SECONDS)

    consumer = laborious(steps)
    world = make_world(consumer)
    sent = world.accept(ProbeRequested(probe="x"))
    with world.working(consumer):
        assert reached.wait(PATIENCE_SECONDS)
        until(lambda: lease(world)["done"] == 30, seconds=PATIENCE_SECONDS, what="progress")
        row = lease(world)
        assert (row["total"], row["unit"], row["attempt"], row["token"]) == (100, "rows", 1, 1)
        assert world.count(tables.deliveries) == 0
        assert all(depth.ready == 0 and not depth.held for depth in world.bus.queues())
        go_on.set()
        world.wait_until_at_rest()
    check_once(world, sent)
    assert world.rows(tables.leases) == []


def test_the_next_try_goes_on_from_the_last_checkpoint(make_world: MakeWorld) -> None:
    seen = []

    def steps(work: Work, run: int) -> None:
        seen.append(work.resumed)
        work.checkpoint({"page": run})
        if run < 3:
            raise ConnectionError("the catalogue went away")

    consumer = laborious(steps)
    world = make_world(consumer)
    sent = world.accept(ProbeRequested(probe="x"))
    world.work_off(consumer)
    check_once(world, sent)
    assert seen == [None, {"page": 1}, {"page": 2}]
    assert [row["attempt"] for row in world.rows(tables.failures)] == [1, 2]
    assert world.rows(tables.leases) == []


def test_what_a_dead_process_held_is_brought_back(make_world: MakeWorld) -> None:
    seen = []
    consumer = laborious(lambda work, _run: seen.append(work.resumed))
    world = make_world(consumer)
    (sent,) = world.accept(ProbeRequested(probe="x"))
    with world.database.transaction() as transaction:
        transaction.insert(
            tables.leases,
            [
                {
                    "consumer": consumer.name,
                    "event_key": sent.key,
                    "attempt": 1,
                    "token": 7,
                    "owner": "dead.1",
                    "until": world.clock() - timedelta(seconds=1),
                    "crashes": 0,
                    "began_at": world.clock(),
                    "checkpoint": '{"page":5}',
                }
            ],
        )
    with world.working(consumer):
        # The delivery itself is a copy by now: the row stands for it.
        until(
            lambda: world.tally.endings["repeated"] == 1, seconds=PATIENCE_SECONDS, what="the copy"
        )
        assert seen == []
        assert world.sweeper.sweep() == 1
        assert world.sweeper.sweep() == 0
        world.wait_until_at_rest()
    assert seen == [{"page": 5}]
    check_once(world, [sent])
    assert world.count(tables.failures) == 0


def test_an_owner_taken_for_dead_commits_nothing_when_it_wakes_up(make_world: MakeWorld) -> None:
    def steps(_work: Work, run: int) -> None:
        if run == 1:
            take_for_dead(world)

    consumer = laborious(steps)
    world = make_world(consumer)
    sent = world.accept(ProbeRequested(probe="x"))
    world.work_off(consumer)
    check_once(world, sent)


def take_for_dead(world: World) -> None:
    """Have the one owner swept away: it may say meanwhile that it lives."""

    def swept() -> int:
        with world.database.transaction() as transaction:
            past = world.clock() - timedelta(days=1)
            transaction.execute(update(tables.leases).values(until=past))
        return world.sweeper.sweep()

    assert until(swept, seconds=PATIENCE_SECONDS, what="the sweep") == 1


def test_an_owner_taken_for_dead_learns_it_at_its_next_checkpoint(
    make_embedded_world: MakeWorld,
) -> None:
    reached: list[tuple[int, object]] = []

    def steps(work: Work, run: int) -> None:
        if run == 1:
            take_for_dead(world)
            work.checkpoint("too late")
        reached.append((run, work.resumed))

    consumer = laborious(steps)
    world = make_embedded_world(consumer)
    sent = world.accept(ProbeRequested(probe="x"))
    world.work_off(consumer)
    check_once(world, sent)
    assert reached == [(2, None)]


def test_a_copy_of_the_delivery_starts_no_second_run(make_world: MakeWorld) -> None:
    runs = []

    def steps(_work: Work, run: int) -> None:
        runs.append(run)
        world.deliver(sent, consumer.name)
        until(
            lambda: world.tally.endings["repeated"] == 1,
            seconds=PATIENCE_SECONDS,
            what="the copy to be recognised",
        )

    consumer = laborious(steps, threads=2)
    world = make_world(consumer)
    (sent,) = world.accept(ProbeRequested(probe="x"))
    world.work_off(consumer)
    check_once(world, [sent])
    assert runs == [1]


def test_a_stopping_process_hands_back_at_the_next_checkpoint(make_world: MakeWorld) -> None:
    reached = Flag()
    seen = []

    def steps(work: Work, run: int) -> None:
        seen.append(work.resumed)
        page = 0
        while run == 1:
            page += 1
            work.checkpoint(page)
            reached.set()

    consumer = laborious(steps)
    world = make_world(consumer)
    (sent,) = world.accept(ProbeRequested(probe="x"))
    with world.working(consumer):
        assert reached.wait(PATIENCE_SECONDS)
    assert world.count(tables.inbox) == 0
    world.work_off(consumer)
    check_once(world, [sent])
    assert seen[0] is None
    assert isinstance(seen[1], int)
    assert world.count(tables.failures) == 0
    assert world.rows(tables.inbox)[0]["attempt"] == 1


def test_work_that_does_not_end_in_time_is_handed_back_and_commits_nothing(
    make_world: MakeWorld,
) -> None:
    reached, go_on, gone = Flag(), Flag(), Flag()

    def steps(_work: Work, run: int) -> None:
        if run == 1:
            reached.set()
            assert go_on.wait(PATIENCE_SECONDS)
            gone.set()

    consumer = laborious(steps)
    world = make_world(consumer)
    sent = world.accept(ProbeRequested(probe="x"))
    with world.working(consumer) as worker:
        assert reached.wait(PATIENCE_SECONDS)
        assert not worker.stop(0.1)
        with world.working(consumer):
            world.wait_until_at_rest()
        go_on.set()
        assert gone.wait(PATIENCE_SECONDS)
    check_once(world, sent)


def test_a_dependency_that_is_down_costs_no_attempt(make_world: MakeWorld) -> None:
    def steps(_work: Work, run: int) -> None:
        if run == 1:
            raise ObjectsUnavailableError("the object store is away")

    consumer = laborious(steps)
    world = make_world(consumer)
    sent = world.accept(ProbeRequested(probe="x"))
    world.work_off(consumer)
    check_once(world, sent)
    # Before that, the broker may have been waited for: to connect can take its time.
    assert world.tally.pauses[-2:] == ["objects", None]
    assert world.tally.pauses.count("objects") == 1
    assert world.count(tables.failures) == 0


def test_a_busy_process_takes_no_more_than_it_works_on(make_world: MakeWorld) -> None:
    reached, go_on = Flag(), Flag()

    def steps(_work: Work, _run: int) -> None:
        reached.set()
        assert go_on.wait(PATIENCE_SECONDS)

    consumer = laborious(steps)
    world = make_world(consumer)
    sent = world.accept(*(ProbeRequested(probe=str(number)) for number in range(3)))
    with world.working(consumer):
        assert reached.wait(PATIENCE_SECONDS)
        until(
            lambda: sum(depth.ready for depth in world.bus.queues()) == 2,
            seconds=PATIENCE_SECONDS,
            what="the others to be free for other processes",
        )
        go_on.set()
        world.wait_until_at_rest()
    check_once(world, sent)


def test_only_long_work_has_checkpoints(make_embedded_world: MakeWorld) -> None:
    errors = []

    def handle(_event: ProbeRequested, work: Work) -> Sequence[Event]:
        with pytest.raises(RuntimeError) as caught:
            work.checkpoint(1)
        errors.append(str(caught.value))
        with pytest.raises(RuntimeError) as caught:
            work.progress(1, 2, "x")
        errors.append(str(caught.value))
        return []

    consumer = prober(handle)
    world = make_embedded_world(consumer)
    world.accept(ProbeRequested(probe="x"))
    world.work_off(consumer)
    assert len(errors) == 2
    assert all("long=True" in error for error in errors)


def test_a_checkpoint_after_the_first_row_is_refused(make_embedded_world: MakeWorld) -> None:
    refused = []

    def handle(event: ProbeRequested, work: Work) -> Sequence[Event]:
        work.uploads.get("none")
        with pytest.raises(RuntimeError, match="before the first row"):
            work.checkpoint(1)
        refused.append(event.probe)
        return []

    consumer = prober(handle, long=True)
    world = make_embedded_world(consumer)
    world.accept(ProbeRequested(probe="x"))
    world.work_off(consumer)
    assert refused == ["x"]


def test_long_work_is_not_done_in_batches() -> None:
    with pytest.raises(ValueError, match="batches"):
        prober(lambda _event, _work: [], long=True, batch=2)
