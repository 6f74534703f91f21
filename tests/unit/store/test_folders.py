"""No step below a folder follows a symbolic link, and only regular files open."""

import os
from contextlib import suppress
from itertools import cycle
from pathlib import Path
from threading import Event, Thread

import pytest

from store.folders import LinkError, NotRegularError, open_file, open_folder


def read(root: Path, *steps: str) -> bytes:
    with open_folder(root, steps[:-1]) as folder, open_file(folder, steps[-1]) as file:
        return file.read()


def test_a_file_below(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/c").write_bytes(b"bytes")
    assert read(tmp_path, "a", "b", "c") == b"bytes"


def test_a_link_is_no_step(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/file").touch()
    (tmp_path / "link").symlink_to("a")
    (tmp_path / "a/link").symlink_to("file")
    (tmp_path / "a/broken").symlink_to("nowhere")
    for steps in (["link", "file"], ["a", "link"], ["a", "broken"], ["a", "link", "x"]):
        with pytest.raises(LinkError):
            read(tmp_path, *steps)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        read(tmp_path, "file", "x")


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read(tmp_path, "a", "b")
    with pytest.raises(FileNotFoundError):
        read(tmp_path, "b")


@pytest.mark.timeout(60)
def test_only_regular_files_open(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo")  # to open it would wait for a writer
    for name in ("folder", "fifo", "."):
        with pytest.raises(NotRegularError):
            read(tmp_path, name)
    with pytest.raises(NotRegularError):
        read(Path("/dev"), "null")


def test_a_folder_that_was_opened_stays_the_one_that_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/x").write_bytes(b"inside")
    (tmp_path / "evil").mkdir()
    (tmp_path / "evil/x").write_bytes(b"outside")
    with open_folder(tmp_path, ["a"]) as folder:
        (tmp_path / "a").rename(tmp_path / "moved")
        (tmp_path / "a").symlink_to("evil")
        with open_file(folder, "x") as file:
            assert file.read() == b"inside"


def test_a_file_that_turns_into_something_else_while_it_is_opened(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"outside")
    root = tmp_path / "root"
    root.mkdir()
    ended = Event()

    def replace_again_and_again() -> None:
        make = cycle([Path.touch, lambda path: path.symlink_to(outside), os.mkfifo])
        while not ended.is_set():
            next(make)(tmp_path / "next")
            (tmp_path / "next").rename(root / "x")

    replacing = Thread(target=replace_again_and_again)
    replacing.start()
    try:
        for _ in range(10_000):
            with suppress(LinkError, NotRegularError, FileNotFoundError):
                assert read(root, "x") == b""
    finally:
        ended.set()
        replacing.join()


def test_missing_folders_are_made(tmp_path: Path) -> None:
    for _ in range(2):
        with open_folder(tmp_path, ["a", "b"], make=True):
            assert (tmp_path / "a/b").is_dir()


def identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino


def opened() -> set[tuple[int, int]]:
    """Return what is open in this process: by tests before, and by other threads, too."""
    found = set()
    for descriptor in Path("/dev/fd").iterdir():
        with suppress(OSError):  # that of the list itself
            found.add(identity(os.fstat(int(descriptor.name))))
    return found


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/link").symlink_to("b")
    for steps in (["a", "b", "x"], ["a", "link", "x"], ["a", "b"], ["x", "y", "z"]):
        with pytest.raises(OSError):  # noqa: PT011 - which one is the subject of other tests
            read(tmp_path, *steps)
    assert not {identity(path.stat()) for path in (tmp_path, *tmp_path.rglob("*"))} & opened()
