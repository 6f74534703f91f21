"""What waits and should not: found by the doctor, and handed on where that can be."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pika import BasicProperties
from sqlalchemy import select, update

from consumers.registry import CONSUMERS
from ops.doctor import Finding
from ops.settings import EMBEDDED, Settings
from ops.stores import Store, clock
from ops.topology.declaring import connected
from ops.wiring import system
from producers.client import Client
from schemas.probes import ProbeRequested
from schemas.routing import REQUESTS, UNROUTED
from store import leases, schedules, tables, workers
from store.leases import Span
from store.ledger import envelope_of
from store.schedules import Schedule
from store.workers import WorkerSign
from tests.equipment.doctoring import doctor, states, stored
from tests.equipment.installations import settings_of
from tests.services.private_rabbitmq import PrivateRabbitMQ
from tests.services.waiting import until

PATIENCE_SECONDS = 30
HOUR = timedelta(hours=1)


@pytest.fixture(params=["embedded", "deployed"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    settings = settings_of(request.param, request, tmp_path)
    with (
        system(settings, ingress=True) as running,
        Client(running.url, settings.operator_token.read_text().strip()) as client,
    ):
        client.post(ProbeRequested(probe="x"))
        outbox = select(tables.outbox.c.id)
        # What a slow relay has not published when it ends stays there.
        until(
            lambda: running.store.database.query(outbox) == [],
            seconds=PATIENCE_SECONDS,
            what="the relay",
        )
    return settings


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with stored(settings) as store:
        yield store


def not_ok(settings: Settings, check: str) -> Finding | None:
    """Return a finding once there is one."""
    found = doctor(settings)[check]
    return None if found.state == "ok" else found


def test_nothing_waits_in_a_fresh_installation_but_for_a_consumer(settings: Settings) -> None:
    found = doctor(settings)
    names = ["outbox", "leases", "schedules", "parked", "strays", "alarms", "events", "archive"]
    assert states(found, names) == ["ok"] * len(names)
    assert found["consumers"].state == "wrong"
    names = [one.name for one in CONSUMERS]
    assert found["consumers"].text == f"no process runs {', '.join(names)}"
    assert found["consumers"].advice == f"start `muniment consume {' '.join(names)}`"


def test_the_outbox_is_overdue_when_nobody_publishes(settings: Settings, store: Store) -> None:
    with store.database.transaction() as transaction:
        key = transaction.execute(select(tables.events.c.key)).scalar_one()
        row = {"id": "1", "event_key": key, "exchange": "", "routing_key": "answer-probe"}
        due = clock() - HOUR
        transaction.insert(tables.outbox, [{**row, "attempt": 1, "tries": 0, "not_before": due}])
    found = doctor(settings)["outbox"]
    assert found.state == "wrong"
    assert "1 events in the outbox, the oldest overdue by 36" in found.text


def test_work_of_the_dead_is_found_and_handed_on_once(settings: Settings, store: Store) -> None:
    long_ago = clock() - HOUR
    with store.database.transaction() as transaction:
        row = transaction.execute(select(tables.events)).mappings().one()
        envelope = envelope_of(row)
        span = Span(long_ago, long_ago)
        assert leases.acquire(transaction, envelope, "answer-probe", "host.1", span)
    found = doctor(settings)["leases"]
    assert (found.state, list(found.items)) == ("wrong", [f"answer-probe {envelope.key}"])
    dry = doctor(settings, repair="dry")["leases"]
    assert (dry.repaired, dry.mended) == ("would have handed on the work of 1 leases", False)
    done = doctor(settings, repair="yes")["leases"]
    assert (done.repaired, done.mended) == ("handed on the work of 1 leases", True)
    assert doctor(settings, repair="yes")["leases"].state == "ok"
    of_it = select(tables.outbox.c.attempt).where(tables.outbox.c.event_key == envelope.key)
    if settings.bus_url == EMBEDDED:
        of_it = select(tables.deliveries.c.attempt).where(
            tables.deliveries.c.event_key == envelope.key,
            tables.deliveries.c.queue == "answer-probe",
        )
    rows = store.database.query(of_it)
    # The delivery that the lease had replaced, and in this test still is there; and the new one.
    assert len(rows) == (2 if settings.bus_url == EMBEDDED else 1)


def test_schedules_that_nobody_fires_are_found_by_name(settings: Settings, store: Store) -> None:
    long_ago = clock() - HOUR
    with store.database.transaction() as transaction:
        for name, paused in (("nightly", False), ("paused", True)):
            schedule = Schedule(
                name, "t", "{}", long_ago, long_ago, 60, 0, "one", paused, long_ago, "user:ada"
            )
            schedules.put(transaction, schedule, replace=False)
    found = doctor(settings)["schedules"]
    assert (found.state, list(found.items)) == ("wrong", ["nightly"])


def test_a_paused_consumer_is_named_with_what_it_waits_for(
    settings: Settings, store: Store
) -> None:
    now = datetime.now(UTC)
    signs = [WorkerSign("host.1", one.name, None, now, now) for one in CONSUMERS]
    with store.database.transaction() as transaction:
        workers.beat(transaction, signs, now)
    assert doctor(settings)["consumers"].state == "ok"
    with store.database.transaction() as transaction:
        mine = tables.workers.c.consumer == "ingest-file"
        transaction.execute(update(tables.workers).where(mine).values(waits_for="objects"))
    found = doctor(settings)["consumers"]
    assert found.state == "warning"
    assert found.text.startswith(
        "1 consumers are paused: ingest-file in host.1 waits for its objects"
    )


# --- the broker ---------------------------------------------------------------------------------


def test_requests_that_nobody_owns_are_counted(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    settings = settings_of("deployed", request, tmp_path)
    with system(settings, ingress=True):
        pass
    with connected(settings.bus_url) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_publish(REQUESTS, "nobody.requested.v1", b"", BasicProperties())
    found = until(
        lambda: not_ok(settings, "strays"),
        seconds=PATIENCE_SECONDS,
        what="the stray",
    )
    assert (found.state, found.text) == ("warning", f"1 in {UNROUTED}")


def test_an_alarm_of_the_broker_is_named(
    private_rabbitmq: PrivateRabbitMQ, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    embedded = settings_of("embedded", request, tmp_path)
    settings = embedded.model_copy(update={"bus_url": private_rabbitmq.url})
    with system(settings, ingress=True):
        pass
    assert doctor(settings)["alarms"].state == "ok"
    private_rabbitmq.control("set_vm_memory_high_watermark", "0.00001")
    try:
        found = until(
            lambda: not_ok(settings, "alarms"),
            seconds=PATIENCE_SECONDS,
            what="the alarm",
        )
        assert "an alarm is on: low on memory" in found.text
    finally:
        private_rabbitmq.control("set_vm_memory_high_watermark", "0.6")
