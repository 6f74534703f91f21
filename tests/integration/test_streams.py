"""The stream's tables over HTTP and on the command line: the same totals as in the database."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from consumers.registry import CONSUMERS
from http_ingress.representations.stream_tables import StreamBody
from ops.wiring import System, system
from schemas.capabilities import CAPABILITIES
from schemas.files import FileIngestRequested
from schemas.stream_tables import TABLES, UNKNOWN
from store import tables
from tests.command_line import in_process
from tests.equipment.ingress import serving
from tests.equipment.installations import Caller, settings_of
from tests.equipment.making import MakeWorld
from tests.equipment.stream_workers import PATIENCE_SECONDS, Stream, end, streaming
from tests.equipment.tapping import new_topic_name
from tests.equipment.world import new_id
from tests.services.kafka import Kafka
from tests.services.waiting import until


@pytest.fixture
def stream(kafka: Kafka, tmp_path: Path) -> Iterator[Stream]:
    with streaming(kafka, new_topic_name(), tmp_path) as stream:
        yield stream


@pytest.fixture(params=["embedded", "deployed"])
def running(request: pytest.FixtureRequest, stream: Stream, tmp_path: Path) -> Iterator[System]:
    settings = settings_of(
        request.param,
        request,
        tmp_path,
        kafka_url=stream.kafka.url,
        kafka_topic=stream.topic,
        kafka_streams=stream.application,
    )
    names = [*(one.name for one in CONSUMERS), "tap-kafka"]
    with system(settings, ingress=True, consumers=names) as running:
        yield running


def load(caller: Caller, count: int) -> None:
    """Have files archived and refused, and probes answered, to the last follow-on event."""
    keys = [new_id() for _ in range(2 * count)]
    for number in range(count):
        metadata = '{"INSTRUME": "camera"}' if number % 2 else "{}"
        name = f"/files/{new_id()}.csv"
        answer = caller.call(
            "PUT", name, name.encode(), prefer="wait=30", muniment_metadata=metadata
        )
        assert answer.status == 201, answer.body
        assert caller.post(keys[number]).status == 202
        source = "file:///etc/passwd"
        refused = caller.post(
            keys[count + number], FileIngestRequested.TYPE, source=source, name="a.csv"
        )
        assert refused.status == 202, refused.body
    caller.wait_until_succeeded(keys[:count])


def counted(running: System) -> dict[str, tuple[int, int]]:
    """Return what `update-stats` has counted, once it has counted everything."""

    def whole() -> dict[str, tuple[int, int]] | None:
        database = running.store.database
        with database.transaction() as transaction:
            rows = transaction.execute(tables.statistics_totals.select()).mappings().all()
            events = transaction.execute(tables.events.select()).all()
        found = {row["type"]: (row["events"], row["bytes"]) for row in rows}
        return found if sum(events for events, _ in found.values()) == len(events) else None

    return until(whole, seconds=PATIENCE_SECONDS, what="update-stats to count everything")


def told(caller: Caller, path: str) -> Any:  # noqa: ANN401 - JSON
    """Return what is answered, once Kafka has answered in time."""

    def answered() -> Any:  # noqa: ANN401 - as above
        answer = caller.call("GET", path)
        assert answer.status in {200, 503}, answer
        return answer.json if answer.status == 200 else None

    return until(answered, seconds=PATIENCE_SECONDS, what=path)


def streamed(caller: Caller) -> dict[str, tuple[int, int]]:
    """Return what the stream app has counted."""
    rows = told(caller, "/statistics/stream/totals")["rows"]
    return {row["name"]: (row["figures"]["events"], row["figures"]["bytes"]) for row in rows}


def wait_until_equal(running: System, caller: Caller) -> None:
    until(
        lambda: streamed(caller) == counted(running),
        seconds=PATIENCE_SECONDS,
        what="the stream's totals to be those of the database",
    )


def test_totals_are_those_of_the_database_whatever_becomes_of_the_worker(
    running: System, stream: Stream
) -> None:
    caller = Caller.of(running)
    first = stream.work("first")
    load(caller, 4)
    wait_until_equal(running, caller)
    assert streamed(caller)["muniment.file.archived.v1"][1] > 0
    assert end(first) == 0
    load(caller, 4)
    stream.work("second")
    wait_until_equal(running, caller)
    body = StreamBody.model_validate(told(caller, "/statistics/stream/totals"))
    assert body.uses == uses(running)
    since = (datetime.now(UTC) - timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
    bodies = {name: told(caller, f"/statistics/stream/{name}?since={since}") for name in TABLES}
    assert {row["name"] for row in bodies["bytes_per_hour"]["rows"]} == {UNKNOWN, "camera"}
    minutes = bodies["events_per_minute"]["rows"]
    assert all(seconds(row) == 60 for row in minutes)
    shown = in_process("streams", "show", "events_per_minute", "--json", **bare(stream))
    assert shown.code == 0, shown.err
    assert len(shown.json) >= len(minutes)
    assert in_process("streams", "show", "totals", **bare(stream)).code == 0


def uses(running: System) -> dict[str, int]:
    """Return the counters of the capabilities."""
    with running.store.database.transaction() as transaction:
        rows = transaction.execute(tables.counters.select()).mappings().all()
    found = {row["component"]: row["value"] for row in rows}
    return {name: found.get(name, 0) for name in CAPABILITIES}


def seconds(row: dict[str, Any]) -> float:
    """Return how long the window of a row is."""
    return (
        datetime.fromisoformat(row["end"]) - datetime.fromisoformat(row["start"])
    ).total_seconds()


def bare(stream: Stream) -> dict[str, str]:
    """Return a worker's settings as a command takes them."""
    return {name.removeprefix("MUNIMENT_").lower(): text for name, text in stream.settings.items()}


