"""Memory stays flat with the size of files: a process of its own is watched while they pass."""

import hashlib
import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.services.waiting import until

MEBIBYTE = 1024**2
SIZE = 300 * MEBIBYTE
PIECE = bytes(range(256)) * 4096
MOST_GROWTH = 48 * MEBIBYTE
"""Of resident memory, over what the idle process has: chunks and buffers, not files."""


class Watched:
    """A running `muniment up`."""

    def __init__(self, process: subprocess.Popen[bytes], url: str, token: str) -> None:
        self.process = process
        self.token = token
        self._address = urlsplit(url).netloc

    def connect(self) -> http.client.HTTPConnection:
        """Return a connection to it."""
        return http.client.HTTPConnection(self._address, timeout=120)

    def resident(self, which: str) -> int:
        """Return bytes of `VmRSS` (now) or `VmHWM` (ever)."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(f"{which}:"):
                return int(line.split()[1]) * 1024
        raise AssertionError(f"no {which}")


@pytest.fixture
def watched(tmp_path: Path, free_port: int) -> Iterator[Watched]:
    if not Path("/proc/self/status").exists():
        pytest.skip("memory is read from /proc, which only Linux has")
    environment = {
        **os.environ,
        "MUNIMENT_DATA_DIR": str(tmp_path / "data"),
        "MUNIMENT_HTTP_PORT": str(free_port),
    }
    token = tmp_path / "data" / "operator.token"
    log = (tmp_path / "log").open("wb")
    with (
        log,
        subprocess.Popen(
            [sys.executable, "-m", "ops", "up"], env=environment, stdout=log, stderr=log
        ) as process,
    ):
        url = f"http://127.0.0.1:{free_port}"
        until(lambda: token.exists() and answers(url), seconds=60, what="muniment up")
        yield Watched(process, url, token.read_text().strip())
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0


def answers(url: str) -> bool:
    with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)) as connection:
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except OSError:
            return False


def test_memory_stays_flat_with_the_size_of_a_file(watched: Watched) -> None:
    before = watched.resident("VmRSS")
    headers = {
        "Authorization": f"Bearer {watched.token}",
        "Content-Length": str(SIZE),
        "Prefer": "wait=60",
    }
    with closing(watched.connect()) as connection:
        connection.request("PUT", "/files/large.bin", pieces(), headers)
        answer = connection.getresponse()
        location = answer.headers["Location"]
        assert answer.status == 201, answer.read()
    with closing(watched.connect()) as connection:
        connection.request("GET", f"{location}/content")
        content = connection.getresponse()
        digest = hashlib.sha256()
        while piece := content.read(MEBIBYTE):
            digest.update(piece)
    assert digest.hexdigest() == expected()
    assert watched.resident("VmHWM") - before < MOST_GROWTH


def pieces() -> Iterator[bytes]:
    for _ in range(SIZE // len(PIECE)):
        yield PIECE


def expected() -> str:
    digest = hashlib.sha256()
    for piece in pieces():
        digest.update(piece)
    return digest.hexdigest()
