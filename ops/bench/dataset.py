"""A dataset to be packaged: rows of integers, decimals, texts and moments, made from their number.

A repository tells its rows in two ways. As `NUMBERS` the decimals are numbers, so that rows have
to be read as objects; as `TEXTS` they are texts, so that rows may be read as CSV. In a CSV file
both are the same bytes.
"""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

NUMBERS, TEXTS = "numbers", "texts"

_PERIOD = 5003
"""Rows after which all values but the first come again: farther than deflate looks back."""
_WORDS = (
    "Lepidoptera",
    "London",
    "Natural History",
    "Müller",
    "drawer",
    "holotype",
    "incertae sedis",
    "label",
)
_QUOTED = 50
"""One text of so many holds a comma."""
_MISSING = 4
"""One value of so many is null, in the columns that have such."""

Cell = int | float | str | None


@dataclass(frozen=True)
class Dataset:
    """So many rows and columns; a repository tells `page_size` rows at once."""

    rows: int = 200_000
    columns: int = 20
    page_size: int = 5000

    def fields(self, resource: str) -> list[dict[str, str]]:
        """Return names and types of the columns, as CKAN tells them."""
        kinds = ("text", "int4", "float8" if resource == NUMBERS else "text", "text", "timestamp")
        named = ((f"column_{column}", kinds[column % len(kinds)]) for column in self._others)
        return [{"id": name, "type": kind} for name, kind in (("_id", "int"), *named)]

    def pages(self, resource: str) -> Iterator[bytes]:
        """Yield the records of each page as JSON: objects, or one text that is CSV."""
        tails = self._objects if resource == NUMBERS else self._lines
        for start in range(0, self.rows, self.page_size):
            numbers = range(start, min(start + self.page_size, self.rows))
            if resource == NUMBERS:
                told = (f'{{"_id":{number + 1}{tails[number % len(tails)]}' for number in numbers)
                yield f"[{','.join(told)}]".encode()
            else:
                yield json.dumps("".join(self._csv(numbers)), ensure_ascii=False).encode()

    def write_file(self, path: Path, size: int) -> None:
        """Write a file of `size` bytes that holds such rows, as CSV."""
        with path.open("wb") as file:
            start = 0
            while (left := size - file.tell()) > 0:
                numbers = range(start, start + self.page_size)
                file.write("".join(self._csv(numbers)).encode()[:left])
                start = numbers.stop

    def _csv(self, numbers: range) -> Iterator[str]:
        """Yield rows as PostgreSQL writes them (manual of COPY, "CSV Format")."""
        lines = self._lines
        return (f"{number + 1}{lines[number % len(lines)]}" for number in numbers)

    @property
    def _others(self) -> range:
        """The columns after the first."""
        return range(1, self.columns)

    @cached_property
    def _objects(self) -> Sequence[str]:
        names = [field["id"] for field in self.fields(NUMBERS)[1:]]
        return [
            "".join(
                f",{json.dumps(name)}:{json.dumps(cell, ensure_ascii=False)}"
                for name, cell in zip(names, row, strict=True)
            )
            + "}"
            for row in self._values
        ]

    @cached_property
    def _lines(self) -> Sequence[str]:
        return ["".join(f",{_copied(cell)}" for cell in row) + "\n" for row in self._values]

    @cached_property
    def _values(self) -> Sequence[Sequence[Cell]]:
        chance = random.Random(self.columns)  # noqa: S311 - the same rows each time are the point
        count = min(_PERIOD, max(self.rows, self.page_size))
        return list(islice(_rows(chance, self.columns - 1), count))


def _rows(chance: random.Random, width: int) -> Iterator[Sequence[Cell]]:
    while True:
        yield [_cell(chance, column % 5) for column in range(1, width + 1)]


def _cell(chance: random.Random, kind: int) -> Cell:
    if kind == 1:
        return chance.randrange(1_000_000)
    if kind == 2:  # noqa: PLR2004 - the kinds are counted as in `fields`
        return round(chance.uniform(-90, 90), 5)
    if kind == 3 and chance.randrange(_MISSING) == 0:  # noqa: PLR2004
        return None
    if kind == 4:  # noqa: PLR2004
        return f"{chance.randrange(1850, 2026)}-06-12T00:00:00"
    comma = ", " if chance.randrange(_QUOTED) == 0 else " "
    return chance.choice(_WORDS) + comma + format(chance.randrange(16**4), "x")


def _copied(cell: Cell) -> str:
    if cell is None:
        return ""
    return f'"{cell}"' if isinstance(cell, str) and "," in cell else str(cell)
