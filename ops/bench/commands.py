"""`muniment bench`: measure Muniment on this machine against the least that has to be done."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from pydantic import ByteSize, TypeAdapter, ValidationError
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ops.bench import events as events_bench
from ops.bench import ingest as ingest_bench
from ops.bench import package as package_bench
from ops.bench import places
from ops.bench import records as records_bench
from ops.bench.dataset import Dataset
from ops.bench.laps import Report
from ops.bench.package_reports import package_json, print_package
from ops.bench.places import Place, Servers
from ops.bench.profiles import require_profiler
from ops.bench.record_reports import print_records, records_json
from ops.bench.reports import events_json, ingest_json, is_whole, print_events, print_ingest
from ops.commands.caller import AsJson
from ops.commands.manual import command_group, epilog
from ops.commands.printing import console, print_json
from ops.exits import ExitCode

_AMQP = "amqp://guest:guest@127.0.0.1:5672"
_DATABASE = "postgresql+psycopg2://postgres@127.0.0.1:5432/postgres"
_TERMINATED = 128 + signal.SIGTERM

app = command_group("Measure Muniment on this machine against the least that has to be done.")


Embedded = Annotated[
    bool, typer.Option("--embedded", help="The embedded bus and SQLite; needs no server.")
]
AmqpUrl = Annotated[str, typer.Option("--amqp-url", help="RabbitMQ; its vhost is not used.")]
DatabaseUrl = Annotated[
    str, typer.Option("--database-url", help="PostgreSQL; a database is made beside this one.")
]
Vhost = Annotated[
    str, typer.Option("--vhost", help="An empty one to use. Default: one is made, and removed.")
]
Rounds = Annotated[int, typer.Option("--rounds", min=1, help="How often all take their turn.")]
Folder = Annotated[
    Path | None, typer.Option("--dir", help="Where all files go. Default: as TMPDIR says.")
]
Profile = Annotated[
    Path | None,
    typer.Option("--profile", metavar="FOLDER", help="Write what py-spy sees in one more round."),
]
ManagementUrl = Annotated[
    str, typer.Option("--management-url", help="Makes the vhost. Default: rabbitmqctl does.")
]


@app.command(
    epilog=epilog("bench events", "bench events --embedded --count 2000", "bench events --json")
)
def events(  # noqa: PLR0913 - each is an option of the command line
    *,
    count: Annotated[int, typer.Option("--count", min=10, help="Events per lap.")] = 10_000,
    connections: Annotated[str, typer.Option("--connections", help="Of the clients.")] = "16,64",
    batch: Annotated[int, typer.Option("--batch", min=2, help="Events in a batch.")] = 100,
    latencies: Annotated[
        int, typer.Option("--latencies", min=1, help="Events on their own.")
    ] = 300,
    rounds: Rounds = 3,
    embedded: Embedded = False,
    amqp_url: AmqpUrl = _AMQP,
    database_url: DatabaseUrl = _DATABASE,
    management_url: ManagementUrl = "",
    vhost: Vhost = "",
    folder: Folder = None,
    profile: Profile = None,
    json: AsJson = False,
) -> None:
    """Measure events: from a POST to a row and a confirmed follow-on.

    The floor moves as many events through the same servers with as little as possible in between.
    Everything happens in a vhost and a database of its own, which are removed. Exits with 1 when
    an event was lost or doubled.
    """
    wanted = events_bench.Wanted(count, _numbers(connections), batch, rounds, latencies, profile)
    servers = Servers(amqp_url, database_url, management_url, vhost)
    with (
        _place(folder, None if embedded else servers, profile) as (place, _),
        _progress(wanted.total) as report,
    ):
        measured = events_bench.measure(place, wanted, report)
    if json:
        print_json(events_json(measured))
    else:
        print_events(console(), measured)
    _judge(is_whole(measured.laps))


@app.command(
    epilog=epilog("bench ingest --embedded", "bench ingest --s3 s3://bench --large 10GiB --json")
)
def ingest(  # noqa: PLR0913 - each is an option of the command line
    *,
    files: Annotated[int, typer.Option("--files", min=0, help="Of the smaller size.")] = 1000,
    size: Annotated[str, typer.Option("--size", help="Of each of them.")] = "100KiB",
    large: Annotated[str, typer.Option("--large", help="Size of one more; 0: none.")] = "2GiB",
    connections: Annotated[int, typer.Option("--connections", min=1, help="Files at once.")] = 8,
    rounds: Rounds = 3,
    embedded: Embedded = False,
    amqp_url: AmqpUrl = _AMQP,
    database_url: DatabaseUrl = _DATABASE,
    management_url: ManagementUrl = "",
    vhost: Vhost = "",
    s3: Annotated[
        str,
        typer.Option("--s3", help="s3://BUCKET; server and keys as MUNIMENT_S3_… say."),
    ] = "",
    folder: Folder = None,
    profile: Profile = None,
    json: AsJson = False,
) -> None:
    """Measure files: from a PUT until they are archived.

    The floor reads, hashes, writes and syncs the same bytes. Needs three times the size of the
    large file. Everything is removed afterwards. Exits with 1 when a file was lost or doubled.
    """
    wanted = ingest_bench.Wanted(files, _bytes(size), _bytes(large), connections, rounds, profile)
    servers = Servers(amqp_url, database_url, management_url, vhost, s3)
    with (
        _place(folder, None if embedded else servers, profile) as (place, work),
        _progress(wanted.total) as report,
    ):
        measured = ingest_bench.measure(place, work, wanted, report)
    if json:
        print_json(ingest_json(measured))
    else:
        print_ingest(console(), measured)
    _judge(all(is_whole(kind.laps) for kind in measured.kinds))


@app.command(
    epilog=epilog("bench records", "bench records --embedded --count 500", "bench records --json")
)
def records(  # noqa: PLR0913 - each is an option of the command line
    *,
    count: Annotated[int, typer.Option("--count", min=10, help="Records per lap.")] = 1000,
    connections: Annotated[
        str, typer.Option("--connections", help="Of the clients that send records.")
    ] = "1,16,64",
    readers: Annotated[
        int, typer.Option("--readers", min=1, help="Connections that read single records.")
    ] = 16,
    listed: Annotated[
        int, typer.Option("--listed", min=1, help="Records of the project that is listed.")
    ] = 10_000,
    rounds: Rounds = 3,
    embedded: Embedded = False,
    amqp_url: AmqpUrl = _AMQP,
    database_url: DatabaseUrl = _DATABASE,
    management_url: ManagementUrl = "",
    vhost: Vhost = "",
    folder: Folder = None,
    profile: Profile = None,
    json: AsJson = False,
) -> None:
    """Measure /records: PUTs until they are durable, GETs of a record and of a long project.

    The floor writes and reads the same rows through SQLAlchemy alone. Everything happens in a
    vhost and a database of its own, which are removed. Exits with 1 when a record was lost or
    doubled.
    """
    numbers = _numbers(connections)
    wanted = records_bench.Wanted(count, numbers, readers, listed, rounds, profile)
    servers = Servers(amqp_url, database_url, management_url, vhost)
    with (
        _place(folder, None if embedded else servers, profile) as (place, _),
        _progress(wanted.total) as report,
    ):
        measured = records_bench.measure(place, wanted, report)
    if json:
        print_json(records_json(measured))
    else:
        print_records(console(), measured)
    _judge(all(is_whole(kind.laps) for kind in measured.kinds))


@app.command(
    epilog=epilog(
        "bench package",
        "bench package --embedded --rows 20000 --file-size 50MB",
        "bench package --json",
    )
)
def package(  # noqa: PLR0913 - each is an option of the command line
    *,
    rows: Annotated[int, typer.Option("--rows", min=1, help="Of the table.")] = 200_000,
    columns: Annotated[int, typer.Option("--columns", min=2, help="Of the table.")] = 20,
    page_size: Annotated[
        int, typer.Option("--page-size", min=1, help="Rows that are fetched at once.")
    ] = 5000,
    file_size: Annotated[
        str, typer.Option("--file-size", help="Of the file that is packaged; 0: none.")
    ] = "500MB",
    rounds: Rounds = 3,
    embedded: Embedded = False,
    amqp_url: AmqpUrl = _AMQP,
    database_url: DatabaseUrl = _DATABASE,
    management_url: ManagementUrl = "",
    vhost: Vhost = "",
    folder: Folder = None,
    profile: Profile = None,
    json: AsJson = False,
) -> None:
    """Measure packages: from the order of a table, or of a file, until its zip is there.

    A plain script fetches the same from the same repository, which is part of the measurement, and
    writes the same zip in one pass. The table's CSV is also given to `zip -j`, if that is
    installed. Everything is removed afterwards. Exits with 1 when a package does not hold what the
    script's does.
    """
    dataset = Dataset(rows, columns, page_size)
    wanted = package_bench.Wanted(dataset, _bytes(file_size), rounds, profile)
    servers = Servers(amqp_url, database_url, management_url, vhost)
    with (
        _place(folder, None if embedded else servers, profile) as (place, work),
        _progress(wanted.total) as report,
    ):
        measured = package_bench.measure(place, work, wanted, report)
    if json:
        print_json(package_json(measured))
    else:
        print_package(console(), measured)


def _judge(whole: bool) -> None:  # noqa: FBT001 - it is all it is about
    if not whole:
        raise typer.Exit(ExitCode.FAILED)


@contextmanager
def _place(
    folder: Path | None, servers: Servers | None, profile: Path | None
) -> Iterator[tuple[Place, Path]]:
    """Make a place, and a folder beside it; SIGTERM must not leave them behind."""
    if profile is not None:
        require_profiler()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))
    with TemporaryDirectory(prefix="muniment-bench-", dir=folder) as made:
        work = Path(made)
        if servers is None:
            yield places.embedded(work / "data"), work
        else:
            with places.deployed(work / "data", servers) as place:
                yield place, work


@contextmanager
def _progress(total: int) -> Iterator[Report]:
    screen = Console(stderr=True)
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        TimeElapsedColumn(),
        console=screen,
        transient=True,
        disable=not screen.is_terminal or screen.is_dumb_terminal,
        expand=True,
    ) as progress:
        task = progress.add_task("starting", total=total)
        yield lambda what, more: progress.update(task, description=what, advance=more)


def _bytes(text: str) -> int:
    try:
        return int(TypeAdapter(ByteSize).validate_python(text))
    except ValidationError as error:
        raise typer.BadParameter(f"{text!r} is not a size like 100KiB or 2GiB") from error


def _numbers(text: str) -> tuple[int, ...]:
    numbers = tuple(int(one) if one.strip().isdecimal() else 0 for one in text.split(","))
    if not all(numbers):
        raise typer.BadParameter(f"{text!r} is not a list of numbers like 16,64")
    return numbers
