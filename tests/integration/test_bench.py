"""`muniment bench`, tiny: every event and file is accounted for, and nothing is left behind.

How fast anything is depends on the machine and is never asserted.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which
from typing import Any
from urllib.parse import urlsplit

import pytest

from ops.topology import apply, derive, queue_lengths
from tests.services.s3 import S3

EVENTS = ("--count", "60", "--connections", "2,3", "--batch", "20", "--latencies", "3")
FILES = ("--files", "20", "--size", "3KiB", "--large", "5MiB", "--connections", "2")
RECORDS = ("--count", "20", "--connections", "1,3", "--readers", "2", "--listed", "30")
FRAMES = (
    *("--count", "10", "--connections", "2", "--readers", "2", "--lists", "2", "--listed", "20"),
    *("--files", "2", "--file-size", "300KB"),
)
PACKAGES = ("--rows", "120", "--columns", "6", "--page-size", "50", "--file-size", "3MB")
COURSES = ["raw floor", "2 connections", "3 connections", "2 connections, batches of 20"]


@dataclass
class Bench:
    """Runs the command, either embedded or on servers."""

    servers: Sequence[str]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        kept = {name: value for name, value in os.environ.items() if "MUNIMENT" not in name}
        return subprocess.run(
            [sys.executable, "-m", "ops", "bench", *arguments, *self.servers],
            env={**kept, "TMPDIR": str(self.folder), **self.environment},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    def measure(self, *arguments: str) -> dict[str, Any]:
        """Return what `--json` prints."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found


@pytest.fixture
def embedded(tmp_path: Path) -> Bench:
    return Bench(["--embedded"], tmp_path)


@pytest.fixture
def deployed(amqp_url: str, postgresql_url: str, tmp_path: Path) -> Iterator[Bench]:
    """On servers; afterwards nothing may be left of it, in the vhost as in the folder."""
    vhost = urlsplit(amqp_url).path[1:]
    urls = ["--amqp-url", amqp_url, "--vhost", vhost, "--database-url", postgresql_url]
    yield Bench(urls, tmp_path)
    queues = ["answer-probe", "ingest-file", "store-record", "delete-records"]
    queues += ["zip-dataset.fast", "zip-dataset.slow", "send-mail"]
    queues += ["ingest-frame", "announce-archived", "examine-frame", "update-stats"]
    queues += ["bench.witness", "bench.notices", "floor.requests", "floor.answers"]
    assert queue_lengths(amqp_url, queues) == {}
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(params=["embedded", "deployed"])
def bench(request: pytest.FixtureRequest) -> Bench:
    found: Bench = request.getfixturevalue(request.param)
    return found


def check_conserved(courses: Sequence[Mapping[str, Any]], things: int) -> None:
    """Every course had everything, lost nothing, doubled nothing; the first is the measure."""
    for course in courses:
        assert (course["things"], course["lost"], course["doubled"]) == (things, 0, 0)
        assert 0 < course["per_second"]["least"] <= course["per_second"]["most"]
        assert all(used is None or used >= 0 for used in course["cpu_per_1000"].values())
    assert courses[0]["ratio"] == {"median": 1, "least": 1, "most": 1}


def test_every_event_is_accounted_for(bench: Bench) -> None:
    found = bench.measure("events", *EVENTS, "--rounds", "1")
    assert [course["course"] for course in found["courses"]] == COURSES
    check_conserved(found["courses"], 60)
    for latency in found["latency_ms"].values():
        assert latency["events"] == 3
        assert 0 < latency["p50"] <= latency["p99"]
    accepted, answered = found["latency_ms"]["accepted"], found["latency_ms"]["answered"]
    assert accepted["p50"] < answered["p50"]


def test_every_file_is_accounted_for(bench: Bench) -> None:
    found = bench.measure("ingest", *FILES, "--rounds", "2")
    many, large = found["kinds"]
    assert (many["files"], many["size"]) == (20, 3 * 1024)
    assert (large["files"], large["size"]) == (1, 5 * 1024**2)
    check_conserved(many["courses"], 2 * 20)
    check_conserved(large["courses"], 1)
    for process, idle in found["idle_memory"].items():
        assert idle <= many["peak_memory"][process] <= large["peak_memory"][process]


def test_every_count_is_accounted_for(bench: Bench) -> None:
    found = bench.measure("stats", "--count", "60", "--rounds", "1")
    names = ["raw floor", "raw floor, added up first", "update-stats"]
    assert [course["course"] for course in found["courses"]] == names
    check_conserved(found["courses"], 60)


def test_every_record_is_accounted_for(bench: Bench) -> None:
    found = bench.measure("records", *RECORDS, "--rounds", "1")
    assert found["listed"] == 30
    kinds = [(kind["work"], kind["connections"]) for kind in found["kinds"]]
    sent = [(work, connections) for connections in (1, 3) for work in ("create", "update")]
    assert kinds == [*sent, ("get", 2), ("list", 1)]
    for kind in found["kinds"]:
        assert [course["course"] for course in kind["courses"]] == ["raw floor", "records"]
        check_conserved(kind["courses"], 20)
        for latency in kind["latency_ms"].values():
            assert 0 < latency["p50"] <= latency["p99"]
        assert kind["p99_ratio"] > 0


