"""The command line: `muniment COMMAND`.

Exit codes: 0 done; 1 refused or failed; 2 wrong arguments or settings; 3 something that is needed
is down, and the same again may succeed; 130 interrupted. Errors are one line and what to do next.

A command's module is imported when it is called: `muniment --help` needs none of them.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from ops.commands.manual import EXITS, tell_version

_TRACEBACK = "--traceback"
_RUN, _USE, _ADMINISTER, _LOOK = "Run", "Use", "Administer", "Look after"


@dataclass(frozen=True, slots=True)
class Entry:
    """One command, or one group of commands."""

    name: str
    panel: str
    module: str
    summary: str

    def stub(self) -> TyperCommand:
        """Return what the list of commands needs."""
        return TyperCommand(self.name, help=self.summary, rich_help_panel=self.panel)

    def load(self) -> Any:  # noqa: ANN401 - typer's own classes of commands are private
        """Return the command itself."""
        group = get_group(import_module(self.module).app)
        return group.commands.get(self.name, group)


COMMANDS = {
    entry.name: entry
    for entry in (
        Entry("demo", _USE, "ops.commands.demo", "Show Muniment at work, in ten seconds."),
        Entry("post", _USE, "ops.commands.events", "Post one event, and print its key."),
        Entry(
            "ingest",
            _USE,
            "ops.commands.ingest",
            "Archive files and folders, and wait until they are.",
        ),
        Entry("watch", _USE, "ops.commands.events", "Print events as they happen, until Ctrl-C."),
        Entry(
            "why",
            _USE,
            "ops.commands.events",
            "Show what led to what, who handled it, what came of it, and what still waits.",
        ),
        Entry(
            "records",
            _USE,
            "ops.commands.records",
            "Records of runs, as Sumatra keeps them: whole projects, out and in.",
        ),
        Entry(
            "packager",
            _USE,
            "ops.commands.packager",
            "Dataset packages: what ckanpackager's command line did, and what it lacked.",
        ),
        Entry(
            "archive",
            _ADMINISTER,
            "ops.commands.archive",
            "The science archive: its frames, its users, and what subscribers are told.",
        ),
        Entry("up", _RUN, "ops.commands.running", "Run everything in one process."),
        Entry("ingress", _RUN, "ops.commands.running", "Run the HTTP ingress."),
        Entry("consume", _RUN, "ops.commands.running", "Run consumers."),
        Entry("relay", _RUN, "ops.commands.running", "Run a relay and nothing else."),
        Entry(
            "topology",
            _ADMINISTER,
            "ops.commands.topology",
            "The exchanges, queues and bindings that RabbitMQ has to have.",
        ),
        Entry("db", _ADMINISTER, "ops.commands.database", "The database's tables."),
        Entry(
            "user", _ADMINISTER, "ops.commands.users", "Users: who gets in, and what they may do."
        ),
        Entry("token", _ADMINISTER, "ops.commands.tokens", "Tokens, by which programs get in."),
        Entry(
            "audit",
            _ADMINISTER,
            "ops.commands.audit",
            "Show who changed what, the latest first.",
        ),
        Entry(
            "parked", _LOOK, "ops.commands.parked", "What waits for your decision, and deciding."
        ),
        Entry(
            "schedule",
            _ADMINISTER,
            "ops.commands.schedules",
            "Requests that are accepted at a time, once or again and again.",
        ),
        Entry(
            "doctor", _LOOK, "ops.commands.doctor", "Say what is wrong, and what to do about it."
        ),
        Entry(
            "stats",
            _LOOK,
            "ops.commands.stats",
            "What has happened, counted: how often, how large, how long.",
        ),
        Entry(
            "streams",
            _RUN,
            "ops.commands.streams",
            "Totals and windows, counted from the copy of the ledger in Kafka.",
        ),
        Entry(
            "bench",
            _LOOK,
            "ops.bench.commands",
            "Measure Muniment on this machine against the least that has to be done.",
        ),
        Entry(
            "chaos",
            _LOOK,
            "ops.commands.chaos",
            "Break an installation of its own at random, and account for every request.",
        ),
    )
    if entry.name != "bench" or find_spec("ops.bench") is not None
}


class _Commands(TyperGroup):
    """The commands by name; only the one that is called is imported."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - passed on to typer as they are
        super().__init__(**settings)
        self.commands = {entry.name: entry.stub() for entry in COMMANDS.values()}

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - typer's private
        """Return the command that was called, imported."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, COMMANDS[name].load() if name in COMMANDS else command, rest


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"Begin with `muniment demo`. {EXITS}",
)


@app.callback()
def _global(
    context: typer.Context,
    *,
    url: Annotated[
        str | None,
        typer.Option(envvar="MUNIMENT_URL", help="The ingress. Default: the one on this machine."),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            envvar="MUNIMENT_TOKEN",
            show_envvar=True,
            help="Default: the operator's, from the data directory.",
        ),
    ] = None,
    traceback: Annotated[
        bool, typer.Option(_TRACEBACK, help="Show where an error comes from.")
    ] = False,
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=tell_version, help="Print the version."),
    ] = False,
) -> None:
    """Muniment: an event bus for research data archives."""
    del traceback, version  # seen by `main` and by the callback
    context.obj = (url, token)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and exit with its code."""
    try:
        app(arguments)
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python must not try to flush the rest.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if _TRACEBACK in (sys.argv if arguments is None else arguments):
            raise
        exits = import_module("ops.exits")
        code, text, advice = exits.judge(error)
        sys.stderr.write(f"muniment: {text}\n" + (f"  {advice}\n" if advice else ""))
        sys.exit(code)
    sys.exit(0)
