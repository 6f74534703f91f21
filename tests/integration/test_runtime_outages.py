"""What is down, and what fails where nothing should: consumers wait, go on and lose nothing."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event as Flag

import pytest

from consumers.embedded import LEASE
from schemas.base import Event
from schemas.probes import ProbeRequested
from store import tables
from store.errors import DatabaseUnavailableError, ObjectsUnavailableError
from store.ports import Work
from tests.equipment.emptying import end_connections
from tests.equipment.making import MakeWorld
from tests.equipment.probing import QUICKLY, Script, check_once, prober, probes
from tests.equipment.sources import Intercepted
from tests.equipment.world import PATIENCE_SECONDS, open_world
from tests.services.private_postgresql import PrivatePostgreSQL
from tests.services.waiting import until


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
        until(lambda: "objects" in world.tally.pauses, seconds=PATIENCE_SECONDS, what="the pause")
        asked.clear()
        assert asked.wait(PATIENCE_SECONDS)
        assert world.tally.pauses[-1] == "objects"
        assert sum(script.runs.values()) == 1
        up.set()
        world.wait_until_at_rest()
    check_once(world, sent)
    assert {row["attempt"] for row in world.rows(tables.inbox)} == {1}
    assert world.count(tables.failures) == world.count(tables.parked) == 0
    # Before that, the broker may have been waited for: to connect can take its time.
    assert world.tally.pauses[-2:] == ["objects", None]
    assert world.tally.pauses.count("objects") == 1
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