def test_every_package_holds_what_the_script_packages(bench: Bench) -> None:
    found = bench.measure("package", *PACKAGES, "--rounds", "1")
    assert found["dataset"] == {"rows": 120, "columns": 6, "page_size": 50}
    kinds = {kind["name"]: kind for kind in found["kinds"]}
    courses = {name: [one["course"] for one in kind["courses"]] for name, kind in kinds.items()}
    assert courses.pop("rows") == ["plain script", "pages of objects", "pages of CSV"]
    assert courses.pop("file") == ["plain script", "package_url"]
    assert courses == ({"compression": ["zip -j", "muniment"]} if which("zip") else {})
    assert kinds["file"]["size"] == 3_000_000
    for kind in kinds.values():
        first, *others = kind["courses"]
        assert first["times"] == {"median": 1, "least": 1, "most": 1}
        assert first["packed_ratio"] == 1
        for course in others:
            assert 0 < course["times"]["least"] <= course["times"]["most"]
            assert 0 < course["packed"] < kind["size"]
    assert all(idle <= found["peak_memory"][name] for name, idle in found["idle_memory"].items())


def test_every_frame_is_accounted_for(bench: Bench) -> None:
    found = bench.measure("archive", *FRAMES, "--rounds", "1")
    assert (found["listed"], found["files"], found["file_size"]) == (20, 2, 300_000)
    kinds = {kind["work"]: kind for kind in found["kinds"]}
    courses = {name: [one["course"] for one in kind["courses"]] for name, kind in kinds.items()}
    by_sql, announced = ["raw floor", "archive"], ["creates", "notices"]
    told = {} if "embedded" in found["place"] else {"notices": announced}
    same = {"create": by_sql, "list": by_sql, "md5": by_sql}
    assert courses == {**same, "zip": ["cat", "zip"], **told}
    things = {"create": 10, "list": 2, "md5": 10, "zip": 2 * 300_000, "notices": 10}
    for name, kind in kinds.items():
        check_conserved(kind["courses"], things[name])
    for name in same:
        for latency in kinds[name]["latency_ms"].values():
            assert 0 < latency["p50"] <= latency["p99"]


def test_without_a_zip_the_rest_is_measured(embedded: Bench) -> None:
    embedded.environment = {"PATH": str(embedded.folder)}
    said = " ".join(embedded.run("package", *PACKAGES, "--rounds", "1").stdout.split())
    titles = ("120 rows of 6 columns", "a file of 3 MB", "memory, MiB")
    assert all(word in said for word in (*titles, "rows/s", "times: how many times as long"))
    assert "zip is not installed" in said
    assert "apt-get install zip" in said
    assert "compression of" not in said


def test_objects_may_go_to_s3(deployed: Bench, s3: S3) -> None:
    bucket = s3.fresh_bucket()
    deployed.environment = {
        "MUNIMENT_S3_ENDPOINT_URL": s3.endpoint_url,
        "MUNIMENT_S3_ACCESS_KEY": s3.access_key,
        "MUNIMENT_S3_SECRET_KEY": s3.secret_key,
        "MUNIMENT_S3_REGION": s3.region,
    }
    found = deployed.measure("ingest", *FILES, "--rounds", "1", "--s3", f"s3://{bucket}")
    assert "S3" in found["place"]
    check_conserved(found["kinds"][0]["courses"], 20)
    assert "Contents" not in s3.client.list_objects_v2(Bucket=bucket)


def test_it_keeps_out_of_an_installation(deployed: Bench, amqp_url: str) -> None:
    apply(amqp_url, derive(()))
    done = deployed.run("events", *EVENTS)
    assert done.returncode == 1
    assert "belongs to an installation" in done.stderr
    assert queue_lengths(amqp_url, ["muniment.dead"]) == {"muniment.dead": 0}


def test_people_get_tables_and_how_to_read_them(embedded: Bench) -> None:
    said = embedded.run("events", *EVENTS, "--rounds", "1").stdout
    assert all(course in said for course in COURSES)
    assert all(word in said for word in ("events/s", "p99", "ratio: events/s against"))
    said = embedded.run("ingest", *FILES, "--rounds", "1").stdout
    assert all(word in said for word in ("MB/s", "memory, MiB", "ratio: files/s against"))
    said = embedded.run("records", *RECORDS, "--rounds", "1").stdout
    assert all(
        word in said for word in ("create, 3 connections", "p99 ratio", "list, 1 connection")
    )
    assert "a project of 30 records" in " ".join(said.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("events", "--connections", "16,many"), "not a list of numbers"),
        (("ingest", "--size", "huge"), "not a size like 100KiB"),
        (("package", "--file-size", "half"), "not a size like 100KiB"),
        (("archive", "--file-size", "half"), "not a size like 100KiB"),
    ],
)
def test_wrong_arguments_are_named(embedded: Bench, arguments: Sequence[str], said: str) -> None:
    done = embedded.run(*arguments)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_profile_needs_a_profiler(embedded: Bench) -> None:
    embedded.environment = {"PATH": str(embedded.folder)}
    done = embedded.run("events", *EVENTS, "--profile", str(embedded.folder / "profile"))
    assert done.returncode == 1
    assert "pip install py-spy" in done.stderr
