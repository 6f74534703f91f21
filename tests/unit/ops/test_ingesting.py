"""Which files are found, and how they are called."""

from pathlib import Path

import pytest

from ops.ingesting import Expected, expect, find
from store.errors import SetupError


@pytest.fixture
def night(tmp_path: Path) -> Path:
    folder = tmp_path / "night"
    (folder / "b").mkdir(parents=True)
    (folder / "b" / "2.txt").write_text("22")
    (folder / "b" / "1.txt").write_text("1")
    (folder / "a.txt").write_text("333")
    return folder


def names(*paths: Path, prefix: str = "") -> list[str]:
    return [found.name for found in find(paths, prefix)]


def test_a_file_is_called_like_itself(night: Path) -> None:
    assert names(night / "b" / "1.txt") == ["1.txt"]


def test_files_of_a_folder_are_called_by_their_paths_in_order(night: Path) -> None:
    assert names(night) == ["night/a.txt", "night/b/1.txt", "night/b/2.txt"]


def test_the_name_does_not_depend_on_how_the_folder_was_written(
    night: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(night)
    assert names(Path()) == names(Path("b/..")) == names(night)


def test_a_prefix_stands_before_every_name(night: Path) -> None:
    assert names(night / "a.txt", night / "b", prefix="t1/") == [
        "t1/a.txt",
        "t1/b/1.txt",
        "t1/b/2.txt",
    ]


def test_links_to_folders_are_not_followed(night: Path) -> None:
    (night / "loop").symlink_to(night)
    (night / "gone").symlink_to(night / "nowhere")
    assert names(night) == ["night/a.txt", "night/b/1.txt", "night/b/2.txt"]


def test_what_is_not_there_is_said_to_be(night: Path) -> None:
    with pytest.raises(SetupError, match="is no file and no folder"):
        names(night / "none")


def test_how_much_there_is_is_known_beforehand(night: Path) -> None:
    assert expect(find([night])) == Expected(3, 6)
