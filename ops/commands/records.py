"""`muniment records`: whole projects, out and in."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http import HTTPStatus
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Annotated, Any, TextIO

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ops.commands.caller import AsJson, caller
from ops.commands.manual import command_group, epilog
from ops.commands.printing import print_json
from ops.exits import ExitCode
from ops.record_files import batches, records
from ops.record_transfer import address, fetch, send
from producers.client_errors import ProblemError
from producers.client_http import Http
from store.errors import SetupError

_AT_ONCE = 200
_BYTES_AT_ONCE = 8 * 1024**2
_SHOWN = 20
_ENDINGS = {201: "created", 200: "there already, or updated"}

app = command_group("Records of runs, as Sumatra keeps them: whole projects, out and in.")

Project = Annotated[str, typer.Argument(metavar="PROJECT", help="What stands in its address.")]


@app.command(
    "export",
    epilog=epilog("records export reef >reef.jsonl", "records export reef --output reef.jsonl"),
)
def export_(
    context: typer.Context,
    project: Project,
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file, written whole or not at all.")
    ] = None,
) -> None:
    """Write every record of a project, one a line, the newest run first.

    Each line is the whole record, long texts included, as `records import` takes it.
    """
    called = caller(context)
    count = 0
    with (
        _known(project, "who may read it sees it at /records/"),
        closing(Http(called.url, called.token, 0)) as http,
        _written(output) as file,
    ):
        for piece in fetch(http, project):
            count += piece.count(b"\n")
            file.write(piece)
    typer.echo(f"{count} records of {project} exported.", err=True)


@app.command(
    "import",
    epilog=epilog(
        "records import reef reef.jsonl",
        "records import reef .smt/records_export.json --create",
        "records import reef - <reef.jsonl",
    ),
)
def import_(  # noqa: PLR0913 - each is an option of the command line
    context: typer.Context,
    project: Project,
    file: Annotated[
        str, typer.Argument(metavar="FILE|-", help="JSON lines, or what `smt export` wrote.")
    ],
    *,
    create: Annotated[bool, typer.Option("--create", help="Make the project, if need be.")] = False,
    patience: Annotated[
        float, typer.Option("--patience", min=0, help="Seconds to keep trying when it is down.")
    ] = 30,
    json: AsJson = False,
) -> None:
    """Store every record of a file in a project, each as if it had been sent by itself.

    What is stored already is left as it is: the same command again does the rest. Exits with 1
    when any record was refused.
    """
    called = caller(context)
    tally = Counter[str]()
    refused: list[dict[str, Any]] = []
    with (
        _known(project, "`--create` makes it"),
        closing(Http(called.url, called.token, patience)) as http,
        _opened(file) as source,
        _progress() as tell,
    ):
        if create:
            http.json("PUT", address(project), body=b"{}")
        for batch in batches(records(source), _AT_ONCE, _BYTES_AT_ONCE):
            for answer in send(http, project, batch):
                ending = _ENDINGS.get(answer["status"], "refused")
                tally[ending] += 1
                if json:
                    print_json({name: answer.get(name) for name in ("label", "status", "error")})
                elif ending == "refused" and len(refused) < _SHOWN:
                    refused.append(answer)
            tell(tally.total())
    if not json:
        _summary(project, tally, refused)
    if tally["refused"]:
        raise typer.Exit(ExitCode.FAILED)


def _summary(project: str, tally: Counter[str], refused: list[dict[str, Any]]) -> None:
    said = ", ".join(f"{count} {ending}" for ending, count in sorted(tally.items()))
    typer.echo(f"{project}: {said or 'the file has no records'}.")
    for answer in refused:
        typer.echo(f"  {answer.get('label') or 'a record without label'}: {answer.get('error')}")
    if tally["refused"] > len(refused):
        typer.echo(f"  and {tally['refused'] - len(refused)} more; --json lists every record")


@contextmanager
def _known(project: str, advice: str) -> Iterator[None]:
    try:
        yield
    except ProblemError as error:
        if error.status == HTTPStatus.NOT_FOUND:
            raise SetupError(f"there is no project {project!r}; {advice}") from error
        raise


@contextmanager
def _opened(file: str) -> Iterator[TextIO]:
    # Half of a character, as JSON may hold it, is no matter of a file's encoding.
    if file == "-":
        yield sys.stdin
    else:
        with Path(file).open(encoding="utf-8-sig") as source:
            yield source


@contextmanager
def _written(output: Path | None) -> Iterator[IO[bytes]]:
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with NamedTemporaryFile(dir=output.parent, prefix=f".{output.name}.", delete=False) as draft:
        try:
            yield draft.file
            draft.flush()
            Path(draft.name).replace(output)
        except BaseException:
            Path(draft.name).unlink(missing_ok=True)
            raise


@contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    screen = Console(stderr=True)
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
        console=screen,
        transient=True,
        disable=not screen.is_terminal or screen.is_dumb_terminal,
    )
    with bar:
        task = bar.add_task("reading")
        yield lambda count: bar.update(task, description=f"{count} records")
