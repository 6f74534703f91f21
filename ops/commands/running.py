"""`muniment up`, `ingress`, `consume`, `relay`: the processes that run until they are told to stop.

SIGTERM and SIGINT drain: nothing new is taken, what is at work is finished or handed back, and the
process exits with 0. A second signal leaves at once.
"""

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Annotated

import typer

from consumers.registry import CONSUMERS
from ops.commands.caller import caller
from ops.commands.manual import epilog
from ops.kafka_wiring import TAP
from ops.logs import configure
from ops.settings import EMBEDDED, Settings
from ops.stopping import until_told
from ops.wiring import System, system
from store.errors import SetupError

_MARGIN_SECONDS = 15.0
"""What is left, after `drain_seconds`, to everything that is not a handler."""
_NAMES = tuple(consumer.name for consumer in CONSUMERS)
_ALL = (*_NAMES, TAP)

app = typer.Typer()


@app.command(epilog=epilog("up", "up >/var/log/muniment.out 2>/var/log/muniment.log &"))
def up(context: typer.Context) -> None:
    """Run everything in one process.

    Ingress, relay and all consumers, until SIGTERM or Ctrl-C; the copy in Kafka, too, where
    MUNIMENT_KAFKA_URL names one. Makes or upgrades the tables first.
    """
    settings = caller(context).settings
    _run(settings, ingress=True, consumers=_ALL if settings.kafka_url else _NAMES)


@app.command(epilog=epilog("ingress"))
def ingress(context: typer.Context) -> None:
    """Run the HTTP ingress.

    With it the relay; consumers run elsewhere. Makes or upgrades the tables first.
    """
    _run(caller(context).settings, ingress=True)


@app.command(epilog=epilog("consume ingest-file", "consume ingest-file answer-probe"))
def consume(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help=", ".join(_ALL))],
) -> None:
    """Run consumers.

    One process may run several, and several processes may run the same one.
    """
    _run(caller(context).settings, consumers=names)


@app.command(epilog=epilog("relay"))
def relay(context: typer.Context) -> None:
    """Run a relay and nothing else.

    It publishes what other processes have committed. Each of them has a relay of its own; another
    one helps when they are down.
    """
    settings = caller(context).settings
    if settings.bus_url == EMBEDDED:
        raise SetupError("the embedded bus needs no relay; MUNIMENT_BUS_URL names none other")
    _run(settings)


def _run(settings: Settings, *, ingress: bool = False, consumers: Sequence[str] = ()) -> None:
    configure(sys.stderr, level=settings.log_level, log_format=settings.log_format)
    with ExitStack() as stack:
        wait = stack.enter_context(until_told(settings.drain_seconds + _MARGIN_SECONDS))
        running = stack.enter_context(system(settings, ingress=ingress, consumers=consumers))
        if settings.metrics_port and not ingress:
            stack.callback(running.metrics.serve(settings.http_host, settings.metrics_port))
        _announce(running, ingress=ingress, consumers=consumers)
        wait()
        sys.stdout.write("stopping: finishing what is at work\n")
        sys.stdout.flush()


def _announce(running: System, *, ingress: bool, consumers: Sequence[str]) -> None:
    lines = [f"Muniment listens at {running.url}"] if ingress else []
    if ingress:
        lines.append(f"the operator's token is in {running.settings.operator_token}")
    if consumers:
        lines.append(f"consuming: {', '.join(consumers)}")
    sys.stdout.write("\n".join([*lines, "Ctrl-C stops it", ""]))
    sys.stdout.flush()
