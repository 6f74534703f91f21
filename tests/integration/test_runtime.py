# ruff: noqa: D102 - a test's name is its sentence
"""The runtime: every delivery comes to exactly one of its ends, in every world."""

from base64 import b64decode
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from threading import Event as Flag
from time import monotonic
from typing import Any

import pika
import pytest
from pydantic_core import from_json

from consumers.contract import Reject, RetryLater
from consumers.embedded import LEASE
from consumers.runtime.source import Delivery
from schemas.base import Event
from schemas.envelope import Envelope, to_amqp
from schemas.probes import ProbeAnswered, ProbeRequested
from store import tables
from store.errors import DatabaseUnavailableError, DeliveryLostError, ObjectsUnavailableError
from store.ports import Work
from tests.equipment.emptying import end_connections
from tests.equipment.making import MakeWorld
from tests.equipment.probing import NAME, QUICKLY, Script, prober, probes
from tests.equipment.sources import Intercepted
from tests.equipment.world import PATIENCE_SECONDS, World, open_world
from tests.services.private_postgresql import PrivatePostgreSQL
from tests.services.waiting import until


def check_once(world: World, sent: Sequence[Envelope]) -> None:
    """Check that each of the events had its effects, its inbox row and its answer once."""
    keys = sorted(one.key for one in sent)
    assert [row["event_key"] for row in world.rows(tables.probes)] == keys
    inbox = world.rows(tables.inbox)
    assert sorted(row["event_key"] for row in inbox) == keys
    answers = world.rows(tables.events, type=ProbeAnswered.TYPE)
    assert Counter(row["cause"] for row in answers) == Counter(keys)
    assert {row["outcome_key"] for row in inbox} == {row["key"] for row in answers}


# --- success --------------------------------------------------------------------------------------


def test_a_handled_event_has_effects_an_inbox_row_and_a_follow_on(make_world: MakeWorld) -> None:
    consumer = prober(Script())
    world = make_world(consumer)
    (sent,) = world.accept(ProbeRequested(probe="x"))
    world.work_off(consumer)
    check_once(world, [sent])
    (answer,) = world.rows(tables.events, type=ProbeAnswered.TYPE)
    (handled,) = world.rows(tables.inbox)
    assert (answer["entry"], answer["actor"]) == ("emitted", f"consumer:{NAME}")
    assert (answer["correlation"], answer["source"]) == (sent.key, "/tests")
    assert answer["data"] == '{"probe":"x","position":1}'
    assert (handled["consumer"], handled["outcome"], handled["attempt"]) == (NAME, "succeeded", 1)
    assert sent.time is not None
    assert sent.time <= handled["started_at"] <= handled["handled_at"] <= world.clock()
    assert world.tally.endings == {"succeeded": 1}


def test_deliveries_that_are_there_at_once_share_a_commit(make_world: MakeWorld) -> None:
    consumer = prober(Script(), batch=20, prefetch=40)
    world = make_world(consumer)
    sent = world.accept(*probes(40))
    world.work_off(consumer)
    check_once(world, sent)
    assert sum(world.tally.batches) == 40
    assert max(world.tally.batches) > 1


def test_several_threads_share_the_work(make_embedded_world: MakeWorld) -> None:
    consumer = prober(Script(), batch=5, threads=4)
    world = make_embedded_world(consumer)
    with world.working(consumer):
        sent = [one for _ in range(10) for one in world.accept(*probes(10))]
        world.wait_until_at_rest()
    check_once(world, sent)


def test_a_handler_may_have_nothing_to_say(make_embedded_world: MakeWorld) -> None:
    consumer = prober(lambda _event, _work: [])
    world = make_embedded_world(consumer)
    world.accept(ProbeRequested(probe="x"))
    world.work_off(consumer)
    (handled,) = world.rows(tables.inbox)
    assert (handled["outcome"], handled["outcome_key"]) == ("succeeded", None)


def test_who_waits_is_woken(make_world: MakeWorld) -> None:
    consumer = prober(Script(reject_bad))
    world = make_world(consumer)
    good, bad = world.accept(
        ProbeRequested(probe="good"), ProbeRequested(probe="bad"), replyto=world.waiters.address
    )
    woken = {good.key: Flag(), bad.key: Flag()}
    with (
        world.waiters.waiting(good.key, woken[good.key].set),
        world.waiters.waiting(bad.key, woken[bad.key].set),
        world.working(consumer),
    ):
        assert all(flag.wait(PATIENCE_SECONDS) for flag in woken.values())
        assert world.count(tables.inbox) == world.count(tables.parked) == 1


