"""The runtime: every delivery comes to exactly one of its ends, in every world."""

from dataclasses import replace
from threading import Event as Flag

from consumers.contract import Reject, RetryLater
from schemas.probes import ProbeAnswered, ProbeRequested
from store import tables
from tests.equipment.making import MakeWorld
from tests.equipment.probing import NAME, QUICKLY, Script, check_once, prober, probes
from tests.equipment.world import PATIENCE_SECONDS

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
    with world.database.transaction() as transaction:
        world.bus.ledger.outlet.schedule(transaction, NAME, strange, world.clock())
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
