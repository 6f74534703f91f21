"""`muniment schedule`: requests that are accepted at a time, once or again and again."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any
from urllib.parse import quote

import typer
from pydantic_core import from_json

from ops.commands.caller import AsJson, Caller, caller
from ops.commands.manual import command_group, epilog
from ops.commands.printing import print_json, print_table
from ops.commands.reading import full_type, read_data
from schemas.routing import routing_key
from store.errors import SetupError

app = command_group("Requests that are accepted at a time, once or again and again.")

_Name = Annotated[str, typer.Argument(metavar="NAME", help="1 to 100 of a-z, 0-9, '.', '_', '-'.")]
_Every = Annotated[
    str | None, typer.Option("--every", help="Again and again: 90s, 1h30m, 2d; at least 10s.")
]
_At = Annotated[
    str | None, typer.Option("--at", help="When it fires (first): ISO 8601 with a zone.")
]
_Data = Annotated[
    str | None, typer.Option("--data", help="JSON; @FILE reads a file, - standard input.")
]
_Jitter = Annotated[
    str | None, typer.Option("--jitter", help="Each firing is at most this much later, by chance.")
]
_CatchUp = Annotated[
    str | None,
    typer.Option("--catch-up", help="Of missed times: one for all together, all, or none."),
]


@app.command(
    epilog=epilog(
        'schedule add nightly probe.requested --data \'{"probe": "hello"}\' --every 1d',
        'schedule add once probe.requested --data \'{"probe": "x"}\' --at 2030-01-01T00:00:00Z',
    )
)
def add(  # noqa: PLR0913 - each is an option of the command line
    context: typer.Context,
    name: _Name,
    event_type: Annotated[
        str, typer.Argument(metavar="TYPE", help="E.g. probe.requested; its newest version.")
    ],
    *,
    data: _Data = None,
    every: _Every = None,
    at: _At = None,
    jitter: _Jitter = None,
    catch_up: _CatchUp = None,
    json: AsJson = False,
) -> None:
    """Have a request accepted at a time (--at), again and again (--every), or both."""
    said = _said(data=data, every=every, at=at, jitter=jitter, catch_up=catch_up)
    body = {**said, "type": full_type(event_type)}
    answer = caller(context).ask("PUT", _path(name), body, {"if-none-match": "*"})
    _tell(answer, json=json)


@app.command("list", epilog=epilog("schedule list", "schedule list --json"))
def list_schedules(context: typer.Context, *, json: AsJson = False) -> None:
    """List the schedules, by name."""
    found = list(_all(caller(context)))
    if json:
        print_json(found)
        return
    rows = (
        (
            one["name"],
            routing_key(one["type"]),
            one["every"] or "once",
            "paused" if one["paused"] else _time(one["next_at"]),
            _time(one["fired_at"]) if one["fired_at"] else "never",
        )
        for one in found
    )
    columns = ("name", "event", "every", "next (UTC)", "last (UTC)")
    print_table(columns, rows, "No schedules yet: `muniment schedule add` makes one.")


@app.command(epilog=epilog("schedule show nightly"))
def show(context: typer.Context, name: _Name, *, json: AsJson = False) -> None:
    """Show one schedule."""
    answer = caller(context).ask("GET", _path(name))
    if json:
        print_json(answer)
        return
    for field, value in answer.items():
        if field != "href" and value is not None:
            typer.echo(f"{field}: {value}")


@app.command(
    epilog=epilog("schedule edit nightly --every 12h", "schedule edit nightly --data @request.json")
)
def edit(  # noqa: PLR0913 - each is an option of the command line
    context: typer.Context,
    name: _Name,
    *,
    data: _Data = None,
    every: _Every = None,
    at: _At = None,
    jitter: _Jitter = None,
    catch_up: _CatchUp = None,
    json: AsJson = False,
) -> None:
    """Change what is said; all else stays as it is."""
    said = _said(data=data, every=every, at=at, jitter=jitter, catch_up=catch_up)
    if not said:
        raise SetupError("say what is to change: --data, --every, --at, --jitter or --catch-up")
    asking = caller(context)
    now = asking.ask("GET", _path(name))
    kept = {field: now[field] for field in ("type", "data", "every", "jitter", "catch_up")}
    if now["every"] is None:
        kept["at"] = now["due_at"]
    _tell(asking.ask("PUT", _path(name), {**kept, **said}), json=json)


@app.command(epilog=epilog("schedule pause nightly"))
def pause(context: typer.Context, name: _Name, *, json: AsJson = False) -> None:
    """Let a schedule not fire until it is resumed."""
    _tell(caller(context).ask("POST", f"{_path(name)}/pause"), json=json)


@app.command(epilog=epilog("schedule resume nightly"))
def resume(context: typer.Context, name: _Name, *, json: AsJson = False) -> None:
    """Let a schedule fire again; --catch-up says what becomes of the times it has missed."""
    _tell(caller(context).ask("POST", f"{_path(name)}/resume"), json=json)


@app.command(epilog=epilog("schedule remove nightly"))
def remove(context: typer.Context, name: _Name) -> None:
    """Remove a schedule; what it has fired goes on."""
    caller(context).ask("DELETE", _path(name))
    typer.echo(f"Removed {name}.")


def _path(name: str) -> str:
    return f"/schedules/{quote(name, safe='')}"


def _said(*, data: str | None, **others: str | None) -> dict[str, Any]:
    said: dict[str, Any] = {name: value for name, value in others.items() if value is not None}
    if data is not None:
        try:
            said["data"] = from_json(read_data(data))
        except ValueError as error:
            raise SetupError(f"the data is not JSON: {error}") from error
    return said


def _all(asking: Caller) -> Iterator[dict[str, Any]]:
    path: str | None = "/schedules?limit=500"
    while path is not None:
        page = asking.ask("GET", path)
        yield from page["schedules"]
        path = page["next"]


def _tell(schedule: Mapping[str, Any], *, json: bool) -> None:
    if json:
        print_json(schedule)
        return
    how = f"every {schedule['every']}" if schedule["every"] else "once"
    when = "paused" if schedule["paused"] else f"next at {_time(schedule['next_at'])} UTC"
    typer.echo(f"{schedule['name']}: {how}, {when}")


def _time(text: str) -> str:
    return text[:19].replace("T", " ")