def reject_bad(event: ProbeRequested, _run: int) -> None:
    if event.probe == "bad":
        raise Reject("no such telescope")


# --- failing --------------------------------------------------------------------------------------


def test_a_rejection_parks_at_once_and_leaves_no_effects(make_world: MakeWorld) -> None:
    script = Script(reject_bad)
    consumer = prober(script)
    world = make_world(consumer)
    (sent,) = world.accept(ProbeRequested(probe="bad"))
    world.work_off(consumer)
    (parked,) = world.rows(tables.parked)
    (failure,) = world.rows(tables.failures)
    assert (parked["consumer"], parked["event_key"], parked["attempts"]) == (NAME, sent.key, 1)
    assert parked["reason"] == failure["error"] == "no such telescope"
    assert "reject_bad" in parked["traceback"]
    assert parked["message"] is None
    assert failure["retry_at"] is None
    assert script.runs == {"bad": 1}
    assert world.count(tables.probes) == world.count(tables.inbox) == 0
    assert world.count(tables.events) == 1
    assert world.tally.endings == {"parked": 1}


def test_later_costs_no_attempt(make_world: MakeWorld) -> None:
    def twice_not_yet(_event: ProbeRequested, run: int) -> None:
        if run <= 2:
            raise RetryLater(0.02)

    consumer = prober(Script(twice_not_yet), retry=replace(QUICKLY, attempts=1))
    world = make_world(consumer)
    sent = world.accept(ProbeRequested(probe="x"))
    world.work_off(consumer)
    check_once(world, sent)
    assert world.rows(tables.inbox)[0]["attempt"] == 1
    assert world.count(tables.failures) == 0
    assert world.tally.endings == {"postponed": 2, "succeeded": 1}


def test_an_error_is_tried_again_until_it_works(make_world: MakeWorld) -> None:
    def fail_twice(_event: ProbeRequested, run: int) -> None:
        if run <= 2:
            raise OSError("the dome is closed")

    consumer = prober(Script(fail_twice))
    world = make_world(consumer)
    sent = world.accept(ProbeRequested(probe="x"))
    world.work_off(consumer)
    check_once(world, sent)
    assert world.rows(tables.inbox)[0]["attempt"] == 3
    failures = world.rows(tables.failures)
    assert [row["attempt"] for row in failures] == [1, 2]
    assert {row["error"] for row in failures} == {"OSError: the dome is closed"}
    assert all(row["retry_at"] > row["failed_at"] for row in failures)
    assert world.count(tables.parked) == 0
    assert world.tally.endings == {"retried": 2, "succeeded": 1}


def test_an_error_parks_after_the_last_attempt_with_its_traceback(make_world: MakeWorld) -> None:
    def fail(_event: ProbeRequested, _run: int) -> None:
        raise OSError("the dome is closed")

    script = Script(fail)
    consumer = prober(script)
    world = make_world(consumer)
    world.accept(ProbeRequested(probe="x"))
    world.work_off(consumer)
    (parked,) = world.rows(tables.parked)
    assert (parked["reason"], parked["attempts"]) == ("OSError: the dome is closed", 3)
    assert parked["traceback"].startswith("Traceback (most recent call last):")
    assert parked["traceback"].endswith("OSError: the dome is closed\n")
    failures = [(row["attempt"], row["retry_at"] is None) for row in world.rows(tables.failures)]
    assert failures == [(1, False), (2, False), (3, True)]
    assert script.runs == {"x": 3}
    assert world.count(tables.probes) == world.count(tables.inbox) == 0
    assert world.tally.endings == {"retried": 2, "parked": 1}


def test_an_error_that_quotes_what_is_no_text_is_parked_like_any_other(
    make_embedded_world: MakeWorld,
) -> None:
    def fail(_event: ProbeRequested, _run: int) -> None:
        raise ValueError("a\x00b\udcff")

    consumer = prober(Script(fail), retry=replace(QUICKLY, attempts=2))
    world = make_embedded_world(consumer)
    world.accept(ProbeRequested(probe="x"))
    world.work_off(consumer)
    assert world.rows(tables.parked)[0]["reason"] == "ValueError: a\\x00b\\udcff"


