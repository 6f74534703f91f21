"""A package under construction: what a run leaves, another goes on with, in a folder of its own."""

from pathlib import Path

import pytest
from pydantic import JsonValue

from consumers.packaging.construction import Construction, read_marks
from consumers.packaging.members import LostMemberError


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    former, own = tmp_path / "former", tmp_path / "own"
    former.mkdir()
    own.mkdir()
    return former, own


def contents(construction: Construction) -> dict[str, bytes]:
    return {member.name: b"".join(member.content()) for member in construction.members}


def leave(folder: Path) -> JsonValue:
    """Build in a folder, and leave more than what was saved."""
    with Construction(folder) as construction:
        construction.begin("b").write(b"first of b")
        construction.begin("../a").write(b"first of a")
        marks = construction.save()
        construction["b"].write(b"not saved")
        construction.begin("c").write(b"not saved either")
    return marks


def test_members_come_in_the_order_of_their_beginning(folders: tuple[Path, Path]) -> None:
    with Construction(folders[1]) as construction:
        for name in ("b", "a", "c"):
            construction.begin(name).write(name.encode())
        assert contents(construction) == {"b": b"b", "a": b"a", "c": b"c"}
        assert [member.name for member in construction.members] == ["b", "a", "c"]


def test_what_a_member_is_called_names_no_file(folders: tuple[Path, Path], tmp_path: Path) -> None:
    with Construction(folders[1]) as construction:
        construction.begin("../../evil").write(b"x")
        construction.begin("/etc/evil").write(b"x")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(path.name for path in files) == ["0.deflated", "1.deflated"]


def test_another_run_goes_on_at_the_marks_in_a_copy(folders: tuple[Path, Path]) -> None:
    former, own = folders
    marks = leave(former)
    before = {path.name: path.read_bytes() for path in former.iterdir()}
    with Construction(own) as construction:
        construction.adopt(former, read_marks(marks))
        assert contents(construction) == {"b": b"first of b", "../a": b"first of a"}
        construction["b"].write(b", second of b")
        construction.begin("d").write(b"d")
        assert contents(construction)["b"] == b"first of b, second of b"
        assert list(contents(construction)) == ["b", "../a", "d"]
    assert {path.name: path.read_bytes() for path in former.iterdir()} == before


def test_a_former_owner_that_writes_on_changes_nothing(folders: tuple[Path, Path]) -> None:
    former, own = folders
    marks = leave(former)
    with Construction(own) as construction:
        construction.adopt(former, read_marks(marks))
        for path in former.iterdir():
            path.write_bytes(b"rubbish")
        assert contents(construction) == {"b": b"first of b", "../a": b"first of a"}


def remove(path: Path) -> None:
    path.unlink()


def shorten(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(3)


@pytest.mark.parametrize("spoil", [remove, shorten])
@pytest.mark.parametrize("which", ["0.deflated", "1.deflated"])
def test_all_is_taken_over_or_nothing(
    folders: tuple[Path, Path], spoil: object, which: str
) -> None:
    former, own = folders
    marks = leave(former)
    assert callable(spoil)
    spoil(former / which)
    with Construction(own) as construction:
        with pytest.raises(LostMemberError):
            construction.adopt(former, read_marks(marks))
        assert construction.members == []
        construction.begin("b").write(b"anew")
        assert contents(construction) == {"b": b"anew"}


def test_nothing_is_left_of_what_was_cleared(folders: tuple[Path, Path]) -> None:
    with Construction(folders[1]) as construction:
        construction.begin("a").write(b"a long first content")
        construction.clear()
        assert construction.members == []
        construction.begin("b").write(b"b")
        assert contents(construction) == {"b": b"b"}


@pytest.mark.parametrize(
    "said",
    [None, "x", {}, [1], [["a", 1, 2]], [["a", 1, 2, "3"]], [[1, 1, 2, 3]], [["a", 1, 2, 3], None]],
)
def test_marks_of_another_shape_are_refused(said: JsonValue) -> None:
    with pytest.raises(ValueError, match="is no mark of a member"):
        read_marks(said)


def test_the_marks_of_nothing_are_none(folders: tuple[Path, Path]) -> None:
    with Construction(folders[1]) as construction:
        assert construction.save() == []
    assert read_marks([]) == []
