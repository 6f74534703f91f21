"""`muniment archive cache-aggregates|announce|placeholders`: what is kept beside frames."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated

import typer
from pydantic_core import from_json

from ops.commands.caller import AsJson
from ops.commands.counting import counting
from ops.commands.manual import command_group, epilog
from ops.commands.opened import opened
from ops.commands.printing import print_json, print_table
from ops.exits import ExitCode
from ops.notices import broker_of, noticing
from store.errors import SetupError
from store.frames.combinations import recount
from store.frames.placeholder_views import placeholders as find_placeholders
from store.frames.reannouncing import again
from store.frames.recounting import differences
from store.notice_ports import Notice

app = command_group("What is kept beside frames.")

_WINDOW = 500


@app.command(
    "cache-aggregates",
    epilog=epilog("archive cache-aggregates --dry-run", "archive cache-aggregates"),
)
def cache_aggregates(
    context: typer.Context,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Change nothing; show what differs, and exit with 4.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Count anew what aggregates are made of: sites, telescopes, filters ... that occur together.

    They are kept while frames change, so that nobody has to run this regularly. Nothing can be
    archived meanwhile: that takes minutes when there are millions of frames.
    """
    with opened(context) as store:
        if dry_run:
            with store.database.transaction() as transaction:
                found = differences(transaction)
            if json:
                print_json(found)
            else:
                rows = ((" ".join(one.key), one.kept, one.counted) for one in found)
                print_table(("combination", "kept", "counted"), rows, "Nothing differs.")
            if found:
                raise typer.Exit(ExitCode.DRIFT)
            return
        _say("Aggregating...", quiet=json)
        with store.database.transaction() as transaction:
            _say("Updating cache...", quiet=json)
            recount(transaction)
    if json:
        print_json({"recounted": True})
    _say("Successfully updated cache", quiet=json)


@app.command(
    epilog=epilog(
        "archive announce --since 2026-11-20",
        "archive announce --frame tst1m0a-kb27-20240304-0001-e00 --frame 41",
        "archive announce --since 2026-11-20T04:00:00Z --dry-run",
    )
)
def announce(
    context: typer.Context,
    *,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="ISO 8601; without a zone UTC.")
    ] = None,
    frame: Annotated[
        list[str] | None, typer.Option("--frame", metavar="NAME|ID", help="One or more.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Publish nothing; show the notices.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Publish the notices of archived versions once more: for subscribers who have missed them.

    One for each version, with the message_id that it had, and with the header of today.
    """
    if since is None and not frame:
        raise SetupError("say which: --since a time, --frame a name or an id, or both")
    moment = None if since is None else _moment(since)
    published = 0
    with opened(context) as store:
        windows = again(store.database, since=moment, named=frame or (), at_once=_WINDOW)
        if dry_run:
            _show(windows, json=json)
            return
        if not broker_of(store.settings):
            raise SetupError(
                "nobody is told: MUNIMENT_NOTICE_AMQP_URL names no broker, or "
                "MUNIMENT_NOTICE_EXCHANGE is empty"
            )
        process = f"{store.settings.instance}.{os.getpid()}"
        with noticing(store.settings, process) as notices, counting("publishing") as tell:
            for window in windows:
                notices.publish(window)
                published += len(window)
                tell(published, None)
    print_json({"published": published}) if json else typer.echo(f"{published} notices published.")


@app.command(epilog=epilog("archive placeholders", "archive placeholders --limit 1000 --json"))
def placeholders(
    context: typer.Context,
    *,
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=100_000, help="So many at most.")
    ] = 100,
    offset: Annotated[int, typer.Option("--offset", min=0, help="Leave out so many.")] = 0,
    json: AsJson = False,
) -> None:
    """List frames that others name as related, and nobody has sent; the newest first."""
    with opened(context) as store:
        found = find_placeholders(store.database, limit=limit, offset=offset)
    if json:
        print_json({"count": found.count, "placeholders": found.placeholders})
        return
    rows = (
        (one.id, one.basename, f"{one.created_at:%Y-%m-%d %H:%M}", one.links)
        for one in found.placeholders
    )
    print_table(("id", "basename", "named first (UTC)", "related to"), rows, "There are none.")
    if found.count > len(found.placeholders):
        typer.echo(f"{found.count} in all.", err=True)


def _show(windows: Iterator[list[Notice]], *, json: bool) -> None:
    count = 0
    for window in windows:
        for notice in window:
            body = from_json(notice.body)
            if json:
                print_json({"message_id": notice.id, "body": body})
            else:
                typer.echo(f"{notice.id} {body['filename']}")
        count += len(window)
    _say(f"{count} notices would be published.", quiet=json)


def _moment(said: str) -> datetime:
    try:
        moment = datetime.fromisoformat(said)
    except ValueError as error:
        raise SetupError(f"--since must be a time as in ISO 8601, not {said!r}") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _say(text: str, *, quiet: bool) -> None:
    if not quiet:
        typer.echo(text)
