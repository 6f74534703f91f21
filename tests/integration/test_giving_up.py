# ruff: noqa: D102 - a test's name is its sentence
"""The last try of a consumer that has an answer for whoever asked: that, in place of parking."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from threading import Event as Flag
from typing import Any

import pytest
from sqlalchemy import update

from consumers.contract import Consumer, Reject, RetryPolicy
from schemas.base import Event
from schemas.datasets import DatasetFailed
from schemas.probes import ProbeAnswered, ProbeRequested
from store import tables
from store.errors import ObjectsUnavailableError, SourceUnavailableError
from store.ports import Work
from tests.equipment.making import MakeWorld
from tests.equipment.probing import QUICKLY, Script, prober
from tests.equipment.world import PATIENCE_SECONDS, World

ONE_IS_ENOUGH = pytest.mark.parametrize("make_world", ["sqlite"], indirect=True)
LONG = pytest.mark.parametrize("long", [False, True])
GiveUp = Callable[[ProbeRequested, Work, Exception], Sequence[Event]]


def fail(_event: ProbeRequested, _run: int) -> None:
    raise OSError("the dome is closed")


def refuse(event: ProbeRequested, work: Work, error: Exception) -> Sequence[Event]:
    """Say that it failed, as an event whose outcome is a failure."""
    work.probes.add(work.key, event.probe, work.now)
    return [DatasetFailed(resource_id=event.probe, kind="url", host="h", reason=str(error))]


def giving_up(
    give_up: GiveUp,
    act: Callable[[ProbeRequested, int], None] = fail,
    **options: Any,  # noqa: ANN401 - those of Consumer
) -> tuple[Consumer[ProbeRequested], Script]:
    script = Script(act)
    publishes = (ProbeAnswered, DatasetFailed)
    return prober(script, give_up=give_up, publishes=publishes, **options), script


def work_off(make_world: MakeWorld, consumer: Consumer[ProbeRequested]) -> World:
    """Have one event brought to its end."""
    world = make_world(consumer)
    world.accept(ProbeRequested(probe="x"))
    with world.working(consumer):
        world.wait_until_at_rest()
    assert world.rows(tables.leases) == []
    return world


@LONG
def test_what_follows_from_the_last_failure_takes_the_place_of_parking(
    make_world: MakeWorld,
    long: bool,  # noqa: FBT001 - a parameter
) -> None:
    consumer, script = giving_up(refuse, long=long)
    world = work_off(make_world, consumer)
    assert script.runs == {"x": QUICKLY.attempts}
    (handled,) = world.rows(tables.inbox)
    (told,) = world.rows(tables.events, type=DatasetFailed.TYPE)
    assert (handled["outcome"], handled["outcome_key"]) == ("failed", told["key"])
    assert handled["attempt"] == QUICKLY.attempts
    assert told["actor"] == f"consumer:{consumer.name}"
    # What the tries did is undone; what was done in giving up is not.
    assert world.count(tables.probes) == 1
    assert [row["attempt"] for row in world.rows(tables.failures)] == [1, 2]
    assert world.count(tables.parked) == 0
    assert +world.tally.endings == {"retried": 2, "failed": 1}


@ONE_IS_ENOUGH
class TestAnsweringOnTheLastTry:
    """The consumer is asked once, and need not have an answer."""

    def test_it_is_told_the_error(self, make_world: MakeWorld) -> None:
        told = []

        def remember(_event: ProbeRequested, _work: Work, error: Exception) -> Sequence[Event]:
            told.append(error)
            return []

        consumer, _ = giving_up(remember)
        work_off(make_world, consumer)
        assert [(type(error), str(error)) for error in told] == [(OSError, "the dome is closed")]

    @LONG
    def test_without_an_answer_it_is_parked(
        self,
        make_world: MakeWorld,
        long: bool,  # noqa: FBT001 - a parameter
    ) -> None:
        def say_nothing(event: ProbeRequested, work: Work, _error: Exception) -> Sequence[Event]:
            work.probes.add(work.key, event.probe, work.now)
            return []

        consumer, _ = giving_up(say_nothing, long=long)
        world = work_off(make_world, consumer)
        check_parked(world)

    @LONG
    @pytest.mark.parametrize("undeclared", [False, True])
    def test_an_answer_that_fails_is_none(
        self,
        make_world: MakeWorld,
        long: bool,  # noqa: FBT001 - a parameter
        undeclared: bool,  # noqa: FBT001
    ) -> None:
        def stumble(event: ProbeRequested, work: Work, _error: Exception) -> Sequence[Event]:
            work.probes.add(work.key, event.probe, work.now)
            if undeclared:
                return [event]
            raise ZeroDivisionError

        consumer, _ = giving_up(stumble, long=long)
        world = work_off(make_world, consumer)
        check_parked(world)

    def test_a_rejection_is_parked_unasked(self, make_world: MakeWorld) -> None:
        def reject(_event: ProbeRequested, _run: int) -> None:
            raise Reject("no such telescope")

        consumer, script = giving_up(refuse, reject)
        world = work_off(make_world, consumer)
        assert [row["reason"] for row in world.rows(tables.parked)] == ["no such telescope"]
        assert world.count(tables.inbox) == world.count(tables.probes) == 0
        assert script.runs == {"x": 1}

    @LONG
    def test_it_waits_for_what_is_down(
        self,
        make_world: MakeWorld,
        long: bool,  # noqa: FBT001 - a parameter
    ) -> None:
        asked = []

        def refuse_later(event: ProbeRequested, work: Work, error: Exception) -> Sequence[Event]:
            asked.append(error)
            if len(asked) == 1:
                raise ObjectsUnavailableError("the object store is away")
            return refuse(event, work, error)

        consumer, _ = giving_up(refuse_later, long=long)
        world = work_off(make_world, consumer)
        assert len(asked) == 2
        # Before that, the bus may have been waited for: to connect can take its time.
        assert world.tally.pauses[-2:] == ["objects", None]
        assert [row["outcome"] for row in world.rows(tables.inbox)] == ["failed"]
        assert world.count(tables.parked) == 0

    def test_one_of_a_batch_is_given_up_and_the_others_are_handled(
        self, make_world: MakeWorld
    ) -> None:
        def fail_one(event: ProbeRequested, _run: int) -> None:
            if event.probe == "bad":
                raise OSError("the dome is closed")

        consumer, _ = giving_up(refuse, fail_one, batch=5, prefetch=5)
        world = make_world(consumer)
        world.accept(*(ProbeRequested(probe=name) for name in ("a", "bad", "b")))
        world.work_off(consumer)
        outcomes = sorted(row["outcome"] for row in world.rows(tables.inbox))
        assert outcomes == ["failed", "succeeded", "succeeded"]
        assert world.count(tables.probes) == 3

    def test_an_owner_taken_for_dead_gives_nothing_up(self, make_world: MakeWorld) -> None:
        asked = []

        def lose_and_refuse(event: ProbeRequested, work: Work, error: Exception) -> Sequence[Event]:
            asked.append(error)
            if len(asked) == 1:
                with world.database.transaction() as transaction:
                    past = world.clock() - timedelta(days=1)
                    transaction.execute(update(tables.leases).values(until=past))
                assert world.sweeper.sweep() == 1
            return refuse(event, work, error)

        consumer, script = giving_up(lose_and_refuse, long=True, retry=RetryPolicy(attempts=1))
        world = make_world(consumer)
        world.accept(ProbeRequested(probe="x"))
        world.work_off(consumer)
        assert (len(asked), script.runs) == (2, {"x": 2})
        assert world.count(tables.events, type=DatasetFailed.TYPE) == 1
        assert world.count(tables.probes) == world.count(tables.inbox) == 1
        assert world.count(tables.parked) == 0

    def test_who_waits_is_woken(self, make_world: MakeWorld) -> None:
        consumer, _ = giving_up(refuse, retry=RetryPolicy(attempts=1))
        world = make_world(consumer)
        (sent,) = world.accept(ProbeRequested(probe="x"), replyto=world.waiters.address)
        woken = Flag()
        with world.waiters.waiting(sent.key, woken.set), world.working(consumer):
            assert woken.wait(PATIENCE_SECONDS)
            assert world.count(tables.inbox, outcome="failed") == 1


@ONE_IS_ENOUGH
@pytest.mark.parametrize(
    ("asked", "seconds"), [(None, 0.015), (0, 0.015), (0.001, 0.015), (120, 120), (10**9, 3600)]
)
def test_a_source_says_when_it_wants_to_be_asked_again_within_an_hour(
    make_world: MakeWorld, asked: float | None, seconds: float
) -> None:
    def busy(_event: ProbeRequested, run: int) -> None:
        if run == 1:
            raise SourceUnavailableError("too many telescopes", asked)

    consumer = prober(Script(busy))
    world = make_world(consumer)
    world.accept(ProbeRequested(probe="x"))
    with world.working(consumer):
        world.wait_for(tables.failures, 1)
        world.clock.advance(timedelta(seconds=seconds))
        world.wait_until_at_rest()
    (failure,) = world.rows(tables.failures)
    assert failure["retry_at"] - failure["failed_at"] == timedelta(seconds=seconds)
    (handled,) = world.rows(tables.inbox)
    assert handled["attempt"] == 2


def check_parked(world: World) -> None:
    """It is parked with what it failed of in the first place, and nothing else has happened."""
    (parked,) = world.rows(tables.parked)
    assert (parked["reason"], parked["attempts"]) == ("OSError: the dome is closed", 3)
    assert world.count(tables.probes) == world.count(tables.inbox) == 0
    assert world.count(tables.events) == 1
    assert world.tally.endings == {"retried": 2, "parked": 1}
