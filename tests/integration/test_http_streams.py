"""Server-sent events: nothing missing, nothing twice, whatever happens meanwhile."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from consumers import answer_probe
from http_ingress.ports import Limits
from schemas.probes import ProbeRequested
from store.tables import events
from tests.equipment.ingress import Ingress, serving
from tests.equipment.streams import listening, told
from tests.equipment.world import World, open_world
from tests.services.waiting import until


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    with open_world([answer_probe.CONSUMER], database_url=database_url, folder=tmp_path) as world:
        yield world


@pytest.fixture
def ingress(world: World) -> Iterator[Ingress]:
    with serving(world, limits=Limits(heartbeat_seconds=0.2)) as ingress:
        yield ingress


def probe(world: World, name: str, payload: object = None) -> None:
    world.accept(ProbeRequested.model_validate({"probe": name, "payload": payload}))


def positions(world: World) -> list[int]:
    rows = world.database.query(select(events.c.position).order_by(events.c.position))
    return [row["position"] for row in rows]


def test_resuming_misses_nothing_and_repeats_nothing(world: World, ingress: Ingress) -> None:
    def write() -> None:
        for number in range(40):
            probe(world, str(number))

    writers = [threading.Thread(target=write) for _ in range(4)]
    seen: list[int] = []
    with listening(ingress, "?after=0") as messages:
        for writer in writers:
            writer.start()
        seen += [int(next(told(messages)).id) for _ in range(7)]
    while len(seen) < 160:
        with listening(ingress, last=seen[-1]) as messages:
            for message in told(messages):
                seen.append(int(message.id))
                if len(seen) % 23 == 0 or len(seen) == 160:
                    break
    for writer in writers:
        writer.join()
    assert seen == positions(world)


def test_without_a_position_a_stream_begins_now(world: World, ingress: Ingress) -> None:
    probe(world, "before")
    with listening(ingress) as messages:
        assert next(messages).id == str(positions(world)[-1])
        probe(world, "after")
        event = json.loads(next(told(messages)).data)
    assert event["data"] == {"probe": "after"}
    assert event["specversion"] == "1.0"


def test_an_event_is_one_line_however_it_was_written(ingress: Ingress) -> None:
    with listening(ingress, "?after=0") as messages:
        body = b'{\n  "probe": "p",\r\n  "payload": "a\\nb"\n}'
        headers = {"ce_specversion": "1.0", "ce_id": "1", "ce_source": "/t"}
        posted = ingress.caller.call(
            "POST", "/events", body, **headers, ce_type=ProbeRequested.TYPE
        )
        assert posted.status == 202
        message = next(told(messages))
    assert message.event == ProbeRequested.TYPE
    assert "\n" not in message.data
    assert json.loads(message.data)["data"] == {"probe": "p", "payload": "a\nb"}


def test_only_what_is_asked_for_is_sent_and_the_position_goes_on(
    world: World, ingress: Ingress
) -> None:
    probe(world, "one")
    with listening(ingress, "?after=0&type=file.%23") as messages:
        probe(world, "two")
        last = positions(world)[-1]
        alive = next(message for message in messages if message.id == str(last))
    assert alive.data == "", "a heartbeat moves the position over what was not asked for"


def test_what_is_no_longer_kept_is_named(world: World, ingress: Ingress) -> None:
    for number in range(5):
        probe(world, str(number))
    kept = positions(world)[3:]
    with world.database.transaction() as transaction:
        transaction.execute(delete(events).where(events.c.position < kept[0]))
    with listening(ingress, last=kept[0] - 3) as messages:
        gap, *rest = [next(told(messages)) for _ in range(3)]
    assert gap.event == "gap"
    assert json.loads(gap.data) == {"from": kept[0] - 3, "to": kept[0]}
    assert gap.id == str(kept[0] - 1)
    assert [int(message.id) for message in rest] == kept
    with listening(ingress, last=kept[0] - 1) as messages:
        assert next(told(messages)).id == str(kept[0]), "here nothing is missing"


def test_a_position_that_never_was_is_named(world: World, ingress: Ingress) -> None:
    probe(world, "one")
    last = positions(world)[-1]
    with listening(ingress, last=last + 1000) as messages:
        gap = next(told(messages))
        probe(world, "two")
        assert json.loads(next(told(messages)).data)["data"] == {"probe": "two"}
    assert (gap.event, gap.id) == ("gap", str(last))


def test_a_client_that_does_not_read_gets_everything_when_it_does(
    world: World, ingress: Ingress
) -> None:
    # More than what is kept in memory for all, and than any socket holds.
    with listening(ingress, "?after=0") as slow, listening(ingress, "?after=0") as quick:
        for number in range(250):
            probe(world, str(number), "x" * 60_000)
        expected = positions(world)
        for stream in (quick, slow):
            assert [int(next(told(stream)).id) for _ in expected] == expected


def test_what_another_process_writes_is_seen_soon(world: World, ingress: Ingress) -> None:
    delays = []
    with listening(ingress) as messages:
        next(messages)
        for number in range(5):
            began = time.monotonic()
            probe(world, str(number))
            next(told(messages))
            delays.append(time.monotonic() - began)
    assert min(delays) < 1


def test_more_streams_than_allowed_are_put_off(world: World) -> None:
    with serving(world, limits=Limits(most_streams=1)) as ingress, listening(ingress) as messages:
        next(messages)
        refused = until(
            lambda: busy(ingress), seconds=60, what="a refusal, once the first is counted"
        )
    assert refused


def busy(ingress: Ingress) -> bool:
    with closing(ingress.connect()) as connection:
        connection.sendall(b"GET /events/stream HTTP/1.1\r\nHost: x\r\n\r\n")
        return connection.recv(65536).startswith(b"HTTP/1.1 429 ")


def test_stopping_ends_the_streams(world: World) -> None:
    with ExitStack() as clients:
        with serving(world, drain_seconds=60) as ingress:
            messages = clients.enter_context(listening(ingress))
            next(messages)
            began = time.monotonic()
        assert time.monotonic() - began < 30, "requests get 60 s to finish, streams need none"
        assert list(told(messages)) == []