def test_one_failing_event_of_a_batch_hurts_no_other(make_world: MakeWorld) -> None:
    script = Script(reject_bad)
    consumer = prober(script, batch=20, prefetch=20)
    world = make_world(consumer)
    events = probes(19)
    events.insert(7, ProbeRequested(probe="bad"))
    sent = world.accept(*events)
    world.work_off(consumer)
    check_once(world, [one for one in sent if one.subject != "bad"])
    assert [row["event_key"] for row in world.rows(tables.parked)] == [sent[7].key]
    assert world.tally.endings == {"succeeded": 19, "parked": 1}


def test_a_follow_on_that_is_not_declared_is_refused(make_embedded_world: MakeWorld) -> None:
    consumer = prober(Script(), publishes=(), retry=replace(QUICKLY, attempts=1))
    world = make_embedded_world(consumer)
    world.accept(ProbeRequested(probe="x"))
    world.work_off(consumer)
    assert world.rows(tables.parked)[0]["reason"] == (
        f"TypeError: {NAME} does not declare that it publishes {ProbeAnswered.TYPE}"
    )
    assert world.count(tables.probes) == 0
    assert world.count(tables.events) == 1


# --- what cannot be handled -----------------------------------------------------------------------


def test_invalid_data_is_parked_with_its_fields(make_embedded_world: MakeWorld) -> None:
    script = Script()
    consumer = prober(script)
    world = make_embedded_world(consumer)
    valid = world.stamp.put_on(ProbeRequested(probe="x"))
    (sent,) = world.accept(replace(valid, data=b'{"probe":5}'))
    world.work_off(consumer)
    (parked,) = world.rows(tables.parked)
    assert parked["event_key"] == sent.key
    assert "data.probe: " in parked["reason"]
    assert script.runs == {}


def test_an_event_of_another_type_is_parked(make_world: MakeWorld) -> None:
    consumer = prober(Script())
    world = make_world(consumer)
    valid = world.stamp.put_on(ProbeRequested(probe="x"))
    (strange,) = world.accept(replace(valid, type="muniment.strange.happened.v1"))
    world.deliver(strange, NAME)
    with world.working(consumer):
        world.wait_for(tables.parked, 1)
    assert world.rows(tables.parked)[0]["reason"] == (
        f"{NAME} does not listen to muniment.strange.happened.v1"
    )


def test_what_cannot_be_handled_holds_up_nothing(make_embedded_world: MakeWorld) -> None:
    consumer = prober(Script(), batch=20, prefetch=20)
    world = make_embedded_world(consumer)
    valid = world.stamp.put_on(ProbeRequested(probe="x"))
    sent = world.accept(*probes(3), replace(valid, data=b"[]"), *probes(3))
    world.work_off(consumer)
    check_once(world, [one for one in sent if one.data != b"[]"])
    assert world.tally.endings == {"succeeded": 6, "parked": 1}


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


# --- what is down ---------------------------------------------------------------------------------


def test_what_is_down_pauses_the_consumer_and_costs_nothing(make_world: MakeWorld) -> None:
    up = Flag()
    asked = Flag()

    def check() -> None:
        asked.set()
        if not up.is_set():
            raise ObjectsUnavailableError("object store: gone")

    script = Script(lambda _event, _run: check())
    consumer = prober(script, retry=replace(QUICKLY, attempts=1))
    world = make_world(consumer)
    sent = world.accept(*probes(3))
    with world.working(consumer, probes={"objects": check}):
        until(lambda: world.tally.pauses, seconds=PATIENCE_SECONDS, what="the pause")
        asked.clear()
        assert asked.wait(PATIENCE_SECONDS)
        assert world.tally.pauses == ["objects"]
        assert sum(script.runs.values()) == 1
        up.set()
        world.wait_until_at_rest()
    check_once(world, sent)
    assert {row["attempt"] for row in world.rows(tables.inbox)} == {1}
    assert world.count(tables.failures) == world.count(tables.parked) == 0
    assert world.tally.pauses == ["objects", None]
    assert world.tally.endings == {"released": 1, "succeeded": 3}


