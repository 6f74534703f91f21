"""`muniment chaos`, short: everything that was accepted has ended once, whatever was broken.

`MUNIMENT_TEST_CHAOS_MINUTES=20` makes it a long one.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from shlex import join
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import delete, insert, select

from store.database import Database, open_database
from store.errors import DatabaseUnavailableError
from store.tables import deliveries, events, probes
from tests.services.private_postgresql import PrivatePostgreSQL
from tests.services.private_rabbitmq import PrivateRabbitMQ
from tests.services.s3 import S3
from tests.services.waiting import until

MINUTES = float(os.environ.get("MUNIMENT_TEST_CHAOS_MINUTES", "0.4"))
EVERY = "2" if MINUTES >= 1 else "1"
TIMEOUT = MINUTES * 60 + 500

ASK = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1]))).recv(1)"


def start(folder: Path, environment: Mapping[str, str], *arguments: str) -> subprocess.Popen[str]:
    """Start the command in a folder of its own."""
    kept = {name: value for name, value in os.environ.items() if "MUNIMENT" not in name}
    return subprocess.Popen(
        [sys.executable, "-m", "ops", "chaos", "--json", "--dir", str(folder), *arguments],
        env={**kept, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, dict[str, Any]]:
    """Return its exit code and what it has printed."""
    said, complained = process.communicate(timeout=TIMEOUT)
    assert said, complained
    sys.stdout.write(said)  # the figures, for whoever runs this by hand with `pytest -s`
    return process.returncode, json.loads(said)


def check(code: int, found: dict[str, Any]) -> None:
    """Nothing is lost or doubled, and there was enough to be lost."""
    assert (found["lost"], found["doubled"]) == (0, 0), found
    assert (found["waiting"], found["unexpected"]) == ([], []), found
    assert code == 0
    assert found["accepted"] == found["ended"] > 20
    assert sum(found["kills"].values()) >= 3
    assert found["faults"]["deliveries repeated"] > 0
    assert found["recovery_seconds"]["kill"]["times"] > 0


@contextmanager
def restarting(restart: Callable[[], None]) -> Iterator[str]:
    """Yield a command that has something restarted here, and returns when it is back."""

    class Asked(BaseRequestHandler):
        def handle(self) -> None:
            restart()

    with ThreadingTCPServer(("127.0.0.1", 0), Asked) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield join([sys.executable, "-c", ASK, str(server.server_address[1])])
        server.shutdown()
        thread.join()


@pytest.mark.timeout(TIMEOUT)
def test_embedded_nothing_is_lost_and_nothing_doubled(tmp_path: Path) -> None:
    arguments = ("--minutes", str(MINUTES), "--every", EVERY, "--seed", "5")
    check(*finish(start(tmp_path, {}, *arguments)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.timeout(TIMEOUT)
def test_deployed_nothing_is_lost_and_nothing_doubled(
    private_rabbitmq: PrivateRabbitMQ,
    private_postgresql: PrivatePostgreSQL,
    s3: S3,
    tmp_path: Path,
) -> None:
    def restart_broker() -> None:
        private_rabbitmq.kill()
        private_rabbitmq.start()

    def restart_database() -> None:
        private_postgresql.stop()
        private_postgresql.start()

    environment = {
        "MUNIMENT_BUS_URL": private_rabbitmq.url,
        "MUNIMENT_MANAGEMENT_URL": private_rabbitmq.management_url,
        "MUNIMENT_DATABASE_URL": private_postgresql.url.render_as_string(hide_password=False),
        "MUNIMENT_OBJECTS_URL": f"s3://{s3.fresh_bucket()}",
        "MUNIMENT_S3_ENDPOINT_URL": s3.endpoint_url,
        "MUNIMENT_S3_ACCESS_KEY": s3.access_key,
        "MUNIMENT_S3_SECRET_KEY": s3.secret_key,
        "MUNIMENT_S3_REGION": s3.region,
    }
    with restarting(restart_broker) as broker, restarting(restart_database) as database:
        process = start(
            tmp_path,
            environment,
            *("--minutes", str(MINUTES), "--every", EVERY, "--seed", "5"),
            *("--restart-broker", broker, "--restart-database", database),
        )
        code, found = finish(process)
    check(code, found)
    assert found["left_out"] == []
    assert found["faults"]["broker restarted"] > 0
    assert found["faults"]["database restarted"] > 0
    assert found["faults"]["bad spells of S3"] > 0
    assert list(tmp_path.iterdir()) == []


@contextmanager
def database_of(folder: Path) -> Iterator[Database]:
    """Open the database of the installation that is being broken, once it has done something."""
    path = until(
        lambda: next(folder.glob("muniment-chaos-*/data/muniment.db"), None),
        seconds=60,
        what="the installation",
    )
    with closing(open_database(f"sqlite:///{path}")) as database:
        until(lambda: answered(database), seconds=60, what="an answered probe")
        yield database


def answered(database: Database) -> list[Any]:
    try:
        return database.query(select(probes.c.event_key).limit(1))
    except DatabaseUnavailableError:  # the tables are not there yet
        return []


def test_what_goes_missing_or_comes_twice_is_reported(tmp_path: Path) -> None:
    process = start(tmp_path, {}, "--minutes", "60")
    with database_of(tmp_path) as database:
        key = answered(database)[0]["event_key"]
        follow_on = dict(database.query(select(events).where(events.c.cause == key))[0])
        del follow_on["position"]
        follow_on["key"] = follow_on["id"] = "01970000-0000-7000-8000-000000000000"
        with database.transaction() as transaction:
            transaction.execute(delete(probes).where(probes.c.event_key == key))
            transaction.execute(insert(events).values(follow_on))
            # As any event is, it is to be counted.
            delivery = {"queue": "update-stats", "attempt": 1, "taken": 0}
            due = {"event_key": follow_on["key"], "not_before": follow_on["recorded_at"]}
            transaction.execute(insert(deliveries).values({**delivery, **due}))
        process.send_signal(signal.SIGINT)
    code, found = finish(process)
    assert code == 1
    assert (found["lost"], found["doubled"]) == (1, 1)
    assert found["details"] == [
        f"{key}: has no row of its probe",
        f"{key}: has 2 follow-ons of consumer:answer-probe",
    ]
    logs = {path.name for path in tmp_path.glob("muniment-chaos-*/*.log")}
    assert logs == {"up.log", "worker-1.log", "worker-2.log"}


def test_ctrl_c_ends_the_faults_and_the_account_is_settled_all_the_same(tmp_path: Path) -> None:
    process = start(tmp_path, {}, "--minutes", "60")
    with database_of(tmp_path):
        process.send_signal(signal.SIGINT)
    code, found = finish(process)
    assert code == 0
    assert found["seconds"] < 600
    assert found["accepted"] == found["ended"] > 0


def test_it_breaks_one_of_two_worlds(tmp_path: Path) -> None:
    environment = {"MUNIMENT_DATABASE_URL": "postgresql+psycopg2://nobody@127.0.0.1:1/nothing"}
    process = start(tmp_path, environment)
    _, complained = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "set both MUNIMENT_BUS_URL and MUNIMENT_DATABASE_URL, or neither" in complained
