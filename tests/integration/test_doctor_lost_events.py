"""Events that a queue has lost: the doctor finds exactly those, and puts each back once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Table, delete, func, select

from ops.settings import EMBEDDED, Settings
from ops.stores import open_store
from ops.topology.declaring import connected, queue_lengths
from ops.wiring import system
from producers.client import Client
from schemas.probes import ProbeRequested
from store import tables
from store.inbox import Failure, record_failure
from tests.equipment.doctoring import doctor
from tests.equipment.installations import settings_of
from tests.services.waiting import until

PATIENCE_SECONDS = 30
LATER = timedelta(minutes=10)
CONSUMER = "answer-probe"


@pytest.fixture(params=["embedded", "deployed"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    return settings_of(request.param, request, tmp_path)


def post(settings: Settings, *names: str, work: bool) -> list[str]:
    """Post probes, have them finished or only queued, and return their keys."""
    consumers = [CONSUMER] if work else []
    with (
        system(settings, ingress=True, consumers=consumers) as running,
        Client(running.url, settings.operator_token.read_text().strip()) as client,
    ):
        keys = [client.post(ProbeRequested(probe=name)).id for name in names]
        if work:
            for key in keys:
                assert client.operation(key, wait=PATIENCE_SECONDS).state == "succeeded"
        until(
            lambda: count(settings, tables.outbox) == 0, seconds=PATIENCE_SECONDS, what="the relay"
        )
    return keys


def purge(settings: Settings) -> None:
    """Lose what is in the queue, as an operator may who presses the wrong button."""
    if settings.bus_url == EMBEDDED:
        with open_store(settings) as store, store.database.transaction() as transaction:
            transaction.execute(delete(tables.deliveries))
        return
    with connected(settings.bus_url) as connection:
        until(
            lambda: connection.channel().queue_purge(CONSUMER).method.message_count,
            seconds=PATIENCE_SECONDS,
            what="something to purge",
        )


def count(settings: Settings, table: Table) -> int:
    with open_store(settings) as store:
        rows = store.database.query(select(func.count().label("n")).select_from(table))
        return int(rows[0]["n"])


def test_what_a_queue_has_lost_is_found_and_brought_to_its_end_once(settings: Settings) -> None:
    post(settings, "finished 1", "finished 2", work=True)
    lost = post(settings, "lost 1", "lost 2", "lost 3", work=False)
    purge(settings)
    with open_store(settings) as store, store.database.transaction() as transaction:
        # One of them had failed before, and its next try was in the queue.
        long_ago = datetime.now(UTC) - timedelta(hours=1)
        record_failure(
            transaction,
            Failure(CONSUMER, lost[1], 1, "transient", "no luck", long_ago, long_ago),
        )

    young = doctor(settings)["events"]
    assert young.state == "ok", "what was accepted a moment ago may be between two places"

    found = doctor(settings, later=LATER)["events"]
    assert (found.state, list(found.items)) == ("wrong", lost)
    assert found.text.startswith("3 for answer-probe not finished")
    assert "--repair" in found.advice

    dry = doctor(settings, later=LATER, repair="dry")["events"]
    assert (dry.repaired, dry.mended) == ("would have put 3 events back into answer-probe", False)
    assert doctor(settings, later=LATER)["events"].items == found.items

    done = doctor(settings, later=LATER, repair="yes")["events"]
    assert (done.repaired, done.mended) == ("put 3 events back into answer-probe", True)
    again = doctor(settings, later=LATER, repair="yes")["events"]
    assert (again.state, again.repaired) == ("ok", "")

    with system(settings, ingress=True, consumers=[CONSUMER]):
        until(lambda: count(settings, tables.inbox) == 5, seconds=PATIENCE_SECONDS, what="the ends")
    assert count(settings, tables.probes) == 5
    assert count(settings, tables.parked) == 0
    with open_store(settings) as store:
        tried = select(tables.inbox.c.event_key, tables.inbox.c.attempt)
        attempts = {row["event_key"]: row["attempt"] for row in store.database.query(tried)}
    assert [attempts[key] for key in lost] == [1, 2, 1]
    assert doctor(settings, later=LATER)["events"].state == "ok"


def test_what_waits_in_its_queue_is_not_lost(settings: Settings) -> None:
    post(settings, "waits 1", "waits 2", work=False)
    if settings.bus_url != EMBEDDED:
        until(
            lambda: queue_lengths(settings.bus_url, [CONSUMER]) == {CONSUMER: 2},
            seconds=PATIENCE_SECONDS,
            what="the queue",
        )
    # A busy broker says 0 of a queue that does not answer it within 250 ms.
    until(
        lambda: doctor(settings, later=LATER)["events"].state == "ok",
        seconds=PATIENCE_SECONDS,
        what="the doctor to find nothing lost",
    )


def test_it_says_which_part_of_the_ledger_was_looked_at(
    settings: Settings,
) -> None:
    post(settings, "one", work=True)
    told = doctor(settings, later=LATER)["events"].text
    assert told == "none is lost, of ledger positions 1 to 2"
    assert doctor(settings, later=LATER, deep=True)["events"].text == told
