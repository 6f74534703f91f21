"""`muniment streams`: totals and windows, counted by Faust from the Kafka topic of all events."""

import asyncio
import sys
from datetime import datetime, timedelta
from typing import Annotated

import typer

from ops.commands.caller import AsJson, caller
from ops.commands.manual import command_group, epilog
from ops.commands.printing import print_json, print_table
from ops.exits import judge
from ops.logs import configure
from ops.stopping import leave, until_told
from ops.stores import clock
from ops.streams_wiring import StreamWorker, need_reader, stream_app
from producers.kafka_servers import read_servers
from producers.stream_reader import Row, uses
from schemas.stream_tables import KEPT, TABLES, TOTALS, StreamTable
from store.errors import SetupError

_MARGIN_SECONDS = 15.0

app = command_group("Totals and windows, counted from the copy of the ledger in Kafka.")


@app.command(epilog=epilog("streams run"))
def run(context: typer.Context) -> None:
    """Count events from Kafka, until SIGTERM or Ctrl-C.

    Several processes share the partitions. Makes the topics of its tables first, and never listens
    on a port.
    """
    settings = caller(context).settings
    configure(sys.stderr, level=settings.log_level, log_format=settings.log_format)
    with until_told(settings.drain_seconds + _MARGIN_SECONDS) as wait:
        application = stream_app(settings, clock)
        worker = StreamWorker(application, read_servers(settings.kafka_url))
        worker.start()
        sys.stdout.write(f"counting {settings.kafka_topic} as {settings.kafka_streams}\n")
        sys.stdout.write("Ctrl-C stops it\n")
        sys.stdout.flush()
        wait(worker.over)
        try:
            worker.stop(settings.drain_seconds)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told below
            # Faust has threads that wait for Kafka, and Python would wait for them.
            code, text, _ = judge(error)
            leave(text, code)


@app.command(
    epilog=epilog(
        "streams show totals",
        "streams show events_per_minute --since 2026-01-31T12:00:00Z",
        "streams show failures_per_capability --json",
    )
)
def show(
    context: typer.Context,
    table: Annotated[str, typer.Argument(metavar="TABLE", help=", ".join(TABLES))],
    *,
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%dT%H:%M:%S%z"],
            help="Windows that begin then or later: ISO 8601 with a zone. Default: the last 60.",
        ),
    ] = None,
    json: AsJson = False,
) -> None:
    """Show a table, as it is in Kafka now; no worker has to be there."""
    chosen = TABLES.get(table)
    if chosen is None:
        raise SetupError(f"there is no table {table!r}; there are {', '.join(TABLES)}")
    reader = need_reader(caller(context).settings)
    now = clock()
    first = max(now - KEPT, now - chosen.usual if since is None else since)
    rows = asyncio.run(reader.read(chosen, first))
    if json:
        print_json([_plain(chosen, row) for row in rows])
        return
    windows = ["from", "to"] if chosen.size is not None else []
    print_table(
        [*windows, chosen.by, *chosen.figures],
        ((*_times(chosen, row), row.name, *row.figures) for row in rows),
        "nothing has been counted",
    )
    if chosen is TOTALS:
        print_table(["capability", "uses"], uses(rows).items(), "")


def _plain(table: StreamTable, row: Row) -> dict[str, object]:
    figures = dict(zip(table.figures, row.figures, strict=True))
    window = dict(zip(("from", "to"), _times(table, row), strict=False))
    return {table.by: row.name, **window, **figures, "position": row.position}


def _times(table: StreamTable, row: Row) -> tuple[str, ...]:
    if row.begin is None:
        return ()
    return row.begin.isoformat(), (row.begin + (table.size or timedelta())).isoformat()
