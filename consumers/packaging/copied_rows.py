"""Rows that PostgreSQL wrote as CSV, as CKAN hands them on, in the dialect of our own files.

CKAN answers `records_format: csv` with what `COPY … TO STDOUT csv` gives (PostgreSQL manual, COPY,
"CSV Format"): LF after each row, quotes where they are needed, NULL as nothing and the empty text
as `""`. Ours writes both as nothing, and quotes only the single empty value of a row.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from operator import methodcaller

from consumers.packaging.csv_rows import csv_rows
from consumers.packaging.tables import CSV, encode

_ALIKE = frozenset(
    {"text", "varchar", "uuid", "timestamp"}
    | {"int", "int2", "int4", "int8", "integer", "smallint", "bigint"}
)
"""Types whose values read the same in CSV and in JSON.

Timestamps do because CKAN turns them into text itself, for either. Not among them: `numeric`
(1.50), `float8` (1e+15), `bool` (t), `json` and arrays, dates and times (which follow DateStyle).
"""
_NEEDLESS = re.compile(r'"(?<![^,\n]")[^",\n\r]*"(?![^,\n])')
"""A quoted field that ours would not quote, or two quotes that look like an empty one."""
_MISPLACED = re.compile(r'"(?:[^,\n"]|(?<=[^,\n"]"))')
"""A quote that does not open or close a field, where one stands for what is between two."""
_COMMAS = methodcaller("count", ",")


class OddRowsError(Exception):
    """The text is not the CSV that it should be."""


def reads_alike(fields: Sequence[tuple[str, str]]) -> bool:
    """Whether rows of these columns, (name, type) each, say the same in CSV as in JSON."""
    return all(kind in _ALIKE for _, kind in fields)


def copied_rows(text: str, width: int, most: int) -> tuple[bytes, int]:
    """Return at most `most` rows in our dialect, and how many `text` holds in all.

    Each row has `width` values. Text that is ours already is not taken apart. Raises OddRowsError.
    """
    if text and not text.endswith("\n"):
        text += "\n"
    count, is_ours = _inspect(text, width)
    if is_ours and count <= most:
        return text.encode(), count
    return encode(islice(_rows(text, width), most), CSV), count


def _inspect(text: str, width: int) -> tuple[int, bool]:
    """Count the rows without reading them, and tell whether the text is in our dialect."""
    pieces = text.split('"')
    outside = '"'.join(pieces[::2])
    if len(pieces) % 2 == 0 or _MISPLACED.search(outside):
        raise OddRowsError("a quote is out of place")
    lines = outside.split("\n")[:-1]
    if set(map(_COMMAS, lines)) - {width - 1}:
        raise OddRowsError(f"not every row has {width} values")
    # Of one column, PostgreSQL writes NULL as an empty line, and quotes what would end its data.
    plain = width > 1 and "\r" not in text
    return len(lines), plain and (len(pieces) == 1 or not _NEEDLESS.search(text))


def _rows(text: str, width: int) -> Iterator[Sequence[str]]:
    try:
        for row in csv_rows(io.StringIO(text, newline="")):
            filled = row or [""]
            if len(filled) != width:
                raise OddRowsError(f"not every row has {width} values")
            yield filled
    except csv.Error as error:
        raise OddRowsError(str(error)) from error
