"""`muniment parked`: what waits for a person, and deciding about it."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import typer
from pydantic_core import from_json, to_json

from ops.commands.caller import AsJson, Caller, caller
from ops.commands.manual import command_group, epilog
from ops.commands.printing import console, print_json, print_table
from ops.commands.reading import read_data
from ops.editing import edited
from ops.exits import ExitCode
from ops.parked_item import draw
from schemas.routing import routing_key
from store.errors import SetupError

app = command_group("What waits for your decision, and deciding.")

_EXAMPLE = "0192f0c1-9c2a-7b0e-8a55-0f5d0c3f8a10"
_Ids = Annotated[
    list[str] | None, typer.Argument(metavar="[ID]...", help="From `muniment parked list`.")
]
_Id = Annotated[str, typer.Argument(metavar="ID", help="From `muniment parked list`.")]
_Consumer = Annotated[
    str | None, typer.Option("--consumer", help="Only what this consumer parked.")
]
_Type = Annotated[str | None, typer.Option("--type", help="Only this type of event.")]
_Reason = Annotated[str | None, typer.Option("--reason", help="Only with this text in the reason.")]
_Having = Annotated[str | None, typer.Option("--having", help="Only with this text in the reason.")]
_Fingerprint = Annotated[
    str | None, typer.Option("--fingerprint", help="Of this group: `muniment parked groups`.")
]
_Since = Annotated[str | None, typer.Option("--since", help="Parked then or later, ISO 8601.")]
_Before = Annotated[str | None, typer.Option("--before", help="Parked before then, ISO 8601.")]
_State = Annotated[
    str, typer.Option("--state", help="waiting, replayed, edited, discarded or any.")
]
_All = Annotated[bool, typer.Option("--all", help="Everything that waits.")]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
_Note = Annotated[str | None, typer.Option("--note", help="Why; kept with the decision.")]


@app.command("list", epilog=epilog("parked list", "parked list --consumer ingest-file --json"))
def list_items(  # noqa: PLR0913 - each is an option of the command line
    context: typer.Context,
    *,
    consumer: _Consumer = None,
    event_type: _Type = None,
    reason: _Reason = None,
    fingerprint: _Fingerprint = None,
    since: _Since = None,
    before: _Before = None,
    state: _State = "waiting",
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many at most.")] = 100,
    json: AsJson = False,
) -> None:
    """List parked items, in order of parking."""
    said = _filter(consumer, event_type, reason, fingerprint, since, before)
    items = list(_pages(caller(context), {**said, "state": state}, limit))
    if json:
        print_json(items)
        return
    rows = (
        (one["id"], one["parked_at"][:19], one["consumer"], _name(one), one["subject"], _fate(one))
        for one in items
    )
    print_table(("id", "parked (UTC)", "consumer", "event", "subject", "why"), rows, _NOTHING)


@app.command(epilog=epilog("parked groups", "parked groups --consumer ingest-file"))
def groups(  # noqa: PLR0913 - each is an option of the command line
    context: typer.Context,
    *,
    consumer: _Consumer = None,
    event_type: _Type = None,
    reason: _Reason = None,
    since: _Since = None,
    before: _Before = None,
    state: _State = "waiting",
    json: AsJson = False,
) -> None:
    """Group parked items by failure, the most frequent first."""
    said = _filter(consumer, event_type, reason, None, since, before)
    answer = caller(context).ask("GET", f"/parked/groups?{urlencode({**said, 'state': state})}")
    if json:
        print_json(answer["groups"])
        return
    rows = (
        (
            one["fingerprint"],
            one["count"],
            one["last_at"][:19],
            one["consumer"],
            _name(one),
            one["reason"],
        )
        for one in answer["groups"]
    )
    columns = ("fingerprint", "items", "last (UTC)", "consumer", "event", "reason of one")
    print_table(columns, rows, _NOTHING)


@app.command(epilog=epilog(f"parked show {_EXAMPLE}"))
def show(context: typer.Context, item_id: _Id, *, json: AsJson = False) -> None:
    """Show one item: data, traceback, and what happened to it before."""
    item = caller(context).ask("GET", f"/parked/{quote(item_id, safe='')}")
    if json:
        print_json(item)
    else:
        console().print(draw(item), soft_wrap=True)


@app.command(
    epilog=epilog(
        f"parked replay {_EXAMPLE}",
        "parked replay --consumer ingest-file --reason timeout --rate 20 --dry-run",
        "parked replay --all",
    )
)
def replay(  # noqa: PLR0913 - each is an option of the command line
    context: typer.Context,
    ids: _Ids = None,
    *,
    consumer: _Consumer = None,
    event_type: _Type = None,
    reason: _Reason = None,
    fingerprint: _Fingerprint = None,
    since: _Since = None,
    before: _Before = None,
    everything: _All = False,
    rate: Annotated[
        float, typer.Option("--rate", min=0.1, max=1000, help="Events per second.")
    ] = 50,
    note: _Note = None,
    dry_run: _DryRun = False,
    json: AsJson = False,
) -> None:
    """Have events delivered to their consumers again: some by id, or all that fit.

    Exits with 1 when something that was named could not be replayed.
    """
    said = _filter(consumer, event_type, reason, fingerprint, since, before)
    body = {
        **_chosen(ids, said, everything=everything),
        "rate": rate,
        "note": note,
        "dry_run": dry_run,
    }
    _decide(context, "/parked/replay", body, "replayed", json=json)


@app.command(
    epilog=epilog(
        f'parked discard {_EXAMPLE} --reason "sent by mistake"',
        'parked discard --fingerprint 5f0c2d9e11aa34b7 --reason "instrument test" --dry-run',
    )
)
def discard(  # noqa: PLR0913 - each is an option of the command line
    context: typer.Context,
    ids: _Ids = None,
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with the decision.")],
    consumer: _Consumer = None,
    event_type: _Type = None,
    having: _Having = None,
    fingerprint: _Fingerprint = None,
    since: _Since = None,
    before: _Before = None,
    everything: _All = False,
    dry_run: _DryRun = False,
    json: AsJson = False,
) -> None:
    """Decide that events are not to be handled: some by id, or all that fit.

    Nothing is removed: what was discarded, by whom and why can be shown for ever.
    """
    said = _filter(consumer, event_type, having, fingerprint, since, before)
    body = {**_chosen(ids, said, everything=everything), "reason": reason, "dry_run": dry_run}
    _decide(context, "/parked/discard", body, "discarded", json=json)


@app.command(
    epilog=epilog(
        f"parked edit {_EXAMPLE}",
        f"parked edit {_EXAMPLE} --data @mended.json --note 'wrong instrument'",
    )
)
def edit(  # noqa: PLR0913 - each is an option of the command line
    context: typer.Context,
    item_id: _Id,
    *,
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            help="JSON; @FILE reads a file, - standard input. Not said: your editor is opened.",
        ),
    ] = None,
    note: _Note = None,
    editor: Annotated[
        str | None,
        typer.Option(envvar=["VISUAL", "EDITOR"], show_envvar=True, help="Default: vi."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Have an event with other data handled in the place of a parked one."""
    ask, path = caller(context).ask, f"/parked/{quote(item_id, safe='')}"
    text = _edited(ask, path, editor) if data is None else read_data(data)
    try:
        body = {"data": from_json(text), "note": note}
    except ValueError as error:
        raise SetupError(f"the data is not JSON: {error}") from error
    answer = ask("POST", f"{path}/edit", body)
    if json:
        print_json(answer)
    else:
        typer.echo(f"{answer['id']}  runs instead; `muniment why {answer['id']}` shows how it went")


