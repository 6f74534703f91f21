"""Broker and database away while requests come in: what is promised then, and kept afterwards."""

import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import func, select

from consumers.registry import CONSUMERS
from ops.topology import apply, derive
from ops.wiring import System, system
from schemas.files import FileIngestRequested, FileRejected
from schemas.routing import REQUESTS
from store.errors import UnavailableError
from store.tables import events, failures, outbox, parked
from tests import foreign_amqp as foreign
from tests.equipment.installations import Caller, settings_of
from tests.fault.wire import wire
from tests.services.private_postgresql import PrivatePostgreSQL
from tests.services.private_rabbitmq import PrivateRabbitMQ
from tests.services.waiting import until

BASIC_ACK = b"\x00\x3c\x00\x50"
"""Class and method, as they stand in the frame."""
CUTS = 3
NOWHERE = "nowhere.invalid"
"""A name that no name server knows, by RFC 6761."""
WITNESS = "witness"
ALL = [one.name for one in CONSUMERS]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def test_broker_down_at_acceptance(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    postgresql_url: str,
    private_rabbitmq: PrivateRabbitMQ,
    stack: ExitStack,
) -> None:
    bus_url = stack.enter_context(private_rabbitmq.fresh_vhost())
    settings = settings_of(
        "embedded", request, tmp_path, bus_url=bus_url, database_url=postgresql_url
    )
    running = stack.enter_context(system(settings, ingress=True, consumers=ALL))
    caller = Caller.of(running)
    before = [str(uuid.uuid4()) for _ in range(5)]
    assert {caller.post(key).status for key in before} == {202}
    caller.wait_until_succeeded(before)
    private_rabbitmq.stop()
    during = [str(uuid.uuid4()) for _ in range(20)]
    assert {caller.post(key).status for key in during} == {202}
    until(
        lambda: caller.call("GET", "/readyz").json["dependencies"]["bus"],
        seconds=60,
        what="/readyz to name the broker",
    )
    assert caller.call("GET", f"/operations/{during[0]}").json["state"] == "accepted"
    private_rabbitmq.start()
    caller.wait_until_succeeded(during)
    assert once_each(running, [*before, *during])


def test_broker_down_at_the_start(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    postgresql_url: str,
    private_rabbitmq: PrivateRabbitMQ,
    stack: ExitStack,
) -> None:
    bus_url = stack.enter_context(private_rabbitmq.fresh_vhost())
    private_rabbitmq.stop()
    settings = settings_of(
        "embedded", request, tmp_path, bus_url=bus_url, database_url=postgresql_url
    )
    running = stack.enter_context(system(settings, ingress=True, consumers=ALL))
    caller = Caller.of(running)
    key = str(uuid.uuid4())
    assert caller.post(key).status == 202
    private_rabbitmq.start()
    caller.wait_until_succeeded([key])


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
    assert caller.post(before).status == 202
    caller.wait_until_succeeded([before])
    private_postgresql.kill()
    refused = caller.post(during)
    assert refused.status == 503, refused.body
    assert refused.headers["retry-after"]
    assert refused.json["dependency"] == "database"
    upload = caller.call("PUT", "/files/a", b"bytes")
    assert upload.status == 503
    assert caller.call("GET", "/healthz").status == 200
    # A server process that has outlived its parent may still answer for a moment.
    until(
        lambda: caller.call("GET", "/readyz").status == 503,
        seconds=60,
        what="/readyz to tell of the database",
    )
    private_postgresql.start()
    until(lambda: caller.post(after).status == 202, seconds=60, what="a 202")
    assert caller.post(during).status == 202
    caller.wait_until_succeeded([after, during])
    assert once_each(running, [before, during, after])


def test_the_broker_is_cut_off_before_it_can_confirm(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    postgresql_url: str,
    amqp_url: str,
    stack: ExitStack,
) -> None:
    cuts: list[int] = []
    on_its_way = Event()

    def watch(said: bytes) -> bytes:
        if REQUESTS.encode() in said:
            on_its_way.set()
        return said

    def lose_confirms(said: bytes) -> bytes | None:
        if BASIC_ACK in said and on_its_way.is_set() and len(cuts) < CUTS:
            on_its_way.clear()
            cuts.append(len(said))
            return None
        return said

    assert apply(amqp_url, derive(CONSUMERS)) == []
    bind_witness(amqp_url, REQUESTS)
    url = stack.enter_context(wire(amqp_url, watch, lose_confirms))
    settings = settings_of("embedded", request, tmp_path, bus_url=url, database_url=postgresql_url)
    running = stack.enter_context(system(settings, ingress=True, consumers=ALL))
    caller = Caller.of(running)
    keys = [str(uuid.uuid4()) for _ in range(20)]
    assert {caller.post(key).status for key in keys} == {202}
    caller.wait_until_succeeded(keys)
    outgoing = select(func.count().label("rows")).select_from(outbox)
    until(
        lambda: running.store.database.query(outgoing)[0]["rows"] == 0,
        seconds=60,
        what="an empty outbox",
    )
    assert len(cuts) == CUTS
    assert once_each(running, keys)
    published = Counter(one.properties.message_id for one in foreign.empty(amqp_url, WITNESS))
    assert set(published) == set(keys)
    assert max(published.values()) > 1, "nothing was published again, so nothing was tested"


