"""A package under construction: its members in a folder, and how far they are."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

from pydantic import JsonValue

from consumers.packaging.members import START, LostMemberError, Mark, Member

_PIECE = 1 << 20


class Construction:
    """Members by name, in the order in which they were begun."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._members: dict[str, Member] = {}

    def begin(self, name: str) -> Member:
        """Return a new member."""
        return self._open(name, START)

    def adopt(self, folder: Path, marks: Iterable[tuple[str, Mark]]) -> None:
        """Go on with what another run left in its folder: all of its members, or none.

        They are copied: the other process may not be as dead as it was taken for, and write on.
        Raises LostMemberError when there is less than the marks say.
        """
        try:
            for name, mark in marks:
                _copy(folder / self._free_path.name, self._free_path, mark.length)
                self._open(name, mark)
        except LostMemberError:
            self.clear()
            raise

    def clear(self) -> None:
        """Forget all members, to begin anew."""
        for member in self._members.values():
            member.close()
        self._members.clear()

    def __getitem__(self, name: str) -> Member:
        return self._members[name]

    @property
    def members(self) -> Sequence[Member]:
        """All of them."""
        return list(self._members.values())

    def save(self) -> JsonValue:
        """Return where each member stands, once that is on the disk."""
        for member in self._members.values():
            member.sync()
        return [
            [name, member.mark.length, member.mark.size, member.mark.crc]
            for name, member in self._members.items()
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    @property
    def _free_path(self) -> Path:
        # What a member is called comes from outside, and must not name a file of ours.
        return self.folder / f"{len(self._members)}.deflated"

    def _open(self, name: str, mark: Mark) -> Member:
        member = self._members[name] = Member(self._free_path, name, mark)
        return member


def _copy(source: Path, target: Path, length: int) -> None:
    """Copy the first bytes of a file, if it is there."""
    if not source.exists():
        raise LostMemberError(source, length, 0)
    with source.open("rb") as file, target.open("wb") as copy:
        left = length
        while left > 0 and (piece := file.read(min(_PIECE, left))):
            copy.write(piece)
            left -= len(piece)


def read_marks(state: JsonValue) -> list[tuple[str, Mark]]:
    """Return what `Construction.save` returned. Raises ValueError for anything else."""
    marks = []
    for one in state if isinstance(state, list) else [None]:
        match one:
            case [str(name), int(length), int(size), int(crc)]:
                marks.append((name, Mark(length, size, crc)))
            case _:
                raise ValueError(f"{one!r} is no mark of a member")
    return marks
