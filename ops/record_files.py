"""Files of records: one a line, or a JSON array as `smt export` writes; read as they are sent."""

import json
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TextIO

from store.errors import SetupError

_CHUNK = 256 * 1024
_LARGEST = 256 * 1024**2
"""Characters of one record."""
_BETWEEN = " \t\r\n,"


def records(file: TextIO) -> Iterator[bytes]:
    """Yield each record of a file as a line of JSON; memory does not grow with their number.

    Raises SetupError for what is neither JSON lines nor an array.
    """
    first = "\n"
    while first.isspace():
        first = file.readline(_LARGEST)
    if first.startswith("["):
        yield from _array(first[1:], file)
        return
    for line in chain([first], iter(lambda: file.readline(_LARGEST), "")):
        if len(line) == _LARGEST:
            raise SetupError(f"a line is longer than {_LARGEST} characters; are these JSON lines?")
        if line.strip():
            yield line.strip().encode(errors="surrogatepass")


def _array(text: str, file: TextIO) -> Iterator[bytes]:
    decoder, most = json.JSONDecoder(), _CHUNK
    while True:
        text = text.lstrip(_BETWEEN)
        if text.startswith("]"):
            return
        try:
            record, end = decoder.raw_decode(text)
        except ValueError as error:
            chunk = file.read(most)
            if not chunk or len(text) > _LARGEST:
                raise SetupError(f"the array of records is not whole JSON: {error}") from error
            # What is not complete is read anew each time: ever larger pieces keep that cheap.
            text, most = text + chunk, min(2 * most, _LARGEST)
        else:
            yield json.dumps(record, separators=(",", ":")).encode()
            text, most = text[end:], _CHUNK


def batches(lines: Iterable[bytes], most: int, most_bytes: int) -> Iterator[list[bytes]]:
    """Yield records, as many together as are sent at once."""
    batch: list[bytes] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len(line)
        if len(batch) >= most or size >= most_bytes:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