def test_a_full_queue_holds_up_no_other(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    postgresql_url: str,
    amqp_url: str,
    stack: ExitStack,
) -> None:
    (narrow,) = (one for one in derive(CONSUMERS).queues if one.name == "answer-probe")
    with foreign.channel(amqp_url) as channel:
        arguments = {**narrow.arguments, "x-max-length": 5}
        channel.queue_declare(narrow.name, durable=True, arguments=arguments)
    settings = settings_of(
        "embedded", request, tmp_path, bus_url=amqp_url, database_url=postgresql_url
    )
    others = [name for name in ALL if name != narrow.name]
    running = stack.enter_context(system(settings, ingress=True, consumers=others))
    caller = Caller.of(running)
    keys: list[str] = []

    def refused() -> int:
        keys.append(str(uuid.uuid4()))
        assert caller.post(keys[-1]).status == 202
        waiting = select(func.count().label("rows")).where(outbox.c.tries > 0)
        return int(running.store.database.query(waiting)[0]["rows"])

    until(refused, seconds=60, what="a publish that the full queue refuses")
    upload = caller.call("PUT", "/files/a", b"bytes", prefer="wait=30")
    assert upload.status == 201, upload.body
    room = settings.model_copy(update={"instance": "elsewhere"})
    stack.enter_context(system(room, consumers=[narrow.name]))
    caller.wait_until_succeeded(keys)
    assert once_each(running, keys)


@pytest.mark.parametrize("what", ["broker", "database", "objects"])
def test_a_host_whose_name_is_not_known(
    request: pytest.FixtureRequest, tmp_path: Path, stack: ExitStack, what: str
) -> None:
    urls = {
        "broker": {"bus_url": f"amqp://guest:guest@{NOWHERE}/"},
        "database": {"database_url": f"postgresql+psycopg2://postgres@{NOWHERE}/muniment"},
        "objects": {"objects_url": "s3://bucket", "s3_endpoint_url": f"http://{NOWHERE}"},
    }
    keys = {"s3_access_key": "key", "s3_secret_key": "secret"}
    settings = settings_of("embedded", request, tmp_path, **{**keys, **urls[what]})
    if what != "broker":
        with pytest.raises(UnavailableError, match=NOWHERE) as caught:
            stack.enter_context(system(settings, ingress=True, consumers=ALL))
        assert caught.value.dependency == what
        return
    running = stack.enter_context(system(settings, ingress=True, consumers=ALL))
    caller = Caller.of(running)
    assert caller.post(str(uuid.uuid4())).status == 202
    assert NOWHERE in caller.call("GET", "/readyz").json["dependencies"]["bus"]


def test_a_source_whose_name_is_not_known_holds_up_no_other(
    request: pytest.FixtureRequest, tmp_path: Path, stack: ExitStack
) -> None:
    settings = settings_of("embedded", request, tmp_path)
    running = stack.enter_context(system(settings, ingress=True, consumers=ALL))
    caller = Caller.of(running)
    unknown = [str(uuid.uuid4()) for _ in range(8)]
    data = {"name": "a", "source": f"https://{NOWHERE}/a"}
    assert {caller.post(key, FileIngestRequested.TYPE, **data).status for key in unknown} == {202}
    upload = caller.call("PUT", "/files/b", b"bytes", prefer="wait=30")
    assert upload.status == 201, upload.body

    def told() -> bool:
        """Whether each was refused or, where no name server answers, is to be tried again."""
        query = running.store.database.query
        rejected = query(select(events.c.data).where(events.c.type == FileRejected.TYPE))
        tried = query(select(failures.c.error).where(failures.c.retry_at.is_not(None)))
        said = [row["data"] for row in rejected] + [row["error"] for row in tried]
        assert all(NOWHERE in one for one in said)
        return len(said) >= len(unknown)

    until(told, seconds=60, what="what became of the sources")
    assert running.store.database.query(select(parked)) == []


def bind_witness(amqp_url: str, exchange: str) -> None:
    foreign.declare(amqp_url, WITNESS)
    with foreign.channel(amqp_url) as channel:
        channel.queue_bind(WITNESS, exchange, "#")


def once_each(running: System, keys: list[str]) -> bool:
    caller = Caller.of(running)
    answered = caller.call("GET", "/events?type=probe.answered.v1&limit=500").json["events"]
    return sorted(one["event"]["causationid"] for one in answered) == sorted(keys)
