"""`muniment archive delete-frames`: as `deleteframes` of the OCS Science Archive 2.7."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from ops.commands.caller import AsJson
from ops.commands.counting import counting
from ops.commands.manual import command_group, epilog
from ops.commands.opened import opened
from ops.commands.printing import print_json
from ops.exits import ExitCode
from ops.frame_changes import frame_changes
from ops.stores import clock
from store.errors import SetupError
from store.frames.expiry import Expiry, count_expired, expired

app = command_group("Frames whose time is over.")

_NOTHING = "Must specify one of --days-old days or both --start and --end isoformat dates, exiting."
_BOTH = "Cannot specify both --days-old days and --start and --end isoformat dates, exiting."
_AT_ONCE = 1000
_OPERATOR = "operator"
_LISTS = tuple(
    f"--{what}-{of}"
    for what in ("include", "exclude")
    for of in ("types", "proposals", "instruments")
)

Names = list[str] | None
Night = Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="A night, not meant itself.")]


class _WithLists(TyperCommand):
    """Takes options with several values, as in `--include-types GUIDE BIAS`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer's private
        """Name the option before each of its values."""
        return super().parse_args(ctx, _spread(args))


def _spread(arguments: Sequence[str]) -> list[str]:
    found: list[str] = []
    option: str | None = None
    for word in arguments:
        if word.startswith("-"):
            option = word if word in _LISTS else None
        if option is None:
            found.append(word)
        elif word != option:
            found += [option, word]
    return found


@app.command(
    "delete-frames",
    cls=_WithLists,
    epilog=epilog(
        "archive delete-frames --days-old 365 --include-types GUIDE --dry-run",
        "archive delete-frames --days-old 365 --include-types GUIDE --yes",
        "archive delete-frames --start 2024-01-01 --end 2024-02-01 --exclude-proposals EPO calib",
    ),
)
def delete_frames(  # noqa: PLR0913 - each is an option of the command line
    context: typer.Context,
    *,
    days_old: Annotated[
        int | None, typer.Option("--days-old", min=0, help="Observed more days ago than this.")
    ] = None,
    start: Night = None,
    end: Night = None,
    reduction_level: Annotated[
        int | None, typer.Option("--reduction-level", help="0: raw.")
    ] = None,
    request_id: Annotated[int | None, typer.Option("--request-id", help="Of this request.")] = None,
    observation_id: Annotated[
        int | None, typer.Option("--observation-id", help="Of this observation.")
    ] = None,
    site: Annotated[str | None, typer.Option("--site", help="Whatever the case.")] = None,
    telescope: Annotated[str | None, typer.Option("--telescope", help="Whatever the case.")] = None,
    include_types: Annotated[Names, typer.Option("--include-types", help="One or more.")] = None,
    exclude_types: Annotated[Names, typer.Option("--exclude-types", help="One or more.")] = None,
    include_proposals: Annotated[
        Names, typer.Option("--include-proposals", help="One or more.")
    ] = None,
    exclude_proposals: Annotated[
        Names, typer.Option("--exclude-proposals", help="One or more.")
    ] = None,
    include_instruments: Annotated[
        Names, typer.Option("--include-instruments", help="One or more.")
    ] = None,
    exclude_instruments: Annotated[
        Names, typer.Option("--exclude-instruments", help="One or more.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Delete nothing; say what.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first.")] = False,
    json: AsJson = False,
) -> None:
    """Delete frames whose time is over, with all their versions and the bytes of these.

    All that is said has to hold. The bytes go by a consumer, in due course; interrupted, the same
    command again does the rest.
    """
    expiry = Expiry(
        **_time(days_old, start, end),
        reduction_level=reduction_level,
        request_id=request_id,
        observation_id=observation_id,
        site_id=site,
        telescope_id=telescope,
        types=tuple(include_types or ()),
        not_types=tuple(exclude_types or ()),
        proposals=tuple(include_proposals or ()),
        not_proposals=tuple(exclude_proposals or ()),
        instruments=tuple(include_instruments or ()),
        not_instruments=tuple(exclude_instruments or ()),
    )
    with opened(context) as store:
        total = count_expired(store.database, expiry)
        if dry_run:
            for rows in expired(store.database, expiry, _AT_ONCE):
                for row in rows:
                    print_json(dict(row)) if json else typer.echo(row["basename"])
            if not json:
                typer.echo(f"{total} frames would be deleted.")
            return
        if total and not yes:
            typer.confirm(f"Delete {total} frames, and their bytes?", abort=True, err=True)
        changes, deleted = frame_changes(store), 0
        with counting("deleting") as tell:
            for rows in expired(store.database, expiry, _AT_ONCE):
                for row in rows:
                    deleted += changes.delete(row["id"], _OPERATOR)
                    tell(deleted, total)
    print_json({"deleted": deleted}) if json else typer.echo(f"{deleted} frames deleted.")


def _time(days_old: int | None, start: str | None, end: str | None) -> dict[str, Any]:
    """Return what is said of the time, or end as the original does."""
    # As there, 0 days say nothing.
    if not days_old and not (start and end):
        _refuse(_NOTHING)
    if days_old and (start or end):
        _refuse(_BOTH)
    if days_old:
        try:
            return {"observed_before": clock() - timedelta(days=days_old)}
        except OverflowError as error:
            raise SetupError(f"--days-old {days_old} is before all time") from error
    return {"between": (_night("--start", start), _night("--end", end))}


def _night(option: str, said: str | None) -> date:
    try:
        return datetime.fromisoformat(said or "").date()
    except ValueError as error:
        raise SetupError(f"{option} must be a date, YYYY-MM-DD, not {said!r}") from error


def _refuse(message: str) -> None:
    typer.echo(f"CommandError: {message}", err=True)
    raise typer.Exit(ExitCode.USAGE)
