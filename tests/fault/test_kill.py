"""kill -9 of `muniment up` at any moment: what was answered with a 2xx happens, and once.

Four clients keep posting probes and files while the process is killed again and again. A client
that loses its connection asks again with the same id or Idempotency-Key, as a real one would.
"""

import hashlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pika
import pytest
import urllib3
from sqlalchemy import Executable, func, select

from consumers import update_stats
from schemas.probes import ProbeRequested
from schemas.routing import FACTS
from store.database import Database, open_database
from store.tables import (
    deliveries,
    events,
    files,
    inbox,
    outbox,
    parked,
    probes,
    statistics_totals,
)
from tests.equipment.statistics import verified

KILLS = 50 if os.environ.get("MUNIMENT_TEST_EVERY_DEATH") else 20
CLIENTS = 4


@dataclass
class Upside:
    """One installation that is killed and started again."""

    environment: Mapping[str, str]
    port: int
    log: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and return at once."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ops", "up"], env=self.environment, stdout=log, stderr=log
            )

    def kill(self) -> None:
        """End it as a crash would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """Let it drain, and return its exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(60)

    def wait_until_ready(self, pool: urllib3.PoolManager) -> None:
        """Return when it answers."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if pool.request("GET", f"{self.url}/healthz", timeout=1).status == 200:
                    return
            except urllib3.exceptions.HTTPError:
                pass
            assert self.process is not None
            assert self.process.poll() is None, self.log.read_text()
            threading.Event().wait(0.02)
        pytest.fail(f"not ready within 60 s; {self.log.read_text()[-2000:]}")


@dataclass
class Clients:
    """Post until told to stop, and remember what was answered with a 2xx."""

    url: str
    token: str
    stopping: threading.Event = field(default_factory=threading.Event)
    probes: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)

    def run(self, seed: int) -> None:
        """Post and upload until told to stop."""
        pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(5))
        chance = random.Random(seed)  # noqa: S311 - a repeatable choice, no secret
        while not self.stopping.is_set():
            if chance.random() < 0.3:
                self.upload(pool, chance.randbytes(chance.randrange(1, 30_000)))
            else:
                self.post(pool)

    def post(self, pool: urllib3.PoolManager) -> None:
        """Post one probe."""
        key = str(uuid.UUID(int=uuid.uuid4().int, version=4))
        headers = {
            "ce-specversion": "1.0",
            "ce-id": key,
            "ce-source": "/clients",
            "ce-type": ProbeRequested.TYPE,
            "content-type": "application/json",
        }
        if self.insist(pool, "POST", "/events", b'{"probe": "kill"}', headers):
            self.probes.append(key)

    def upload(self, pool: urllib3.PoolManager, content: bytes) -> None:
        """Upload one file, named by its digest."""
        name = hashlib.sha256(content).hexdigest()
        if self.insist(pool, "PUT", f"/files/{name}", content, {"idempotency-key": name}):
            self.files.append(name)

    def insist(
        self,
        pool: urllib3.PoolManager,
        method: str,
        path: str,
        body: bytes,
        headers: Mapping[str, str],
    ) -> bool:
        """Ask until there is an answer; only a 2xx counts, and a 503 asks again."""
        while not self.stopping.is_set():
            try:
                answer = pool.request(
                    method,
                    self.url + path,
                    body=body,
                    headers={"authorization": f"Bearer {self.token}", **headers},
                )
            except urllib3.exceptions.HTTPError:
                self.stopping.wait(0.05)
                continue
            if 200 <= answer.status < 300:
                return True
            if answer.status != 503:
                self.surprises.append(f"{method} {path}: {answer.status} {answer.data!r}")
                return False
            self.stopping.wait(0.05)
        return False


def environment(folder: Path, port: int, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MUNIMENT_")}
    return {
        **kept,
        "MUNIMENT_DATA_DIR": str(folder / "data"),
        "MUNIMENT_HTTP_PORT": str(port),
        "MUNIMENT_LOG_LEVEL": "WARNING",
        **more,
    }


@pytest.fixture(params=["embedded", "rabbitmq"])
def installation(
    request: pytest.FixtureRequest, tmp_path: Path, free_port: int
) -> Iterator[tuple[Upside, str, str | None]]:
    """An installation that is not started yet, its database's URL, and its broker's."""
    if request.param == "embedded":
        more: dict[str, str] = {}
        database_url = f"sqlite:///{tmp_path / 'data' / 'muniment.db'}"
        amqp_url = None
    else:
        amqp_url = request.getfixturevalue("amqp_url")
        database_url = request.getfixturevalue("postgresql_url")
        more = {"MUNIMENT_BUS_URL": amqp_url, "MUNIMENT_DATABASE_URL": database_url}
    upside = Upside(environment(tmp_path, free_port, **more), free_port, tmp_path / "log")
    yield upside, database_url, amqp_url
    if upside.process is not None and upside.process.poll() is None:
        upside.kill()


@pytest.mark.timeout(900)
def test_whatever_was_accepted_happens_once(
    installation: tuple[Upside, str, str | None], tmp_path: Path
) -> None:
    upside, database_url, amqp_url = installation
    pool = urllib3.PoolManager(retries=False)
    upside.start()
    upside.wait_until_ready(pool)
    token = (tmp_path / "data" / "operator.token").read_text().strip()
    if amqp_url is not None:
        bind_witness(amqp_url)
    clients = Clients(upside.url, token)
    with posting(clients):
        chance = random.Random(8)  # noqa: S311 - a repeatable choice, no secret
        for _ in range(KILLS):
            if chance.random() < 0.8:
                upside.wait_until_ready(pool)
            threading.Event().wait(chance.uniform(0.0, 0.7))
            upside.kill()
            upside.start()
        upside.wait_until_ready(pool)
    database = open_database(database_url)
    wait_until_quiet(database)
    assert upside.stop() == 0
    assert clients.surprises == []
    # The kills must have met a working system, or this proves nothing.
    assert len(clients.probes) > 5 * KILLS
    assert len(clients.files) > KILLS
    check_nothing_lost(database, clients)
    check_nothing_twice(database)
    check_figures(database)
    if amqp_url is not None:
        check_witness(amqp_url, database)
    database.close()


@contextmanager
def posting(clients: Clients) -> Iterator[None]:
    """Let the clients post while the block runs."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        running = [pool.submit(clients.run, seed) for seed in range(CLIENTS)]
        try:
            yield
        finally:
            clients.stopping.set()
    for one in running:
        one.result()


