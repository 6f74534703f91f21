"""Native API, statistics of the event stream: the tables that Faust keeps in Kafka."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode

from aiohttp import web

from http_ingress import problems
from http_ingress.keys import PORTS
from http_ingress.negotiation import JSON
from http_ingress.parameters import check_query, path_text, query_text
from http_ingress.problems import Problem
from http_ingress.representations.stream_tables import StreamBody, StreamTablesBody
from http_ingress.routes import Answer, Parameter, Route
from producers.stream_reader import Row
from schemas.stream_tables import KEPT, TABLES, StreamTable

_HEADERS = {"Content-Type": JSON, "Cache-Control": "no-store"}
_MOST = 10_000
"""Rows of one answer, unless a single window has more."""


async def get_stream_tables(request: web.Request) -> web.Response:
    """List the tables that are counted from Kafka."""
    check_query(request, ())
    return web.Response(body=StreamTablesBody.all().json_bytes(), headers=_HEADERS)


async def get_stream_table(request: web.Request) -> web.Response:
    """Show a table that is counted from Kafka: totals, or windows of the last seven days.

    Windows are those that begin at `since` or later, the last sixty when it is not said. The last
    ones may still grow.
    """
    check_query(request, ("since",))
    name, now = path_text(request, "table"), request.app[PORTS].clock()
    table = TABLES.get(name)
    if table is None:
        text = f"There is no table {name!r}; there are {', '.join(TABLES)}."
        raise Problem(problems.NOT_FOUND, text, field="table")
    first = _since(request) or now - table.usual
    reader = request.app[PORTS].streams
    if reader is None:
        raise Problem(problems.NO_STREAM, "This installation copies no events to Kafka.")
    rows = await reader.read(table, max(first, now - KEPT))
    shown, following = _page(table, rows)
    body = StreamBody.shown(table, shown, following)
    return web.Response(body=body.json_bytes(), headers=_HEADERS)


def _since(request: web.Request) -> datetime | None:
    text = query_text(request, "since")
    if text is None:
        return None
    try:
        since = datetime.fromisoformat(text)
    except ValueError:
        since = datetime.min  # noqa: DTZ901 - refused below, as any other without a zone
    if since.tzinfo is None:
        wanted = "since must be a time with a zone, as 2026-01-31T12:00:00Z."
        raise Problem(problems.MALFORMED, wanted, field="since")
    return since


def _page(table: StreamTable, rows: Sequence[Row]) -> tuple[Sequence[Row], str | None]:
    """Return the first windows, whole, and where the others are."""
    if len(rows) <= _MOST or rows[_MOST].begin is None:
        return rows, None
    cut = rows[_MOST].begin
    if cut == rows[0].begin:
        cut = next((row.begin for row in rows if row.begin != cut), None)
    if cut is None:
        return rows, None
    shown = [row for row in rows if row.begin is not None and row.begin < cut]
    since = urlencode({"since": cut.isoformat().replace("+00:00", "Z")})
    return shown, f"/statistics/stream/{table.name}?{since}"


ROUTES = (
    Route(
        method="GET",
        path="/statistics/stream",
        handler=get_stream_tables,
        access="read",
        tag="statistics",
        answers={200: Answer("The tables.", {JSON: StreamTablesBody})},
    ),
    Route(
        method="GET",
        path="/statistics/stream/{table}",
        handler=get_stream_table,
        access="read",
        tag="statistics",
        parameters=(
            Parameter("table", "path", f"One of {', '.join(TABLES)}."),
            Parameter("since", "query", "ISO 8601 with a zone; at most seven days ago."),
        ),
        answers={200: Answer("The table.", {JSON: StreamBody})},
        problems=(problems.NOT_FOUND, problems.NO_STREAM, problems.UNAVAILABLE),
    ),
)
