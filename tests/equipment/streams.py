"""Server-sent events, as a client reads them that says whatever a test likes."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, BinaryIO

from producers.server_sent import Message, read_messages
from tests.equipment.ingress import Ingress


@contextmanager
def listening(
    ingress: Ingress, query: str = "", last: int | None = None, *, token: str | None = None
) -> Iterator[Iterator[Message]]:
    """Yield the messages of one stream, from behind the `last`; hang up at the end of the block."""
    with _stream(ingress, f"/events/stream{query}", token, last) as messages:
        yield messages


@contextmanager
def following(
    ingress: Ingress, key: str, token: str | None = None
) -> Iterator[Iterator[dict[str, Any]]]:
    """Yield what is told of an operation, as it happens, until the server ends it."""
    with _stream(ingress, f"/operations/{key}", token) as messages:
        yield (json.loads(one.data) for one in messages if one.event == "operation")


def told(messages: Iterator[Message]) -> Iterator[Message]:
    """Yield messages that have data."""
    return (message for message in messages if message.data)


@contextmanager
def _stream(
    ingress: Ingress, path: str, token: str | None, last: int | None = None
) -> Iterator[Iterator[Message]]:
    said = {"Host": "x", "Accept": "text/event-stream"}
    if token is not None:
        said["Authorization"] = f"Bearer {token}"
    if last is not None:
        said["Last-Event-ID"] = str(last)
    with closing(ingress.connect()) as connection:
        head = "".join(f"{name}: {value}\r\n" for name, value in said.items())
        connection.sendall(f"GET {path} HTTP/1.1\r\n{head}\r\n".encode())
        reader = connection.makefile("rb")
        assert reader.readline().startswith(b"HTTP/1.1 200 ")
        while reader.readline() != b"\r\n":
            pass
        yield read_messages(_chunks(reader))


def _chunks(reader: BinaryIO) -> Iterator[bytes]:
    while size := int(reader.readline() or b"0", 16):
        yield reader.read(size)
        reader.readline()