def test_a_bus_that_is_down_pauses_the_consumer(make_embedded_world: MakeWorld) -> None:
    consumer = prober(Script())
    world = make_embedded_world(consumer)
    failed: list[str] = []

    def fail_first(call: str) -> None:
        if call == "take" and not failed:
            failed.append(call)
            raise DatabaseUnavailableError("database: gone")

    sent = world.accept(ProbeRequested(probe="x"))
    with world.working(consumer, around=lambda source: Intercepted(source, before=fail_first)):
        world.wait_until_at_rest()
    check_once(world, sent)
    assert world.tally.pauses == ["database", None]
    assert world.tally.endings == {"succeeded": 1}


def test_a_database_that_goes_in_the_middle_of_the_work_costs_nothing(
    private_postgresql: PrivatePostgreSQL, tmp_path: Path
) -> None:
    def stop_once(_event: ProbeRequested, run: int) -> None:
        if run == 1:
            private_postgresql.stop()

    consumer = prober(Script(stop_once), retry=replace(QUICKLY, attempts=1))
    with (
        private_postgresql.fresh_database() as url,
        open_world([consumer], database_url=url, folder=tmp_path) as world,
    ):
        sent = world.accept(ProbeRequested(probe="x"))
        with world.working(consumer, probes={"database": world.database.check}):
            until(lambda: world.tally.pauses, seconds=PATIENCE_SECONDS, what="the pause")
            private_postgresql.start()
            world.clock.advance(2 * LEASE)  # it could not be handed back
            until(
                lambda: world.tally.endings["succeeded"],
                seconds=PATIENCE_SECONDS,
                what="the second run",
            )
        check_once(world, sent)
        assert world.rows(tables.inbox)[0]["attempt"] == 1
        assert world.count(tables.failures) == 0


def test_a_source_that_fails_unexpectedly_does_not_end_the_thread(
    make_embedded_world: MakeWorld,
) -> None:
    consumer = prober(Script())
    world = make_embedded_world(consumer)
    failed: list[str] = []

    def fail_first(call: str) -> None:
        if call == "take" and not failed:
            failed.append(call)
            raise ZeroDivisionError("a bug in the source")

    sent = world.accept(ProbeRequested(probe="x"))
    with world.working(consumer, around=lambda source: Intercepted(source, before=fail_first)):
        world.wait_until_at_rest()
    check_once(world, sent)
    assert failed == ["take"]


def test_a_batch_that_cannot_be_ended_comes_again(make_world: MakeWorld) -> None:
    consumer = prober(Script(), batch=5)
    world = make_world(consumer)
    failed: list[str] = []

    def fail_first(call: str) -> None:
        if call == "acknowledge" and not failed:
            failed.append(call)
            raise ZeroDivisionError("a bug in the source")

    sent = world.accept(*probes(5))
    with world.working(consumer, around=lambda source: Intercepted(source, before=fail_first)):
        world.wait_until_at_rest()
    check_once(world, sent)
    assert failed == ["acknowledge"]


def test_parking_that_fails_comes_again(make_embedded_world: MakeWorld) -> None:
    consumer = prober(Script())
    world = make_embedded_world(consumer)
    failed: list[str] = []

    def fail_first(call: str) -> None:
        if call == "settle" and not failed:
            failed.append(call)
            raise ZeroDivisionError("a bug in the source")

    valid = world.stamp.put_on(ProbeRequested(probe="x"))
    world.accept(replace(valid, data=b"{}"))
    with world.working(consumer, around=lambda source: Intercepted(source, before=fail_first)):
        world.wait_until_at_rest()
    assert failed == ["settle"]
    assert world.count(tables.parked) == 1


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


# --- in some worlds alone -------------------------------------------------------------------------


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


@pytest.mark.parametrize("make_world", ["postgresql"], indirect=True)
def test_a_database_that_drops_its_connections_costs_nothing(make_world: MakeWorld) -> None:
    script = Script()

    def handle(event: ProbeRequested, work: Work) -> Sequence[Event]:
        answers = script(event, work)
        work.files.newest(event.probe)  # the transaction is under way from here on
        if event.probe in {"5", "20"} and script.runs[event.probe] == 1:
            end_connections(make_world.database_url)
        return answers

    consumer = prober(handle, batch=5, retry=replace(QUICKLY, attempts=1))
    world = make_world(consumer)
    sent = world.accept(*probes(30))
    with world.working(consumer, probes={"database": world.database.check}):
        # The test's own connections are ended, too: nothing may be asked until the work is done.
        until(
            lambda: world.tally.endings["succeeded"] == 30,
            seconds=PATIENCE_SECONDS,
            what="all deliveries",
        )
    check_once(world, sent)
    assert world.count(tables.failures) == world.count(tables.parked) == 0
    assert world.tally.pauses == ["database", None] * 2
    assert world.tally.endings == {"released": 10, "succeeded": 30}


