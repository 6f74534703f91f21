"""Rows of CSV, read back."""

import csv
import sys
from collections.abc import Iterable, Iterator, Sequence


def csv_rows(lines: Iterable[str]) -> Iterator[Sequence[str]]:
    """Yield the rows, with cells of any length; a blank line is a row without cells.

    Raises csv.Error where it is no CSV.
    """
    # Of the whole process: left alone, the reader refuses 128 KiB, and cannot say in which cell.
    csv.field_size_limit(sys.maxsize)
    return csv.reader(lines, strict=True)
