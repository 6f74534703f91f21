"""Rows as CSV and TSV, the way ckanpackager wrote them, and the texts of their cells.

RFC 4180 with LF as line end, also after the last row, in UTF-8 without a byte order mark. A field
is quoted only when it holds the separator, a quote, LF or CR. The work is done column by column
and not cell by cell, as most columns hold texts that need nothing: this is the slowest step of a
package.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import cast

from pydantic_core import to_json


@dataclass(frozen=True, slots=True)
class Dialect:
    """What tells one kind of table from another; `extension` is that of its files, no dot."""

    extension: str
    separator: str


CSV = Dialect("csv", ",")
TSV = Dialect("tsv", "\t")

_NESTED = (dict, list)


def header(columns: Sequence[str], dialect: Dialect) -> bytes:
    """Return the line of field names."""
    return encode([columns], dialect)


def encode(rows: Iterable[Sequence[object]], dialect: Dialect) -> bytes:
    """Return rows of JSON values as lines; all have the same number of cells, at least one.

    No rows are no bytes. The rows are in memory at once: give a page, not a table. Raises
    ValueError when the rows differ in length, or a text is none (half a surrogate pair).
    """
    columns = [_quoted(_texts(column), dialect.separator) for column in zip(*rows, strict=True)]
    if not columns:
        return b""
    if len(columns) == 1:
        # A blank line is no row to most readers.
        columns = [[text or '""' for text in columns[0]]]
    lines = map(dialect.separator.join, zip(*columns, strict=True))
    return ("\n".join(lines) + "\n").encode()


def cells(rows: Iterable[Sequence[object]]) -> Iterable[Sequence[str]]:
    """Return the rows with each cell as the text that stands for it in CSV, not quoted."""
    return zip(*map(_texts, zip(*rows, strict=True)), strict=True)


def _texts(column: Sequence[object]) -> Sequence[str]:
    """Return a column of JSON values as texts.

    None is empty, True is `True`, an integer has all its digits, a float the fewest that read back
    as the same number; an object or an array is compact JSON, with NaN and infinity as texts.
    """
    kinds = set(map(type, column))
    if kinds == {str}:
        return cast("Sequence[str]", column)
    if kinds == {str, NoneType}:
        return ["" if value is None else value for value in cast("Sequence[str | None]", column)]
    if kinds.isdisjoint(_NESTED):
        if NoneType not in kinds:
            return list(map(str, column))
        return ["" if value is None else str(value) for value in column]
    return ["" if value is None else _text(value) for value in column]


def _text(value: object) -> str:
    if isinstance(value, _NESTED):
        return to_json(value, inf_nan_mode="strings").decode()
    return str(value)


def _quoted(column: Sequence[str], separator: str) -> Sequence[str]:
    joined = "".join(column)
    special = [character for character in (separator, '"', "\n", "\r") if character in joined]
    if not special:
        return column
    if special == [separator]:
        return [f'"{text}"' if separator in text else text for text in column]
    return [
        '"' + text.replace('"', '""') + '"'
        if separator in text or '"' in text or "\n" in text or "\r" in text
        else text
        for text in column
    ]
