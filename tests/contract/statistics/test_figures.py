"""The statistics of a running system: page, JSON, CSV and Prometheus give the same figures."""

import csv
import re
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import func, select

from consumers.registry import CONSUMERS
from http_ingress.pages import count
from http_ingress.statistics.plots.drawing import PLOTS
from http_ingress.statistics.sheets import SHEETS
from ops.wiring import System, system
from schemas.files import FileArchived, FileIngestRequested, FileRejected
from schemas.routing import routing_key
from store.tables import events, statistics_totals
from tests.equipment.installations import Caller, settings_of
from tests.services.waiting import until

PATIENCE_SECONDS = 60.0
SIZES = (3, 50, 1200)


@pytest.fixture(scope="module", params=["embedded", "deployed"])
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    """A system with three files in it, one of them twice, and one that was refused."""
    settings = settings_of(request.param, request, tmp_path_factory.mktemp("statistics"))
    with system(settings, ingress=True, consumers=[one.name for one in CONSUMERS]) as running:
        caller = Caller.of(running)
        for size in SIZES:
            name = f"/files/{size}.txt"
            said = {"muniment_metadata": '{"INSTRUME": "=fa01"}', "prefer": "wait=50"}
            assert caller.call("PUT", name, b"x" * size, **said).status == 201
        caller.post("r", FileIngestRequested.TYPE, name="none", source="/nowhere/at/all")
        until(lambda: _is_counted(running), seconds=PATIENCE_SECONDS, what="all to be counted")
        yield running


def _is_counted(running: System) -> bool:
    """Whether nothing is under way, and every event has been counted."""
    counted = select(func.coalesce(func.sum(statistics_totals.c.events), 0).label("n"))
    refused = select(func.count().label("n")).where(events.c.type == FileRejected.TYPE)
    there = select(func.count().label("n")).select_from(events)
    found = [int(running.store.database.query(one)[0]["n"]) for one in (refused, counted, there)]
    return found[0] == 1 and found[1] == found[2]


def _json(caller: Caller, path: str = "/statistics") -> Any:  # noqa: ANN401 - JSON is what it is
    answer = caller.call("GET", path, accept="application/json")
    assert answer.status == 200, answer.body
    return answer.json


def _csv(caller: Caller, what: str) -> list[dict[str, str]]:
    answer = caller.call("GET", f"/statistics.csv?what={what}")
    assert answer.status == 200, answer.body
    assert answer.headers["content-type"].startswith("text/csv; charset=utf-8")
    return [*csv.DictReader(StringIO(answer.body.decode(), newline=""))]


def _scraped(caller: Caller) -> dict[tuple[str, str], float]:
    text = caller.call("GET", "/metrics").body.decode()
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_page_json_csv_and_prometheus_agree(running: System) -> None:
    caller = Caller.of(running)
    until(
        lambda: {one["type"] for one in _json(caller)["totals"]["types"]} >= {FileRejected.TYPE},
        seconds=PATIENCE_SECONDS,
        what="a report that is fresh enough",
    )
    told, scraped = _json(caller), _scraped(caller)
    totals = {one["type"]: one for one in told["totals"]["types"]}
    assert totals[FileArchived.TYPE]["events"] == len(SIZES)
    assert totals[FileArchived.TYPE]["bytes"] == sum(SIZES)
    for one in told["totals"]["types"]:
        assert scraped["muniment_events_total", one["type"]] == one["events"]
    assert scraped["muniment_archived_bytes_total", ""] == sum(SIZES)
    assert [(one["type"], int(one["events"])) for one in _csv(caller, "total-types")] == [
        (one["type"], one["events"]) for one in told["totals"]["types"]
    ]
    archive = next(one for one in told["totals"]["capabilities"] if one["capability"] == "archive")
    assert (archive["uses"], archive["served"], archive["failures"]) == (4, 3, 1)
    for one in told["totals"]["capabilities"]:
        assert scraped["muniment_capability_uses_total", one["capability"]] == one["uses"]
        assert scraped["muniment_capability_failures_total", one["capability"]] == one["failures"]
    assert [
        (one["capability"], int(one["uses"])) for one in _csv(caller, "total-capabilities")
    ] == [(one["capability"], one["uses"]) for one in told["totals"]["capabilities"]]

    page = caller.call("GET", "/statistics", accept="text/html").body.decode()
    for one in told["types"]:
        row = re.search(f"<tr><th[^>]*>{re.escape(routing_key(one['type']))}</th>(.*?)</tr>", page)
        assert row is not None
        cells = re.findall("<td[^>]*>(.*?)</td>", row[1])
        assert (cells[0], cells[-1]) == (
            count(one["events"]),
            count(totals[one["type"]]["events"]),
        )


def test_what_was_told_by_time_adds_up(running: System) -> None:
    told = _json(Caller.of(running), "/statistics?by=hour")
    for one in told["capabilities"]:
        mine = [use for use in told["usage"] if use["capability"] == one["capability"]]
        for name in ("uses", "served", "failures"):
            assert sum(use[name] for use in mine) == one[name]
        took = [two for two in told["took"] if two["capability"] == one["capability"]]
        assert sum(two["latency"]["events"] for two in took) == one["latency"]["events"]
    archive = _json(Caller.of(running), "/statistics?capability=archive")
    assert [one["capability"] for one in archive["capabilities"]] == ["archive"]
    assert {one["type"].split(".")[1] for one in archive["types"]} == {"file"}
    latency = archive["capabilities"][0]["latency"]
    assert latency["events"] == 4
    assert 0 < latency["p50"] <= latency["p99"]


def test_what_was_used_only_operators_are_told(running: System) -> None:
    caller = Caller.of(running)
    assert _csv(caller, "resources") == [
        {"capability": "archive", "resource": "'=fa01", "events": "3", "bytes": str(sum(SIZES))}
    ]
    (used,) = _json(caller)["resources"]
    assert used["resource"] == "=fa01"
    anybody = caller.call("GET", "/statistics", authorization=None)
    assert anybody.json["resources"] is None
    assert anybody.json["totals"] == _json(caller)["totals"]
    refused = caller.call("GET", "/statistics.csv?what=resources", authorization=None)
    assert refused.status == 401
    assert "www-authenticate" in refused.headers
    assert caller.call("GET", "/statistics?sign_in=1", authorization=None).status == 401


@pytest.mark.parametrize("what", SHEETS)
def test_each_sheet_is_given_as_a_file(running: System, what: str) -> None:
    answer = Caller.of(running).call("HEAD", f"/statistics.csv?what={what}")
    assert answer.status == 200
    assert f'filename="statistics-{what}-' in answer.headers["content-disposition"]


def test_each_plot_is_drawn_and_may_do_nothing(running: System) -> None:
    caller = Caller.of(running)
    for name in PLOTS:
        answer = caller.call("GET", f"/statistics/plots/{name}.svg?theme=dark&shape=narrow")
        assert answer.status == 200
        assert answer.headers["content-type"] == "image/svg+xml"
        assert answer.body.startswith(b"<svg")
        policy = answer.headers["content-security-policy"]
        assert policy == "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def test_queues_are_sampled(running: System) -> None:
    caller = Caller.of(running)
    until(
        lambda: _json(caller)["queues"] != [],
        seconds=PATIENCE_SECONDS,
        what="the first sample",
    )
    assert {one["queue"] for one in _json(caller)["queues"]} == {one.name for one in CONSUMERS}
