"""Broker and database away while requests come in: what is promised then, and kept afterwards."""

import json
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from consumers.registry import CONSUMERS
from ops.wiring import System, system
from schemas.probes import ProbeRequested
from tests.equipment.installations import Answer, Caller, settings_of
from tests.services.private_postgresql import PrivatePostgreSQL
from tests.services.private_rabbitmq import PrivateRabbitMQ
from tests.services.waiting import until

ALL = [one.name for one in CONSUMERS]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def post(caller: Caller, key: str) -> Answer:
    return caller.call(
        "POST",
        "/events",
        json.dumps({"probe": key}).encode(),
        ce_specversion="1.0",
        ce_id=key,
        ce_source="/outages",
        ce_type=ProbeRequested.TYPE,
        content_type="application/json",
    )


def wait_until_answered(caller: Caller, keys: list[str]) -> None:
    for key in keys:
        until(
            lambda key=key: caller.call("GET", f"/operations/{key}").json["state"] == "succeeded",  # type: ignore[misc]
            seconds=60,
            what=f"the end of operation {key}",
        )


def test_broker_down_at_acceptance(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    postgresql_url: str,
    private_rabbitmq: PrivateRabbitMQ,
    stack: ExitStack,
) -> None:
    settings = settings_of(
        "embedded", request, tmp_path, bus_url=private_rabbitmq.url, database_url=postgresql_url
    )
    running = stack.enter_context(system(settings, ingress=True, consumers=ALL))
    caller = Caller.of(running)
    before = [str(uuid.uuid4()) for _ in range(5)]
    assert {post(caller, key).status for key in before} == {202}
    wait_until_answered(caller, before)
    private_rabbitmq.stop()
    during = [str(uuid.uuid4()) for _ in range(20)]
    assert {post(caller, key).status for key in during} == {202}
    until(
        lambda: caller.call("GET", "/readyz").json["dependencies"]["bus"],
        seconds=20,
        what="/readyz to name the broker",
    )
    assert caller.call("GET", f"/operations/{during[0]}").json["state"] == "accepted"
    private_rabbitmq.start()
    wait_until_answered(caller, during)
    assert once_each(running, [*before, *during])


def test_broker_down_at_the_start(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    postgresql_url: str,
    private_rabbitmq: PrivateRabbitMQ,
    stack: ExitStack,
) -> None:
    private_rabbitmq.stop()
    settings = settings_of(
        "embedded", request, tmp_path, bus_url=private_rabbitmq.url, database_url=postgresql_url
    )
    running = stack.enter_context(system(settings, ingress=True, consumers=ALL))
    caller = Caller.of(running)
    key = str(uuid.uuid4())
    assert post(caller, key).status == 202
    private_rabbitmq.start()
    wait_until_answered(caller, [key])


def test_database_down(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    private_postgresql: PrivatePostgreSQL,
    stack: ExitStack,
) -> None:
    url = stack.enter_context(private_postgresql.fresh_database())
    settings = settings_of("embedded", request, tmp_path, database_url=url)
    running = stack.enter_context(system(settings, ingress=True, consumers=ALL))
    caller = Caller.of(running)
    before, during, after = (str(uuid.uuid4()) for _ in range(3))
    assert post(caller, before).status == 202
    wait_until_answered(caller, [before])
    private_postgresql.kill()
    refused = post(caller, during)
    assert refused.status == 503, refused.body
    assert refused.headers["retry-after"]
    assert refused.json["dependency"] == "database"
    upload = caller.call("PUT", "/files/a", b"bytes")
    assert upload.status == 503
    assert caller.call("GET", "/healthz").status == 200
    assert caller.call("GET", "/readyz").status == 503
    private_postgresql.start()
    until(lambda: post(caller, after).status == 202, seconds=30, what="a 202")
    assert post(caller, during).status == 202
    wait_until_answered(caller, [after, during])
    assert once_each(running, [before, during, after])


def once_each(running: System, keys: list[str]) -> bool:
    caller = Caller.of(running)
    answered = caller.call("GET", "/events?type=probe.answered.v1&limit=500").json["events"]
    return sorted(one["event"]["causationid"] for one in answered) == sorted(keys)
