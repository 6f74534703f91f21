"""Several programs of an observatory ingest many frames at once by the real ocs-ingester.

    MUNIMENT_TEST_MANY_FRAMES=10000 pytest -s tests/contract/clients/test_ocs_many.py

tells how fast that was; without the variable there are 40, to see that it works.
"""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from ops.wiring import System
from store.frame_tables import frame_versions
from tests import foreign_amqp as foreign
from tests.contract.clients.ocs_client import archive_for_ocs
from tests.equipment.fits_files import RAW, SKY, USUAL, header, packed
from tests.services.waiting import until

FRAMES = int(os.environ.get("MUNIMENT_TEST_MANY_FRAMES", "40"))
PROGRAMS = 2 if FRAMES < 1000 else 8
PATIENCE_SECONDS = 60 + FRAMES / 10
_SWARM = Path(__file__).with_name("ocs_swarm.py")


@pytest.mark.timeout(300 + FRAMES)
@pytest.mark.parametrize("world", ["embedded", "deployed"])
def test_every_frame_of_many_is_archived_announced_and_sound(
    request: pytest.FixtureRequest, tmp_path: Path, world: str, amqp_url: str
) -> None:
    template = packed(tmp_path / f"{RAW}.fits.fz", header({**USUAL, **SKY}))
    with archive_for_ocs(world, request, tmp_path) as (archive, environment):
        queue = f"pipeline-{world}"
        foreign.declare(amqp_url, queue)
        with foreign.channel(amqp_url) as channel:
            channel.exchange_declare("archived_fits", "fanout", durable=True)
            channel.queue_bind(queue, "archived_fits")
        began = time.monotonic()
        swarm(template, environment)
        took = time.monotonic() - began
        assert archive.get("/frames/", limit=1).json["count"] == FRAMES
        patient(lambda: foreign.length(amqp_url, queue) >= FRAMES, "a notice of each")
        announced = time.monotonic() - began
        patient(lambda: fixity(archive.running)[None] == 0, "a look at the bytes of each")
        assert fixity(archive.running) == {"sound": FRAMES}
        looked_at = time.monotonic() - began
        notices = [json.loads(body)["frameid"] for body in taken(amqp_url, queue)]
        assert len(notices) == len(set(notices)) == FRAMES
    sys.stdout.write(
        f"\n{world}: {FRAMES} frames by {PROGRAMS} programs in {took:.1f} s, {FRAMES / took:.1f}/s;"
        f" all announced after {announced:.1f} s, all bytes read through after {looked_at:.1f} s\n"
    )


def swarm(template: Path, environment: Mapping[str, str]) -> None:
    """Ingest all, by several programs; nothing may be raised in any of them."""
    each, more = divmod(FRAMES, PROGRAMS)
    programs = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", _SWARM, template, str(one * each), str(count)],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for one, count in enumerate([each] * (PROGRAMS - 1) + [each + more])
    ]
    said: list[dict[str, Any]] = [json.loads(one.communicate()[0]) for one in programs]
    assert [one for each_said in said for one in each_said["raised"]] == []
    seconds = sorted(one for each_said in said for one in each_said["seconds"])
    assert len(seconds) == FRAMES
    median, most = (seconds[int(FRAMES * part)] * 1000 for part in (0.5, 0.99))
    sys.stdout.write(f"\none frame took {median:.0f} ms, and {most:.0f} ms at the 99th percentile")


def patient(probe: Callable[[], bool], what: str) -> None:
    """Wait for as long as so many frames may take."""
    until(probe, seconds=PATIENCE_SECONDS, what=what)


def taken(url: str, queue: str) -> list[bytes]:
    """Take every message out of a queue: the broker says when there are no more."""
    found = []
    with foreign.channel(url) as channel:
        while (body := channel.basic_get(queue, auto_ack=True)[2]) is not None:
            found.append(body)
    return found


def fixity(running: System) -> Counter[str | None]:
    """Return what was found of how many versions."""
    column = frame_versions.c.fixity
    rows = running.store.database.query(select(column, func.count()).group_by(column))
    return Counter({row[column]: row["count"] for row in rows})