def wait_until_quiet(database: Database) -> None:
    """Wait until every request has been handled and everything has left."""
    requests = select(func.count()).select_from(events).where(events.c.entry == "accepted")
    # Others react to what follows from requests: to archived files, for one.
    asked = inbox.c.consumer.in_(("answer-probe", "ingest-file"))
    handled = select(func.count()).select_from(inbox).where(asked)
    every = select(func.count()).select_from(events)
    counted = select(func.count()).where(inbox.c.consumer == update_stats.CONSUMER.name)
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        waiting = [
            count(database, select(func.count()).select_from(t)) for t in (outbox, deliveries)
        ]
        # Nobody waits for who counts: it may have the last of them in hand.
        done = count(database, requests) == count(database, handled)
        if waiting == [0, 0] and done and count(database, every) == count(database, counted):
            return
        threading.Event().wait(0.2)
    pytest.fail("events are still waiting after 90 s")


def count(database: Database, statement: Executable) -> int:
    return int(next(iter(database.query(statement)[0].values())))


def check_nothing_lost(database: Database, clients: Clients) -> None:
    handled = {row["event_key"] for row in database.query(select(inbox.c.event_key))}
    assert set(clients.probes) <= handled
    answered = {row["event_key"] for row in database.query(select(probes.c.event_key))}
    assert set(clients.probes) <= answered
    archived = {
        row["name"] for row in database.query(select(files).where(files.c.name == files.c.sha256))
    }
    assert set(clients.files) <= archived
    assert count(database, select(func.count()).select_from(parked)) == 0


def check_nothing_twice(database: Database) -> None:
    follow_ons = (
        select(events.c.cause, func.count().label("times"))
        .where(events.c.entry == "emitted")
        .group_by(events.c.cause)
        .having(func.count() != 1)
    )
    assert database.query(follow_ons) == []
    versions = select(files.c.name).group_by(files.c.name).having(func.count() != 1)
    assert database.query(versions) == []


def check_figures(database: Database) -> None:
    """Every event was counted, whenever who counts was killed, and none twice."""
    verdict = verified(database)
    assert verdict.waiting == 0
    assert verdict.events == count(database, select(func.sum(statistics_totals.c.events)))
    assert verdict.events == count(database, select(func.count()).select_from(events))


# --- an independent witness on RabbitMQ -----------------------------------------------------------


def bind_witness(amqp_url: str) -> None:
    connection = pika.BlockingConnection(pika.URLParameters(amqp_url))
    channel = connection.channel()
    channel.queue_declare("witness", durable=True, arguments={"x-queue-type": "quorum"})
    channel.queue_bind("witness", FACTS, "#")
    connection.close()


def check_witness(amqp_url: str, database: Database) -> None:
    """Everything emitted was published; a repeat after a kill is allowed, a loss is not."""
    emitted = {
        row["id"] for row in database.query(select(events.c.id).where(events.c.entry == "emitted"))
    }
    connection = pika.BlockingConnection(pika.URLParameters(amqp_url))
    channel = connection.channel()
    seen = set()
    while True:
        method, properties, _ = channel.basic_get("witness", auto_ack=True)
        if method is None or properties is None:
            break
        seen.add(properties.message_id)
    connection.close()
    assert seen == emitted