def test_without_kafka_there_is_none_and_the_answer_says_what_to_do(
    make_embedded_world: MakeWorld,
) -> None:
    with serving(make_embedded_world()) as ingress:
        caller = ingress.caller
        listed = caller.call("GET", "/statistics/stream")
        assert [one["table"] for one in listed.json["tables"]] == [*TABLES]
        refused = caller.call("GET", "/statistics/stream/totals")
        assert (refused.status, refused.json["type"]) == (404, "/problems/no-stream")
        assert "MUNIMENT_KAFKA_URL" in refused.json["advice"]
        assert caller.call("GET", "/statistics/stream/none").json["field"] == "table"
        for wrong in ("yesterday", "2026-01-01T00:00:00", "", "0001-01-01T00:00:00%2B14:00"):
            answer = caller.call("GET", f"/statistics/stream/totals?since={wrong}")
            assert answer.status in {400, 404}, wrong
        assert caller.call("GET", "/statistics/stream/totals?until=1").status == 400


def test_while_kafka_is_away_it_is_to_be_asked_again(
    kafka: Kafka, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    topic = new_topic_name()
    settings = settings_of("embedded", request, tmp_path, kafka_url=kafka.url, kafka_topic=topic)
    with system(settings, ingress=True) as running:
        caller = Caller.of(running)
        assert told(caller, "/statistics/stream/totals")["rows"] == []
        kafka.stop()
        answer = caller.call("GET", "/statistics/stream/totals")
        assert (answer.status, answer.json["dependency"]) == (503, "kafka")
        assert answer.headers["retry-after"]
        kafka.start()
        assert told(caller, "/statistics/stream/totals")["rows"] == []


def test_commands_say_what_is_missing(kafka: Kafka) -> None:
    for command in (("run",), ("show", "totals")):
        ran = in_process("streams", *command)
        assert ran.code == 2
        assert "MUNIMENT_KAFKA_URL" in ran.err
    wrong = in_process("streams", "show", "none", kafka_url=kafka.url)
    assert (wrong.code, "totals" in wrong.err) == (2, True)
    none = in_process("streams", "run", kafka_url=kafka.url, kafka_topic=new_topic_name())
    assert (none.code, "tap-kafka" in none.err) == (2, True)
    assert not none.out
