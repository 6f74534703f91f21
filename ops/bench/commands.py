"""`muniment bench`: measure Muniment on this machine against the least that has to be done."""

from typing import Annotated

import typer

from ops.bench import archive as archive_bench
from ops.bench import events as events_bench
from ops.bench import ingest as ingest_bench
from ops.bench import load_frames as load_bench
from ops.bench import package as package_bench
from ops.bench import records as records_bench
from ops.bench import statistics as statistics_bench
from ops.bench.archive_reports import archive_json, print_archive
from ops.bench.dataset import Dataset
from ops.bench.measuring import measuring, progress, work_folder
from ops.bench.options import (
    AMQP,
    DATABASE,
    AmqpUrl,
    DatabaseUrl,
    Embedded,
    Folder,
    ManagementUrl,
    Profile,
    Rounds,
    Vhost,
    bytes_of,
    numbers_of,
)
from ops.bench.package_reports import package_json, print_package
from ops.bench.places import Servers
from ops.bench.record_reports import print_records, records_json
from ops.bench.reports import events_json, ingest_json, is_whole, print_events, print_ingest
from ops.commands.caller import AsJson
from ops.commands.manual import command_group, epilog
from ops.commands.printing import console, print_json
from ops.exits import ExitCode

app = command_group("Measure Muniment on this machine against the least that has to be done.")


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
    amqp_url: AmqpUrl = AMQP,
    database_url: DatabaseUrl = DATABASE,
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
    wanted = events_bench.Wanted(count, numbers_of(connections), batch, rounds, latencies, profile)
    servers = Servers(amqp_url, database_url, management_url, vhost)
    with (
        measuring(folder, None if embedded else servers, profile) as (place, _),
        progress(wanted.total) as report,
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
    amqp_url: AmqpUrl = AMQP,
    database_url: DatabaseUrl = DATABASE,
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
    wanted = ingest_bench.Wanted(
        files, bytes_of(size), bytes_of(large), connections, rounds, profile
    )
    servers = Servers(amqp_url, database_url, management_url, vhost, s3)
    with (
        measuring(folder, None if embedded else servers, profile) as (place, work),
        progress(wanted.total) as report,
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
    amqp_url: AmqpUrl = AMQP,
    database_url: DatabaseUrl = DATABASE,
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
    numbers = numbers_of(connections)
    wanted = records_bench.Wanted(count, numbers, readers, listed, rounds, profile)
    servers = Servers(amqp_url, database_url, management_url, vhost)
    with (
        measuring(folder, None if embedded else servers, profile) as (place, _),
        progress(wanted.total) as report,
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
    amqp_url: AmqpUrl = AMQP,
    database_url: DatabaseUrl = DATABASE,
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
    wanted = package_bench.Wanted(dataset, bytes_of(file_size), rounds, profile)
    servers = Servers(amqp_url, database_url, management_url, vhost)
    with (
        measuring(folder, None if embedded else servers, profile) as (place, work),
        progress(wanted.total) as report,
    ):
        measured = package_bench.measure(place, work, wanted, report)
    if json:
        print_json(package_json(measured))
    else:
        print_package(console(), measured)


@app.command(
    epilog=epilog(
        "bench archive",
        "bench archive --embedded --count 200 --files 4",
        "bench archive --json",
    )
)
def archive(  # noqa: PLR0913 - each is an option of the command line
    *,
    count: Annotated[int, typer.Option("--count", min=10, help="Frames per lap.")] = 500,
    connections: Annotated[
        str, typer.Option("--connections", help="Of the clients that post frames.")
    ] = "1,16,64",
    readers: Annotated[
        int, typer.Option("--readers", min=1, help="Connections that ask for versions.")
    ] = 16,
    lists: Annotated[
        int, typer.Option("--lists", min=1, help="Requests for a page of 100, per lap.")
    ] = 100,
    listed: Annotated[
        int, typer.Option("--listed", min=1, help="Frames that are there beforehand.")
    ] = 10_000,
    files: Annotated[int, typer.Option("--files", min=0, help="Of a zip; 0: none.")] = 10,
    file_size: Annotated[str, typer.Option("--file-size", help="Of each of them.")] = "20MB",
    rounds: Rounds = 3,
    embedded: Embedded = False,
    amqp_url: AmqpUrl = AMQP,
    database_url: DatabaseUrl = DATABASE,
    management_url: ManagementUrl = "",
    vhost: Vhost = "",
    folder: Folder = None,
    profile: Profile = None,
    json: AsJson = False,
) -> None:
    """Measure /archive: POSTs of frames, lists, existence by digest, zips, and notices.

    The floor writes and reads the same rows by plain SQL; a zip is compared with cat of the same
    files. Everything happens in a vhost and a database of its own, which are removed. Exits with 1
    when a frame, a notice or a byte was lost, or one doubled.
    """
    wanted = archive_bench.Wanted(
        frames=count,
        connections=numbers_of(connections),
        readers=readers,
        lists=lists,
        listed=listed,
        files=files,
        file_size=bytes_of(file_size),
        rounds=rounds,
        profile=profile,
    )
    servers = Servers(amqp_url, database_url, management_url, vhost)
    with (
        measuring(folder, None if embedded else servers, profile) as (place, work),
        progress(wanted.total) as report,
    ):
        measured = archive_bench.measure(place, work, wanted, report)
    if json:
        print_json(archive_json(measured))
    else:
        print_archive(console(), measured)
    _judge(all(is_whole(kind.laps) for kind in measured.kinds))


@app.command(
    epilog=epilog("bench stats", "bench stats --embedded --count 5000", "bench stats --json")
)
def stats(  # noqa: PLR0913 - each is an option of the command line
    *,
    count: Annotated[int, typer.Option("--count", min=10, help="Events per lap.")] = 20_000,
    rounds: Rounds = 3,
    embedded: Embedded = False,
    amqp_url: AmqpUrl = AMQP,
    database_url: DatabaseUrl = DATABASE,
    management_url: ManagementUrl = "",
    vhost: Vhost = "",
    folder: Folder = None,
    profile: Profile = None,
    json: AsJson = False,
) -> None:
    """Measure the statistics: events counted by `update-stats`, from a queue that is full.

    The floor increments as many counts by plain SQL, in batches. Everything happens in a vhost and
    a database of its own, which are removed. Exits with 1 when an event was lost or counted twice.
    """
    wanted = statistics_bench.Wanted(count, rounds, profile)
    servers = Servers(amqp_url, database_url, management_url, vhost)
    with (
        measuring(folder, None if embedded else servers, profile) as (place, _),
        progress(wanted.total) as report,
    ):
        measured = statistics_bench.measure(place, wanted, report)
    if json:
        print_json(statistics_bench.statistics_json(measured))
    else:
        statistics_bench.print_statistics(console(), measured)
    _judge(is_whole(measured.laps))


@app.command(
    epilog=epilog(
        "bench load-frames --count 10000",
        "bench load-frames --embedded",
        "bench load-frames --json",
    )
)
def load_frames(  # noqa: PLR0913 - each is an option of the command line
    *,
    count: Annotated[int, typer.Option("--count", min=1, help="Frames.")] = 1_000_000,
    rounds: Rounds = 3,
    embedded: Annotated[bool, typer.Option("--embedded", help="SQLite; needs no server.")] = False,
    database_url: DatabaseUrl = DATABASE,
    folder: Folder = None,
    json: AsJson = False,
) -> None:
    """Fill an archive with frames, and time what its readers ask.

    Each filter with its first page and its thousandth, the sky, aggregates, digests; with the
    indexes that the database uses. A million frames take some minutes and 3 GB. Everything is
    removed afterwards.
    """
    with (
        work_folder(folder) as work,
        load_bench.place(work, "" if embedded else database_url) as database,
        progress(count) as report,
    ):
        loaded = load_bench.measure(database, count, rounds, report)
    if json:
        print_json(load_bench.loaded_json(loaded))
    else:
        load_bench.print_loaded(console(), loaded, rounds)


def _judge(whole: bool) -> None:  # noqa: FBT001 - it is all it is about
    if not whole:
        raise typer.Exit(ExitCode.FAILED)
