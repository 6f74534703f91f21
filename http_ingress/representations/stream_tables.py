"""Tables of the event stream, as responses show them."""

from collections.abc import Sequence
from datetime import datetime

from http_ingress.representations.base import Body
from producers.stream_reader import Row, uses
from schemas.stream_tables import TABLES, TOTALS, StreamTable


class StreamTableBody(Body):
    """What one table counts."""

    table: str
    summary: str
    by: str
    """What the `name` of a row is: `type`, `instrument` or `capability`."""
    figures: list[str]
    """What is counted."""
    window_seconds: float | None
    """How long a window is; null: all events there ever were."""
    step_seconds: float | None
    """From the beginning of a window to that of the next; less than its length: they overlap."""
    href: str

    @classmethod
    def of(cls, table: StreamTable) -> "StreamTableBody":
        """Return the representation of a table."""
        step = table.step or table.size
        return cls(
            table=table.name,
            summary=table.summary,
            by=table.by,
            figures=list(table.figures),
            window_seconds=table.size and table.size.total_seconds(),
            step_seconds=step and step.total_seconds(),
            href=f"/statistics/stream/{table.name}",
        )


class StreamTablesBody(Body):
    """Every table there is."""

    tables: list[StreamTableBody]

    @classmethod
    def all(cls) -> "StreamTablesBody":
        """Return the representation of all of them."""
        return cls(tables=[StreamTableBody.of(one) for one in TABLES.values()])


class StreamRowBody(Body):
    """The figures of one name, in one window where the table has windows."""

    name: str
    start: datetime | None
    """When the window begins; null: the table has none."""
    end: datetime | None
    """When it is over: the first instant that is no part of it."""
    figures: dict[str, int]
    position: int
    """Ledger position of the last event that was counted into them."""


class StreamBody(StreamTableBody):
    """A table and its rows, by window and name."""

    rows: list[StreamRowBody]
    uses: dict[str, int] | None
    """How often each capability was used; null: the table is another than `totals`."""
    next: str | None
    """Where later windows are; null: there are none."""

    @classmethod
    def shown(cls, table: StreamTable, rows: Sequence[Row], following: str | None) -> "StreamBody":
        """Return the representation of a table with these rows."""
        return cls(
            **StreamTableBody.of(table).model_dump(),
            rows=[
                StreamRowBody(
                    name=row.name,
                    start=row.begin,
                    end=None if row.begin is None or table.size is None else row.begin + table.size,
                    figures=dict(zip(table.figures, row.figures, strict=True)),
                    position=row.position,
                )
                for row in rows
            ],
            uses=uses(rows) if table is TOTALS else None,
            next=following,
        )
