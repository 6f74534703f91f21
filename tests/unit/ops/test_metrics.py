"""Metrics: what is counted shows in a scrape, and everything is described."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ops.metric_meanings import METRICS, Metric
from ops.metrics import Metrics
from store.database import Database, open_database
from store.tables import deliveries, metadata, outbox, parked, taps

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(f"sqlite:///{tmp_path / 'm.db'}")
    metadata.create_all(database.engine)
    yield database
    database.close()


@pytest.fixture
def metrics(database: Database) -> Metrics:
    return Metrics(database, lambda: NOW)


def scraped(metrics: Metrics) -> dict[tuple[str, tuple[str, ...]], float]:
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(metrics.render().decode())
        for sample in family.samples
    }


def test_what_consumers_tell_is_counted(metrics: Metrics) -> None:
    metrics.ended("ingest-file", "succeeded", 3)
    metrics.ended("ingest-file", "succeeded", 2)
    metrics.took("ingest-file", 0.2, 5)
    found = scraped(metrics)
    assert found["muniment_deliveries_total", ("ingest-file", "succeeded")] == 5
    assert found["muniment_batch_seconds_count", ("ingest-file",)] == 1
    assert found["muniment_batch_seconds_sum", ("ingest-file",)] == pytest.approx(0.2)


def test_a_pause_shows_until_the_consumer_goes_on(metrics: Metrics) -> None:
    metrics.paused("ingest-file", "database")
    metrics.paused("answer-probe", "objects")
    metrics.paused("ingest-file", None)
    found = scraped(metrics)
    assert found["muniment_consumer_paused", ("ingest-file", "database")] == 0
    assert found["muniment_consumer_paused", ("answer-probe", "objects")] == 1


def test_requests_are_counted_by_route_and_status(metrics: Metrics) -> None:
    metrics.observe("PUT", "/files/{name}", 201, 0.01)
    found = scraped(metrics)
    series = ("PUT", "/files/{name}", "201")
    assert found["muniment_http_request_seconds_count", series] == 1


def test_what_waits_is_looked_up_at_scrape_time(metrics: Metrics, database: Database) -> None:
    due = {"event_key": "e", "exchange": "muniment.facts", "routing_key": "k", "attempt": 1}
    rows = [
        {**due, "id": "1", "tries": 0, "not_before": NOW - timedelta(seconds=90)},
        {**due, "id": "2", "tries": 0, "not_before": NOW + timedelta(hours=1)},
    ]
    aside = {"id": "1", "consumer": "ingest-file", "reason": "r", "attempts": 1, "parked_at": NOW}
    waiting = {"queue": "ingest-file", "event_key": "e", "attempt": 1, "taken": 0}
    assert scraped(metrics)["muniment_outbox_events", ()] == 0
    with database.transaction() as transaction:
        transaction.insert(outbox, rows)
        transaction.insert(parked, [aside])
        transaction.insert(deliveries, [{**waiting, "not_before": NOW}])
    found = scraped(metrics)
    assert found["muniment_outbox_events", ()] == 2
    assert found["muniment_outbox_overdue_seconds", ()] == 90
    assert found["muniment_parked_events", ("ingest-file",)] == 1
    assert found["muniment_queue_deliveries", ("ingest-file", "ready")] == 1
    assert found["muniment_ledger_position", ()] == 0
    assert found["muniment_backlog_unreadable", ()] == 0


def test_a_database_that_is_down_is_said_to_be_and_the_rest_still_shows(tmp_path: Path) -> None:
    nowhere = open_database(f"sqlite:///{tmp_path / 'no' / 'm.db'}")
    metrics = Metrics(nowhere, lambda: NOW)
    metrics.ended("ingest-file", "parked", 1)
    found = scraped(metrics)
    assert found["muniment_backlog_unreadable", ()] == 1
    assert found["muniment_deliveries_total", ("ingest-file", "parked")] == 1
    assert ("muniment_ledger_position", ()) not in found


def test_the_process_itself_is_measured(metrics: Metrics) -> None:
    assert scraped(metrics)["process_resident_memory_bytes", ()] > 0


def test_every_metric_is_described_and_scraped(metrics: Metrics) -> None:
    assert set(METRICS) == set(Metric)
    text = metrics.render().decode()
    for metric, meaning in METRICS.items():
        name = metric.value
        assert f"# TYPE {name} {meaning.kind}" in text
        assert (meaning.kind == "counter") == name.endswith("_total")
        assert meaning.when_it_rises


def test_how_far_a_copy_of_the_ledger_is_shows(metrics: Metrics, database: Database) -> None:
    with database.transaction() as transaction:
        transaction.insert(taps, [{"name": "kafka:a", "position": 7, "token": 1}])
    assert scraped(metrics)["muniment_tap_position", ("kafka:a",)] == 7
