"""Options that the commands of `muniment bench` share, and what their texts mean."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ByteSize, TypeAdapter, ValidationError

AMQP = "amqp://guest:guest@127.0.0.1:5672"
DATABASE = "postgresql+psycopg2://postgres@127.0.0.1:5432/postgres"

Embedded = Annotated[
    bool, typer.Option("--embedded", help="The embedded bus and SQLite; needs no server.")
]
AmqpUrl = Annotated[str, typer.Option("--amqp-url", help="RabbitMQ; its vhost is not used.")]
DatabaseUrl = Annotated[
    str, typer.Option("--database-url", help="PostgreSQL; a database is made beside this one.")
]
Vhost = Annotated[
    str, typer.Option("--vhost", help="An empty one to use. Default: one is made, and removed.")
]
Rounds = Annotated[int, typer.Option("--rounds", min=1, help="How often all take their turn.")]
Folder = Annotated[
    Path | None, typer.Option("--dir", help="Where all files go. Default: as TMPDIR says.")
]
Profile = Annotated[
    Path | None,
    typer.Option("--profile", metavar="FOLDER", help="Write what py-spy sees in one more round."),
]
ManagementUrl = Annotated[
    str, typer.Option("--management-url", help="Makes the vhost. Default: rabbitmqctl does.")
]


def bytes_of(text: str) -> int:
    """Return the number of bytes that an option says. Raises BadParameter."""
    try:
        return int(TypeAdapter(ByteSize).validate_python(text))
    except ValidationError as error:
        raise typer.BadParameter(f"{text!r} is not a size like 100KiB or 2GiB") from error


def numbers_of(text: str) -> tuple[int, ...]:
    """Return the numbers that an option lists, none of them 0. Raises BadParameter."""
    numbers = tuple(int(one) if one.strip().isdecimal() else 0 for one in text.split(","))
    if not all(numbers):
        raise typer.BadParameter(f"{text!r} is not a list of numbers like 16,64")
    return numbers
