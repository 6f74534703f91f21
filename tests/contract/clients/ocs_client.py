"""The real ocs-ingester 3.2 and an archive for it; environment variables are all they share."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import urllib3

from tests.equipment.archive import Archive
from tests.equipment.archive_bytes import (
    Ingester,
    ingesting_into_bucket,
    ingesting_into_folder,
    md5_of,
)

PATIENCE_SECONDS = 120
FRAME_CONSUMERS = (
    *("ingest-frame", "announce-archived", "examine-frame", "discard-frame", "describe-frame"),
)
_BIN = Path(sys.executable).parent
_DRIVER = Path(__file__).with_name("ocs_driver.py")


class OcsError(Exception):
    """What the client's library raised: the name of its class, and what it says."""

    @property
    def kind(self) -> str:
        """The name of its class."""
        return str(self.args[0])


@dataclass(frozen=True)
class OcsClient:
    """An observatory's machine: the client, its environment, and files in a folder."""

    archive: Archive
    folder: Path
    environment: Mapping[str, str]
    library: "subprocess.Popen[str]"
    """Calls what it is told to; one for all tests, since it takes a second to start."""

    def command(self, *arguments: str | Path, **environment: str) -> tuple[int, str]:
        """Run `ocs_ingest_frame`; return its exit code and all that it printed."""
        done = subprocess.run(
            [_BIN / "ocs_ingest_frame", *arguments],
            cwd=self.folder,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        return done.returncode, done.stdout

    def call(self, function: str, path: Path | None = None, /, **arguments: Any) -> Any:  # noqa: ANN401 - JSON is what it is
        """Call a function of the library. Raises OcsError for what it raises."""
        asked = {"function": function, "path": path and str(path), "arguments": arguments}
        assert self.library.stdin is not None
        assert self.library.stdout is not None
        self.library.stdin.write(json.dumps(asked) + "\n")
        self.library.stdin.flush()
        said = json.loads(self.library.stdout.readline())
        if "raised" in said:
            raise OcsError(*said["raised"])
        return said["returned"]

    def ingest(self, path: Path, /, **arguments: Any) -> Any:  # noqa: ANN401 - JSON is what it is
        """Have a file archived, in one step; return the client's record of it."""
        return self.call("upload_file_and_ingest_to_archive", path, **arguments)

    def exists(self, path: Path) -> bool:
        """Return whether the archive has these bytes, as the client sees it."""
        return bool(self.call("frame_exists", path))

    def frame(self, number: int) -> Any:  # noqa: ANN401 - JSON is what it is
        """Return what the archive shows the public of a frame."""
        answer = self.archive.get(f"/frames/{number}/")
        assert answer.status == 200, answer
        return answer.json


def fetched_md5(url: str) -> str:
    """Return the digest of what a URL gives to any HTTP client."""
    answer = urllib3.request("GET", url, retries=False, timeout=PATIENCE_SECONDS)
    assert answer.status == 200, answer.data
    return md5_of(answer.data)


@contextmanager
def archive_for_ocs(
    world: str, request: pytest.FixtureRequest, folder: Path, **settings: object
) -> Iterator[tuple[Archive, Mapping[str, str]]]:
    """Run an archive that announces on a broker; yield it and a client's environment."""
    broker = request.getfixturevalue("amqp_url")
    chosen = {"consumers": FRAME_CONSUMERS, "notice_amqp_url": broker, **settings}
    into = ingesting_into_folder if world == "embedded" else ingesting_into_bucket
    with into(request, folder, world=world, **chosen) as ingester:
        yield ingester.archive, _environment(ingester, folder)


@contextmanager
def ocs_client(
    archive: Archive, environment: Mapping[str, str], folder: Path
) -> Iterator[OcsClient]:
    """Start the client's library."""
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", _DRIVER],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as library:
        yield OcsClient(archive, folder, environment, library)
        assert library.stdin is not None
        library.stdin.close()
        assert library.wait(PATIENCE_SECONDS) == 0


def _environment(ingester: Ingester, folder: Path) -> Mapping[str, str]:
    """Return all that a client knows."""
    settings = ingester.archive.running.settings
    store, _, place = settings.archive_store_url.partition(":")
    where = {"FILESTORE_TYPE": "local", "FILESYSTEM_STORAGE_ROOT_DIR": place}
    if store == "s3":
        secret = settings.s3_secret_key
        where = {
            "FILESTORE_TYPE": "s3",
            "BUCKET": place.removeprefix("//"),
            "S3_ENDPOINT_URL": settings.s3_endpoint_url or "",
            "AWS_ACCESS_KEY_ID": settings.s3_access_key or "",
            "AWS_SECRET_ACCESS_KEY": secret.get_secret_value() if secret else "",
            "AWS_DEFAULT_REGION": settings.s3_region,
        }
    return {
        "PATH": os.pathsep.join([str(_BIN), os.environ["PATH"]]),
        "HOME": str(folder),
        "OPENTSDB_PYTHON_METRICS_TEST_MODE": "True",
        "API_ROOT": f"{ingester.archive.running.url}/archive/",
        "AUTH_TOKEN": ingester.archive.tokens["root"],
        **where,
    }
