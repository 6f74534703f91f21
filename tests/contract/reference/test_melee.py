"""Section 4: many at once, over several connections and several processes; nobody is lost."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import cycle, islice
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import urllib3

from tests.command_line import CommandLine
from tests.equipment.reference import JSON, Reference, referring
from tests.services.ports import free_ports
from tests.services.postgresql import PostgreSQL

CONNECTIONS = 20
ADDS = 200


def add(pool: urllib3.PoolManager, url: str) -> dict[str, Any]:
    """Count one, and return what is told."""
    answer = pool.request("PUT", f"{url}/reference/service/add", timeout=60, retries=False)
    assert answer.status == 200, answer.data
    said = answer.json()
    assert isinstance(said, dict)
    return said


def stats(pool: urllib3.PoolManager, url: str) -> dict[str, Any]:
    """Return what is told of the counter."""
    said = pool.request("GET", f"{url}/reference/service/stats", headers={"Accept": JSON}).json()
    assert isinstance(said, dict)
    return said


def count_and_compare(urls: Sequence[str]) -> None:
    """Count 200 over 20 connections, and see that none is lost and no two are told the same."""
    with (
        urllib3.PoolManager(maxsize=CONNECTIONS, block=True) as pool,
        ThreadPoolExecutor(CONNECTIONS) as threads,
    ):
        before = stats(pool, urls[0])
        told = list(threads.map(lambda url: add(pool, url), islice(cycle(urls), ADDS)))
        after = [stats(pool, url) for url in urls]
    numbers = sorted(one["invocations"] for one in told)
    first = before["invocations"] + 1
    assert numbers == list(range(first, first + ADDS))
    assert all(one["usagename"] == one["invocations"] for one in told)
    assert {one["lastReset"] for one in told} == {before["lastReset"]}
    assert after == [{**before, "invocations": first + ADDS - 1}] * len(urls)


def test_200_over_20_connections(either: Reference) -> None:
    count_and_compare([either.url])


def test_200_at_the_same_instant(either: Reference) -> None:
    """All are there before any is sent."""
    either.put("service/reset")
    together = Barrier(ADDS)
    with (
        urllib3.PoolManager(maxsize=ADDS) as pool,
        ThreadPoolExecutor(ADDS) as threads,
    ):

        def wait_and_add(_: int) -> int:
            together.wait(60)
            return int(add(pool, either.url)["invocations"])

        told = sorted(threads.map(wait_and_add, range(ADDS)))
    assert told == list(range(1, ADDS + 1))
    assert either.count() == ADDS


@contextmanager
def empty_database(request: pytest.FixtureRequest, kind: str) -> Iterator[str]:
    """Yield the URL of a database of this kind that nobody has used yet."""
    if kind == "sqlite":
        yield ""
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    with server.fresh_database() as url:
        yield url


@contextmanager
def two_ingresses(folder: Path, database_url: str) -> Iterator[list[str]]:
    """Run two ingresses, each a process of its own, and yield where they are."""
    ports = free_ports(2)
    with ExitStack() as stack:
        for number, port in enumerate(ports):
            home = folder / str(number)
            home.mkdir()
            settings = {
                "MUNIMENT_DATA_DIR": str(folder / "var"),
                "MUNIMENT_DATABASE_URL": database_url,
                "MUNIMENT_HTTP_PORT": str(port),
            }
            line = CommandLine(home, settings)
            process = stack.enter_context(line.running("ingress"))
            line.wait_for(process, "listens")
        yield [f"http://127.0.0.1:{port}" for port in ports]


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_200_over_two_processes(
    request: pytest.FixtureRequest, tmp_path: Path, database: str
) -> None:
    with empty_database(request, database) as url, two_ingresses(tmp_path, url) as urls:
        count_and_compare(urls)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_the_first_of_many_is_no_other_than_the_rest(
    request: pytest.FixtureRequest, tmp_path: Path, database: str
) -> None:
    """Nothing has been asked before: what is made at first access is made by forty at once."""
    paths = ("service/stats", "platform/stats", "service/doc", "platform/info", "service/app")
    with (
        empty_database(request, database) as url,
        referring(request, tmp_path, database_url=url) as reference,
        ThreadPoolExecutor(40) as threads,
    ):
        together = Barrier(40)

        def ask(path: str) -> tuple[str, int, bytes]:
            together.wait(60)
            answer = reference.get(path)
            return path, answer.status, answer.body

        answers = list(threads.map(ask, paths * 8))
        assert {status for _, status, _ in answers} == {200, 302}
        told = {body for path, _, body in answers if path.endswith("/stats")}
        assert len(told) == 2
        numbers = list(threads.map(lambda _: reference.put("service/add").status, range(40)))
        assert numbers == [200] * 40
        assert reference.count() == 40


def test_a_reset_in_the_midst_loses_nothing(either: Reference) -> None:
    """What is told after a reset is told with the reset's time; no number is told twice."""
    either.put("service/reset")
    with ThreadPoolExecutor(8) as threads:
        told = list(
            threads.map(
                lambda n: either.put("service/reset" if n % 10 == 9 else "service/add").json,
                range(100),
            )
        )
    zeros = [one for one in told if "usagename" not in one]
    assert [one["invocations"] for one in zeros] == [0] * 10
    assert 0 <= either.count() <= 90
