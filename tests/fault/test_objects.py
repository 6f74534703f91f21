"""Objects when disks fill and processes die: nothing half, nothing lost, nothing said in error."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from store.errors import ObjectsUnavailableError
from store.objects_local import LocalObjectStore
from store.objects_s3 import S3ObjectStore
from store.s3 import s3_client
from tests.contract.objects import MIB, PART_SIZE, get, keys, put
from tests.services.s3 import S3

REPOSITORY = Path(__file__).parents[2]

INTERRUPTED = """
import sys
from pathlib import Path
from store.objects_local import LocalObjectStore
from store.objects_s3 import S3ObjectStore
from store.s3 import s3_client

kind, *where = sys.argv[1:]
if kind == "local":
    objects = LocalObjectStore(Path(where[0]))
else:
    endpoint_url, access_key, secret_key, bucket, prefix = where
    client = s3_client(endpoint_url, access_key, secret_key)
    objects = S3ObjectStore(client, bucket, prefix, 5 * 1024 * 1024)
with objects.create("content/x") as sink:
    sink.write(bytes(12 * 1024 * 1024))
    print("written, not published", flush=True)
    sys.stdin.read()
"""

INCESSANT = """
import sys
from hashlib import sha256
from pathlib import Path
from store.objects_local import LocalObjectStore

objects = LocalObjectStore(Path(sys.argv[1]))
for number in range(int(sys.argv[2]), sys.maxsize):
    data = number.to_bytes(8) * 40_000
    key = sha256(data).hexdigest()
    with objects.create(f"staging/{key}") as sink:
        sink.write(data)
    objects.move(f"staging/{key}", f"content/{key}")
    print(key, flush=True)
"""

LIMITED = """
import resource, sys
from pathlib import Path
from store.objects_local import LocalObjectStore

resource.setrlimit(resource.RLIMIT_FSIZE, (1024 * 1024, 1024 * 1024))
with LocalObjectStore(Path(sys.argv[1])).create("x") as sink:
    for _ in range(100):
        sink.write(bytes(64 * 1024))
"""


@contextmanager
def running(script: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a Python script beside us; it is killed (SIGKILL) at the end of the block."""
    with subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def lines(process: subprocess.Popen[str], count: int) -> Sequence[str]:
    assert process.stdout is not None
    return [process.stdout.readline().strip() for _ in range(count)]


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=1)


# --- kill -9 ------------------------------------------------------------------------------------


def test_killed_after_writing_and_before_publishing_locally(tmp_path: Path) -> None:
    objects = LocalObjectStore(tmp_path)
    with running(INTERRUPTED, "local", str(tmp_path)) as process:
        assert lines(process, 1) == ["written, not published"]
        assert objects.sweep(soon()) == 0
    assert keys(objects) == []
    assert objects.sweep(soon()) == 1
    assert list((tmp_path / ".tmp").iterdir()) == []
    put(objects, "content/x", b"next try")
    assert get(objects, "content/x") == b"next try"


def test_killed_after_writing_and_before_publishing_on_s3(s3: S3) -> None:
    client = s3_client(s3.endpoint_url, s3.access_key, s3.secret_key, s3.region)
    bucket = s3.fresh_bucket()
    objects = S3ObjectStore(client, bucket, "a", PART_SIZE)
    place = (s3.endpoint_url, s3.access_key, s3.secret_key, bucket, "a")
    with running(INTERRUPTED, "s3", *place) as process:
        assert lines(process, 1) == ["written, not published"]
    assert keys(objects) == []
    assert objects.sweep(soon()) == 1
    assert objects.sweep(soon()) == 0
    put(objects, "content/x", b"next try")
    assert get(objects, "content/x") == b"next try"
    client.close()


def test_killed_after_publishing_and_before_the_draft_is_gone(tmp_path: Path) -> None:
    objects = LocalObjectStore(tmp_path)
    put(objects, "x", b"bytes")
    os.link(tmp_path / "x", tmp_path / ".tmp/draft")
    assert objects.sweep(soon()) == 1
    assert get(objects, "x") == b"bytes"


def test_killed_at_any_moment_leaves_whole_objects_and_all_that_were_told(tmp_path: Path) -> None:
    objects = LocalObjectStore(tmp_path)
    told: set[str] = set()
    for round_ in range(10):
        with running(INCESSANT, str(tmp_path), str(round_ * 1000)) as process:
            told.update(lines(process, 5 + 3 * round_))
        for info in objects.list(""):
            assert sha256(get(objects, info.key)).hexdigest() == info.key.partition("/")[2]
    assert told <= {key.removeprefix("content/") for key in keys(objects, "content/")}
    objects.sweep(soon())
    assert list((tmp_path / ".tmp").iterdir()) == []


# --- disks --------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False).returncode:
        pytest.skip("a small disk can be mounted by root alone, where mounting is allowed")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_full_disk_keeps_what_is_there_and_takes_more_when_there_is_room(
    small_disk: Path,
) -> None:
    objects = LocalObjectStore(small_disk)
    put(objects, "a", b"early")
    put(objects, "large", bytes(MIB))
    with pytest.raises(ObjectsUnavailableError, match="No space left on device; make room"):
        put(objects, "b", bytes(2 * MIB))
    assert list((small_disk / ".tmp").iterdir()) == []
    assert keys(objects) == ["a", "large"]
    (small_disk / "filler").write_bytes(bytes(MIB - 64 * 1024))
    while True:
        with (small_disk / "filler").open("ab", buffering=0) as filler:
            try:
                filler.write(bytes(4096))
            except OSError:
                break
    with pytest.raises(ObjectsUnavailableError, match="No space left"):
        objects.check()
    with pytest.raises(ObjectsUnavailableError, match="No space left"):
        put(objects, "new/folder/b", b"late")
    assert get(objects, "a") == b"early"
    objects.move("a", "c")
    (small_disk / "filler").unlink()
    objects.check()
    put(objects, "b", b"late")
    assert get(objects, "b") == b"late"


def test_a_disk_that_turned_read_only_can_still_be_read(small_disk: Path) -> None:
    objects = LocalObjectStore(small_disk)
    put(objects, "a", b"early")
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(ObjectsUnavailableError, match="Read-only"):
        put(objects, "b", b"")
    for change in (objects.check, lambda: objects.delete("a"), lambda: objects.move("a", "b")):
        with pytest.raises(ObjectsUnavailableError, match="Read-only"):
            change()
    assert get(objects, "a") == b"early"
    assert keys(objects) == ["a"]


def test_a_file_that_may_not_grow_leaves_nothing(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LIMITED, tmp_path],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "ObjectsUnavailableError: object store: " in ended.stderr
    assert "File too large" in ended.stderr
    assert keys(LocalObjectStore(tmp_path)) == []
    assert list((tmp_path / ".tmp").iterdir()) == []
