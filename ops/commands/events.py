"""`muniment post`, `watch`, `why`: events, one by one."""

import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import Annotated

import typer
from rich.console import Console

from ops.commands.caller import AsJson, caller
from ops.commands.manual import epilog
from ops.commands.printing import console, print_json
from ops.commands.reading import full_type, read_data
from ops.event_line import event_line
from ops.exits import ExitCode
from ops.following import SOON_SECONDS, follow
from ops.why import draw
from producers.client import Client
from producers.client_errors import GapError
from producers.client_stamp import client_stamp
from producers.received import Received
from schemas.catalogue import decode
from schemas.envelope import Envelope, to_structured
from schemas.routing import routing_key

app = typer.Typer()


@app.command(
    epilog=epilog(
        'post probe.requested --data \'{"probe": "hello"}\' --wait 5',
        "post file.ingest_requested --data @request.json",
    )
)
def post(
    context: typer.Context,
    event_type: Annotated[
        str, typer.Argument(metavar="TYPE", help="E.g. probe.requested; its newest version.")
    ],
    *,
    data: Annotated[
        str, typer.Option("--data", help="JSON; @FILE reads a file, - standard input.")
    ] = "{}",
    wait: Annotated[
        float, typer.Option("--wait", min=0, help="Wait so many seconds for its end.")
    ] = 0,
    json: AsJson = False,
) -> None:
    """Post one event, and print its key.

    With --wait, shows how far long work is, and exits with 1 when it failed or has not ended by
    then.
    """
    envelope = _event(full_type(event_type), read_data(data))
    with caller(context).client() as client:
        operation = client.post(envelope, wait=min(wait, SOON_SECONDS) or None)
        if wait and not operation.ended:
            operation = follow(client, operation.id, wait - SOON_SECONDS, Console(stderr=True))
    if json:
        print_json(operation)
    else:
        outcome = "" if operation.outcome is None else f"  {routing_key(operation.outcome.type)}"
        error = "" if operation.error is None else f"  {operation.error}"
        typer.echo(f"{operation.id}  {operation.state}{outcome}{error}")
    if wait and operation.state != "succeeded":
        raise typer.Exit(ExitCode.FAILED)


@app.command(
    epilog=epilog("watch", "watch 'file.*.v1' --after 0 --json | jq .event.subject", "watch -n 1")
)
def watch(
    context: typer.Context,
    pattern: Annotated[
        str, typer.Argument(metavar="[PATTERN]", help="Routing keys: * is one word, # any number.")
    ] = "#",
    *,
    after: Annotated[
        int | None,
        typer.Option("--after", min=0, help="Begin behind this position; 0: at the first."),
    ] = None,
    count: Annotated[
        int | None, typer.Option("--count", "-n", min=1, help="Stop after so many events.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Print events as they happen, until Ctrl-C.

    A broken connection is resumed; events that cannot be had any more are told on standard error.
    """
    with caller(context).client() as client, suppress(KeyboardInterrupt):
        for received in islice(_received(client, pattern, after), count):
            if json:
                event = to_structured(received.envelope).decode()
                sys.stdout.write(f'{{"position":{received.position},"event":{event}}}\n')
                sys.stdout.flush()
            else:
                console().print(event_line(received), soft_wrap=True)


@app.command(
    epilog=epilog(
        "why m51.fits",
        "why 0192f0c1-9c2a-7b0e-8a55-0f5d0c3f8a10 --json",
        "why 0192f0c1-9c2a-7b0e-8a55-0f5d0c3f8a10 --follow 3600",
    )
)
def why(
    context: typer.Context,
    key: Annotated[
        str, typer.Argument(metavar="ID", help="Of an event, operation or file; or a file name.")
    ],
    *,
    seconds: Annotated[
        float,
        typer.Option("--follow", min=0, help="First wait so many seconds for a request's end."),
    ] = 0,
    json: AsJson = False,
) -> None:
    """Show what led to what, who handled it, what came of it, and what still waits.

    With --follow, shows how far long work is until it has ended.
    """
    with caller(context).client() as client:
        found = client.why(key)
        if seconds:
            follow(client, found["focus"], seconds, Console(stderr=True))
            found = client.why(key)
    if json:
        print_json(found)
    else:
        console().print(draw(found), soft_wrap=True)


def _received(client: Client, pattern: str, after: int | None) -> Iterator[Received]:
    while True:
        try:
            with client.subscribe(pattern, after=after) as subscription:
                yield from subscription
        except GapError as gap:
            sys.stderr.write(f"muniment: {gap}\n")
            after = gap.resume_after


def _event(event_type: str, data: bytes) -> Envelope:
    event = decode(Envelope(id="new", source="/", type=event_type, data=data))
    # The data goes as it was written: fields that are not known here are not lost.
    return replace(client_stamp(None).put_on(event), data=data)
