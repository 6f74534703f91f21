"""How commands print: tables for people, JSON for programs."""

import sys
from collections.abc import Iterable, Sequence

from pydantic_core import to_json
from rich.console import Console
from rich.table import Table

_WIDE = 240


def console() -> Console:
    """Return standard output; what is no terminal gets plain text that is not cut at 80 columns."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else _WIDE)


def print_json(value: object) -> None:
    """Print one line of JSON, at once."""
    sys.stdout.write(to_json(value).decode() + "\n")
    sys.stdout.flush()


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> None:
    """Print a table, or `empty` when there is nothing in it."""
    table = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    console().print(table if table.row_count else empty, markup=False)