@pytest.mark.parametrize("make_world", ["rabbitmq"], indirect=True)
class TestFromOutside:
    """Messages that somebody else publishes on RabbitMQ."""

    def test_an_outsiders_event_is_written_down_first(self, make_world: MakeWorld) -> None:
        script = Script()
        consumer = prober(script, batch=5, prefetch=5)
        world = make_world(consumer)
        outsider = Envelope(
            id="17",
            source="/telescope",
            type=ProbeRequested.TYPE,
            causationid="made-up-by-them",
            replyto=world.waiters.address,
            attempt=2**31 - 1,
            extensions=(("night", "3"),),
            data=b'{"probe": "x"}',
        )
        publish(make_world.bus_url, *[to_amqp(outsider)] * 2)
        with world.working(consumer):
            until(
                lambda: world.tally.endings.total() == 2,
                seconds=PATIENCE_SECONDS,
                what="both deliveries",
            )
        check_once(world, [outsider])
        event, answer = world.rows(tables.events)
        assert (event["entry"], event["actor"], event["id"]) == ("observed", "amqp", "17")
        assert event["data"] == '{"probe": "x"}'
        assert event["time"] is not None
        assert event["envelope"] == '{"extensions":[["night","3"]]}'
        assert event["correlation"] == answer["correlation"] == "made-up-by-them"
        assert world.rows(tables.inbox)[0]["attempt"] == 1
        assert world.tally.endings == {"succeeded": 1, "repeated": 1}

    def test_an_outsiders_event_that_fails_is_tried_again(self, make_world: MakeWorld) -> None:
        def fail_once(_event: ProbeRequested, run: int) -> None:
            if run == 1:
                raise OSError("the dome is closed")

        consumer = prober(Script(fail_once))
        world = make_world(consumer)
        outsider = Envelope(id="17", source="/t", type=ProbeRequested.TYPE, data=b'{"probe":"x"}')
        publish(make_world.bus_url, to_amqp(outsider))
        with world.working(consumer):
            world.wait_for(tables.inbox, 1)
        check_once(world, [outsider])
        assert world.rows(tables.inbox)[0]["attempt"] == 2

    def test_what_is_no_event_is_parked_byte_for_byte(self, make_world: MakeWorld) -> None:
        consumer = prober(Script(), batch=5, prefetch=5)
        world = make_world(consumer)
        bodies = [b"\xff\x00", b'{"probe":"a\x00b"}', b'{"probe":NaN}', b"{"]
        good = Envelope(id="17", source="/t", type=ProbeRequested.TYPE, data=b'{"probe":"x"}')
        headers = to_amqp(good)[0]
        publish(make_world.bus_url, *[(headers, body) for body in bodies], to_amqp(good))
        publish(make_world.bus_url, ({"content_type": "text/plain", "headers": {}}, b"hello"))
        with world.working(consumer):
            world.wait_for(tables.parked, 5)
            world.wait_for(tables.inbox, 1)
        parked = world.rows(tables.parked)
        assert {row["event_key"] for row in parked} == {None}
        kept = [from_json(row["message"]) for row in parked]
        assert sorted(b64decode(one["body_base64"]) for one in kept) == sorted([*bodies, b"hello"])
        assert all(row["reason"].startswith("no CloudEvent: ") for row in parked)
        assert world.count(tables.events) == 2
        assert world.tally.endings == {"parked": 5, "succeeded": 1}


def publish(url: str, *messages: tuple[dict[str, Any], bytes]) -> None:
    """Publish messages to the queue, as some other client does."""
    with closing(pika.BlockingConnection(pika.URLParameters(url))) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        for properties, body in messages:
            known = pika.BasicProperties(**properties)
            channel.basic_publish("", NAME, body, known)
