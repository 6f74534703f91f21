"""A consumer that watches every event: it gets them all, and nobody waits for it."""

from collections.abc import Sequence
from threading import Event as Flag

import pytest

from consumers.contract import Consumer
from schemas.base import Event
from schemas.envelope import Envelope, to_amqp
from schemas.probes import ProbeRequested
from schemas.routing import REQUESTS, UNROUTED
from store import tables
from store.operations import Operation, operation
from store.ports import Work
from tests import foreign_amqp as foreign
from tests.equipment.making import MakeWorld
from tests.equipment.probing import NAME, QUICKLY, Script, prober
from tests.equipment.world import PATIENCE_SECONDS, World
from tests.services.waiting import until

WATCHER = "update-stats"


def watch(_event: Envelope, _work: Work) -> Sequence[Event]:
    return []


def state(world: World, key: str) -> Operation:
    found = operation(world.database, key)
    assert found is not None
    return found


def test_it_hears_of_requests_and_facts_and_ends_no_operation(make_world: MakeWorld) -> None:
    heard = []

    def listen(event: Envelope, _work: Work) -> Sequence[Event]:
        heard.append(event.type)
        return []

    watcher, owner = Consumer(WATCHER, Envelope, listen), prober(Script())
    world = make_world(owner, watcher)
    (sent,) = world.accept(ProbeRequested(probe="x"), replyto=world.waiters.address)
    woken = Flag()
    with world.waiters.waiting(sent.key, woken.set):
        with world.working(watcher):
            until(
                lambda: world.tally.endings["succeeded"] == 1,
                seconds=PATIENCE_SECONDS,
                what="the watcher",
            )
        # It has ended, and its last words would have been to ring.
        assert not woken.is_set()
        assert state(world, sent.key).state == "accepted"
        with world.working(owner), world.working(watcher):
            assert woken.wait(PATIENCE_SECONDS)
            world.wait_for(tables.inbox, 2, consumer=WATCHER)
    ended = state(world, sent.key)
    (handled,) = world.rows(tables.inbox, consumer=NAME)
    assert (ended.state, ended.ended_at) == ("succeeded", handled["handled_at"])
    assert heard == ["muniment.probe.requested.v1", "muniment.probe.answered.v1"]


def test_its_failures_are_none_of_the_operations(make_world: MakeWorld) -> None:
    states = []

    def fail(event: Envelope, _work: Work) -> Sequence[Event]:
        states.append(state(world, event.key).state)
        raise ConnectionError("no")

    watcher, owner = Consumer(WATCHER, Envelope, fail, retry=QUICKLY), prober(Script())
    world = make_world(owner, watcher)
    (sent,) = world.accept(ProbeRequested(probe="x"))
    with world.working(watcher):
        world.wait_for(tables.parked, 1)
    states.append(state(world, sent.key).state)
    assert states == ["accepted"] * (QUICKLY.attempts + 1)
    with world.working(owner):
        world.wait_for(tables.inbox, 1)
    assert state(world, sent.key).state == "succeeded"


@pytest.mark.parametrize("make_world", ["rabbitmq"], indirect=True)
def test_a_request_that_nobody_owns_is_found_among_the_unrouted(make_world: MakeWorld) -> None:
    watcher = Consumer(WATCHER, Envelope, watch)
    world = make_world(prober(Script()), watcher)
    unknown = Envelope(id="17", source="/t", type="muniment.tea.requested.v1", data=b"{}")
    properties, body = to_amqp(unknown)
    foreign.publish(make_world.bus_url, REQUESTS, "tea.requested.v1", body, **properties)
    (message,) = foreign.empty(make_world.bus_url, UNROUTED)
    assert message.body == body
    assert [one.ready for one in world.bus.queues()] == [0, 0]
