"""Operations over HTTP: how far they are, what they wait for, live until their end."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from consumers import answer_probe
from http_ingress.ports import Limits
from producers.client import Client
from schemas.envelope import Envelope
from schemas.probes import ProbeRequested
from store import leases
from store.leases import Held, Progress, Span
from tests.equipment.ingress import Ingress, serving
from tests.equipment.streams import following
from tests.equipment.world import World, open_world

NAME = "answer-probe"


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    with open_world([answer_probe.CONSUMER], database_url=database_url, folder=tmp_path) as world:
        yield world


@pytest.fixture
def ingress(world: World) -> Iterator[Ingress]:
    with serving(world) as ingress:
        yield ingress


def lease(world: World, asked: Envelope) -> Held:
    """Begin long work on an event."""
    now = world.clock()
    with world.database.transaction() as transaction:
        span = Span(now, now + timedelta(minutes=5))
        held = leases.acquire(transaction, asked, NAME, "host.1", span)
    assert held is not None
    return held


def progress(world: World, held: Held, done: int, total: int | None) -> None:
    """Say how far it is."""
    until_then = world.clock() + timedelta(minutes=5)
    with world.database.transaction() as transaction:
        assert leases.beat(transaction, held, until_then, Progress(done, total, "rows"))


def test_an_operation_says_how_far_it_is(world: World, ingress: Ingress) -> None:
    [asked] = world.accept(ProbeRequested(probe="x"))
    held = lease(world, asked)
    for done, total, percent in ((0, 8, 0), (6, 8, 75), (9, 8, 100), (3, None, None), (0, 0, None)):
        progress(world, held, done, total)
        told = ingress.caller.call("GET", f"/operations/{asked.key}").json
        assert told["state"] == "running"
        assert told["progress"] == {
            "done": done,
            "total": total,
            "unit": "rows",
            "percent": percent,
        }
    assert told["waiting_for"][0] == f"{NAME}: host.1 works on it, 0 of 0 rows"


def test_an_operation_says_what_it_waits_for_until_it_has_ended(
    world: World, ingress: Ingress
) -> None:
    [asked] = world.accept(ProbeRequested(probe="x"))
    told = ingress.caller.call("GET", f"/operations/{asked.key}").json
    assert told["waiting_for"] == [
        f"queue {NAME}: no process runs {NAME}; 1 ready in the queue",
    ]
    assert told["tree"] is None
    world.work_off(answer_probe.CONSUMER)
    told = ingress.caller.call("GET", f"/operations/{asked.key}").json
    assert (told["state"], told["waiting_for"], told["tree"]) == ("succeeded", [], None)


def test_an_operation_is_shown_with_its_tree_when_asked_for(world: World, ingress: Ingress) -> None:
    [asked] = world.accept(ProbeRequested(probe="x"))
    world.work_off(answer_probe.CONSUMER)
    told = ingress.caller.call("GET", f"/operations/{asked.key}?tree=true").json
    assert told["tree"] == ingress.caller.call("GET", f"/events/{asked.key}/why").json
    [request, answer] = told["tree"]["steps"]
    assert (request["entry"], request["actor"]) == ("accepted", "user:test")
    assert [one["consumer"] for one in request["handled"]] == [NAME]
    assert [one["text"] for one in request["effects"]] == ["answer to 'x'"]
    assert answer["cause"] == asked.key
    assert ingress.caller.call("GET", f"/operations/{asked.key}?three=true").status == 400


def test_an_operation_can_be_followed_to_its_end(world: World, ingress: Ingress) -> None:
    [asked] = world.accept(ProbeRequested(probe="x"))
    with following(ingress, asked.key) as told:
        assert next(told)["state"] == "accepted"
        held = lease(world, asked)
        assert next(told)["state"] == "running"
        progress(world, held, 1, 4)
        assert next(told)["progress"]["percent"] == 25
        progress(world, held, 2, 4)
        assert next(told)["progress"]["percent"] == 50
        with world.database.transaction() as transaction:
            assert leases.give_up(transaction, held)
        world.work_off(answer_probe.CONSUMER)
        rest = list(told)
        assert [one["state"] for one in rest][-1] == "succeeded"
        assert rest[-1]["outcome"]["type"] == "muniment.probe.answered.v1"


def test_who_follows_what_has_ended_is_told_so_and_let_go(world: World, ingress: Ingress) -> None:
    [asked] = world.accept(ProbeRequested(probe="x"))
    world.work_off(answer_probe.CONSUMER)
    with following(ingress, asked.key) as told:
        assert [one["state"] for one in told] == ["succeeded"]


def test_more_followers_than_there_may_be_are_sent_away(world: World) -> None:
    [asked] = world.accept(ProbeRequested(probe="x"))
    with serving(world, limits=Limits(most_streams=1)) as ingress:
        stream = "text/event-stream"
        with following(ingress, asked.key) as told:
            next(told)
            refused = ingress.caller.call("GET", f"/operations/{asked.key}", accept=stream)
            assert (refused.status, refused.headers["retry-after"] != "") == (429, True)
        unknown = ingress.caller.call("GET", "/operations/unknown", accept=stream)
        assert unknown.status == 404


def test_a_server_that_stops_lets_its_followers_go(world: World) -> None:
    [asked] = world.accept(ProbeRequested(probe="x"))
    with serving(world) as ingress:
        stream = following(ingress, asked.key)
        told = stream.__enter__()
        assert next(told)["state"] == "accepted"
    assert list(told) == []
    stream.__exit__(None, None, None)


def test_the_sdk_knows_progress_and_what_is_waited_for(world: World, ingress: Ingress) -> None:
    [asked] = world.accept(ProbeRequested(probe="x"))
    with Client(ingress.url, ingress.token) as client:
        assert "no process runs" in client.operation(asked.key).waiting_for[0]
        held = lease(world, asked)
        progress(world, held, 1, 4)
        operation = client.operation(asked.key)
        assert (operation.state, operation.ended) == ("running", False)
        assert operation.progress is not None
        assert (operation.progress.done, operation.progress.total) == (1, 4)
