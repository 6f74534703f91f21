"""How the commands of `muniment packager` ask, print, and end."""

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from ops.commands.caller import Caller, caller
from ops.exits import ExitCode, judge
from ops.following import follow
from ops.packager_client import ask, mount
from ops.packager_fields import PackagerCommandError, given, read_defaults
from ops.packager_output import packaged, reason
from producers.answers import Operation
from store.errors import MunimentError

_PATIENCE_SECONDS = 60.0
_INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Options:
    """Those of ckanpackager, which every command takes."""

    host: str | None
    defaults: Path | None
    no_defaults: bool
    secret: str | None
    quiet: bool
    strict: bool
    """Errors in statistics are a failure."""
    offset: int
    limit: int
    resource: str | None
    email: str | None


class Asking:
    """Asks one packager, and prints what comes of it."""

    def __init__(self, called: Caller, options: Options) -> None:
        """Raise PackagerCommandError when the file of defaults cannot be used."""
        self.options = options
        self.defaults = {} if options.no_defaults else read_defaults(options.defaults)
        """Fields that every task is queued with."""
        self._called = called
        self._host = options.host or f"{called.url}/packager"

    def show(self, doing: str, path: str, fields: Mapping[str, str]) -> dict[str, Any]:
        """Ask, print the answer, and return it. Raises RequestFailedError."""
        self._say(doing)
        answer = ask(self._host, path, fields if "secret" in fields else self._with_secret(fields))
        self._say("Response:")
        self._say(json.dumps(answer, indent=2))
        return answer

    def wait_for(self, answer: Mapping[str, Any]) -> None:
        """Follow what was queued to its end. Raises PackagerCommandError when it failed."""
        key = answer.get("operation")
        if not isinstance(key, str):
            raise PackagerCommandError(f"{self._host} names no operation that can be waited for")
        try:
            operation = self._followed(key, str(answer.get("operation_url", "")))
        except KeyboardInterrupt as interruption:
            self._say(f"It goes on; `muniment why {key}` tells how far it is.", err=True)
            raise typer.Exit(_INTERRUPTED) from interruption
        if operation.state != "succeeded":
            raise PackagerCommandError(f"Not packaged: {reason(operation)}")
        self._say(packaged(operation))

    def _say(self, text: str, *, err: bool = False) -> None:
        if not self.options.quiet:
            typer.echo(text, err=err)

    def _with_secret(self, fields: Mapping[str, str]) -> dict[str, str]:
        named = self.options.secret or self.defaults.get("secret")
        return {**fields, **given({"secret": named or self._called.packager_secret(self._host)})}

    def _followed(self, key: str, url: str) -> Operation:
        root = mount(self._host) or url.removesuffix(f"/operations/{key}")
        screen = Console(stderr=True, quiet=self.options.quiet)
        with Caller(root, self._called.named_token).client(_PATIENCE_SECONDS) as client:
            return follow(client, key, math.inf, screen, self._say)


@contextmanager
def asked(context: typer.Context) -> Iterator[Asking]:
    """Yield who asks; end as ckanpackager's command line does, with 1 whatever went wrong."""
    options: Options = context.obj
    try:
        yield Asking(caller(context), options)
    except PackagerCommandError as error:
        if not options.quiet:
            typer.echo(str(error), err=True)
        raise typer.Exit(ExitCode.FAILED) from error
    except MunimentError as error:
        if not options.quiet:
            raise
        raise typer.Exit(judge(error)[0]) from error
