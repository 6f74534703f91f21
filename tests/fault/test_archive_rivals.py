"""64 clients post the same bytes at once, over two ingresses: one yes, and one notice."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ops.wiring import system
from store import tables
from tests import foreign_amqp as foreign
from tests.equipment.archive import Archive, archiving, frame_body, version
from tests.services.waiting import until

CLIENTS = 64
CONSUMERS = ("ingest-frame", "announce-archived")
NOTICES = "pipeline"
TAKEN = {"version_set": [{"md5": ["version with this md5 already exists."]}]}


def test_one_is_told_yes_and_one_notice_goes(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    world: dict[str, Any] = {"world": "deployed", "consumers": CONSUMERS, "answer_seconds": 60}
    with (
        archiving(request, tmp_path, **world) as one,
        system(one.running.settings, ingress=True, consumers=CONSUMERS) as running,
    ):
        other = Archive(running, one.tokens)
        url = one.running.settings.bus_url
        foreign.declare(url, NOTICES)
        with foreign.channel(url) as channel:
            channel.queue_bind(NOTICES, one.running.settings.notice_exchange)
        raced = version()
        bodies = [
            frame_body(version_set=[{**raced, "key": f"{raced['key']}-{number}"}])
            for number in range(CLIENTS)
        ]
        with ThreadPoolExecutor(CLIENTS) as threads:
            answers = list(
                threads.map(
                    lambda archive, body: archive.send("POST", "/frames/", body),
                    [one, other] * (CLIENTS // 2),
                    bodies,
                )
            )
        assert Counter(answer.status for answer in answers) == {201: 1, 400: CLIENTS - 1}
        refused = [answer.json for answer in answers if answer.status == 400]
        assert refused == [TAKEN] * (CLIENTS - 1)
        (row,) = one.running.store.database.query(tables.frame_versions.select())
        assert row["md5"] == raced["md5"]
        database = one.running.store.database
        until(
            lambda: not database.query(tables.frame_notices.select()),
            seconds=60,
            what="the notice to go",
        )
        told = [notice.properties.message_id for notice in foreign.empty(url, NOTICES)]
        assert told == [row["uid"]]
        assert len(database.query(tables.frames.select())) == 1
