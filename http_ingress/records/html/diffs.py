"""A unified diff in blocks of lines that are alike: what a page marks, and what it leaves plain."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

Kind = Literal["added", "removed", "hunk", "file", "plain"]

_HUNK = re.compile(r"@@ -\d{1,9}(?:,(\d{1,9}))? \+\d{1,9}(?:,(\d{1,9}))? @@")
_OF_FILE = ("diff ", "index ", "--- ", "+++ ", "Index: ", "=== ")


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that follow one another, with their line ends and signs."""

    kind: Kind
    text: str


def blocks(lines: Sequence[str]) -> Iterator[Block]:
    """Return the lines of a diff, parted by kind; what is no diff is plain."""
    for kind, group in groupby(zip(_kinds(lines), lines, strict=True), key=lambda pair: pair[0]):
        yield Block(kind, "".join(f"{line}\n" for _, line in group))


def _kinds(lines: Sequence[str]) -> Iterator[Kind]:
    """Yield the kind of each line.

    A hunk says how long it is. Without counting, a removed line that begins with `-- ` would look
    like the name of a file.
    """
    before = after = 0
    for line in lines:
        hunk = _HUNK.match(line)
        if before <= 0 and after <= 0 and hunk:
            before, after = (int(length or 1) for length in hunk.groups())
            yield "hunk"
        elif before <= 0 and after <= 0:
            yield "file" if line.startswith(_OF_FILE) else "plain"
        elif line.startswith("+"):
            after -= 1
            yield "added"
        elif line.startswith("-"):
            before -= 1
            yield "removed"
        else:
            if not line.startswith("\\"):  # "\ No newline at end of file" is no line of the file
                before, after = before - 1, after - 1
            yield "plain"
