"""Server-sent events as the WHATWG HTML standard defines them (section 9.2.6), read from bytes."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_LINE_END = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a stream; `id` is the last that was sent, with this message or before."""

    id: str
    event: str
    data: str


def read_messages(chunks: Iterable[bytes]) -> Iterator[Message]:
    """Yield the messages of a stream whose bytes come in any pieces; a torn last one is dropped.

    A block that has only an id yields a message without data: the stream tells where it stands.
    """
    last_id, event = "", ""
    data: list[str] = []
    told = False
    for line in _lines(chunks):
        if not line:
            if data or told:
                yield Message(last_id, event or "message", "\n".join(data))
            event, data, told = "", [], False
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            data.append(value)
        elif field == "event":
            event = value
        elif field == "id" and "\0" not in value:
            last_id, told = value, True


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    rest = bytearray()
    after_return = False
    for chunk in filter(None, chunks):
        if after_return and chunk.startswith(b"\n"):
            # The second half of a line end that was torn between two chunks.
            chunk = chunk[1:]  # noqa: PLW2901 - the same chunk, put right
        after_return = chunk.endswith(b"\r")
        *lines, last = _LINE_END.split(chunk)
        for line in lines:
            yield (rest + line).decode(errors="replace")
            rest.clear()
        rest += last
