"""`muniment ingest image.fits`: the file becomes a frame, without ocs-ingester."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from consumers.registry import CONSUMERS
from ops.settings import Settings
from ops.wiring import System, system
from store import tables
from tests import foreign_amqp as foreign
from tests.command_line import in_process
from tests.equipment.fits_files import RAW, SKY, USUAL, header, packed
from tests.services.waiting import until

PATIENCE_SECONDS = 60


@pytest.fixture
def running(tmp_path: Path, amqp_url: str) -> Iterator[System]:
    """An embedded installation that announces frames on a broker."""
    settings = Settings(data_dir=tmp_path / "var", http_port=0, notice_amqp_url=amqp_url)
    names = [one.name for one in CONSUMERS]
    foreign.declare(amqp_url, "pipeline")
    with foreign.channel(amqp_url) as channel:
        channel.exchange_declare("archived_fits", "fanout", durable=True)
        channel.queue_bind("pipeline", "archived_fits")
    with system(settings, ingress=True, consumers=names) as running:
        yield running


def test_a_file_is_archived_described_and_announced(
    running: System, tmp_path: Path, amqp_url: str
) -> None:
    path = packed(tmp_path / f"{RAW}.fits.fz", header({**USUAL, **SKY}))
    ran = in_process("--url", running.url, "ingest", path, data_dir=str(tmp_path / "var"))
    assert (ran.code, ran.err) == (0, "")
    until(lambda: foreign.length(amqp_url, "pipeline"), seconds=PATIENCE_SECONDS, what="the notice")
    (notice,) = foreign.empty(amqp_url, "pipeline")
    body = json.loads(notice.body)
    assert (body["filename"], body["OBJECT"]) == (f"{RAW}.fits.fz", "M 31")
    (frame,) = running.store.database.query(tables.frames.select())
    (version,) = running.store.database.query(tables.frame_versions.select())
    (file,) = running.store.database.query(tables.files.select())
    assert (body["frameid"], notice.properties.message_id) == (frame["id"], version["uid"])
    assert (file["frame"], file["object_key"]) == (frame["id"], version["object_key"])
    facts = running.store.database.query(tables.events.select())
    (fact,) = [json.loads(one["data"]) for one in facts if "frame.archived" in one["type"]]
    assert (fact["user"], fact["created"]) == ("operator", True)
    # The frame was asked for by a consumer: whoever used the archive did so once.
    until(lambda: is_counted(running), seconds=PATIENCE_SECONDS, what="all to be counted")
    (counter,) = running.store.database.query(tables.counters.select())
    assert (counter["component"], counter["value"]) == ("archive", 1)


def is_counted(running: System) -> bool:
    """Whether `update-stats` has counted every event that there is."""
    events = running.store.database.query(tables.events.select())
    rows = running.store.database.query(tables.statistics_totals.select())
    counted: int = sum(row["events"] for row in rows)
    return counted == len(events)
