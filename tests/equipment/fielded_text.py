"""Reads the tables of a package as a stranger does, with the standard library's reader."""

import csv
from collections.abc import Sequence
from io import StringIO

Table = Sequence[Sequence[str]]


def read_table(data: bytes, separator: str = ",") -> Table:
    """Return the rows of CSV or TSV, the header first."""
    return list(csv.reader(StringIO(data.decode(), newline=""), delimiter=separator, strict=True))