_NOTHING = "Nothing is parked."


def _filter(*values: str | None) -> dict[str, str]:
    names = ("consumer", "type", "reason", "fingerprint", "since", "before")
    return {name: value for name, value in zip(names, values, strict=True) if value is not None}


def _chosen(
    ids: Sequence[str] | None, said: Mapping[str, str], *, everything: bool
) -> dict[str, object]:
    if sum((bool(ids), bool(said), everything)) != 1:
        raise SetupError("say either IDs, or a filter such as --consumer, or --all")
    return {"ids": list(ids)} if ids else {"filter": said}


def _pages(asking: Caller, said: Mapping[str, str], most: int) -> Iterator[dict[str, Any]]:
    path: str | None = f"/parked?{urlencode({**said, 'limit': min(most, 500)})}"
    while path is not None and most > 0:
        page = asking.ask("GET", path)
        yield from page["items"][:most]
        most -= len(page["items"])
        path = page["next"]


def _decide(
    context: typer.Context, path: str, body: Mapping[str, Any], done: str, *, json: bool
) -> None:
    answer = caller(context).ask("POST", path, body)
    if json:
        print_json(answer)
    else:
        _tell(answer, f"would be {done}" if answer["dry_run"] else done)
    if answer["refused_count"] and "ids" in body:
        raise typer.Exit(ExitCode.FAILED)


def _tell(answer: Mapping[str, Any], done: str) -> None:
    typer.echo(f"{answer['count']} {done}")
    for kind in answer["kinds"]:
        typer.echo(f"  {kind['count']} {_name(kind)} by {kind['consumer']}")
    if (answer["takes_seconds"] or 0) > 1:
        typer.echo(f"  the last is delivered in {answer['takes_seconds']:.0f} s")
    for one in answer["refused"]:
        typer.echo(f"{one['id']} is not: {one['why']}", err=True)


def _edited(ask: Callable[[str, str], Any], path: str, editor: str | None) -> bytes:
    """Return what the person has made of the data in an editor."""
    if editor is None and not sys.stdin.isatty():
        raise SetupError("there is no terminal to edit on: say --data")
    before = to_json(ask("GET", path)["data"], indent=2).decode()
    return edited(f"{before}\n", "data.json", editor or "vi").encode()


def _name(one: Mapping[str, Any]) -> str:
    return routing_key(one["type"]) if one["type"] else "no event"


def _fate(one: Mapping[str, Any]) -> str:
    if one["ending"] is None:
        return str(one["reason"])
    why = f": {one['note']}" if one["note"] else ""
    return f"{one['ending']} by {one['ended_by']}{why}"
