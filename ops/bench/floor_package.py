"""The floor of packaging: a script that has nothing else to do, in one pass.

Pages of objects are read by orjson, written as CSV by the standard library and deflated by isal; a
file is deflated as it comes. Nothing is synced, and nothing could be gone on with.
"""

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from importlib.util import find_spec
from multiprocessing.connection import Connection
from operator import itemgetter
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from isal import isal_zlib

from ops.bench.dataset import NUMBERS
from ops.bench.processes import MeasurementError, wait_for_end
from ops.bench.repository import ACTION, FILE
from store.zips.records import Entry, directory, local_header

_PIECE = 1 << 20
_Loads = Callable[[bytes], Any]


@dataclass(frozen=True, slots=True)
class Errand:
    """What is to be packaged, and where to."""

    url: str
    """Of the repository."""
    rows: int
    """0: its file."""
    page_size: int
    path: Path
    """Of the zip."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How it went."""

    started: float
    ended: float


def require_orjson() -> None:
    """Raise MeasurementError when orjson is not installed: the product does not need it."""
    if find_spec("orjson") is None:
        raise MeasurementError("the script that is compared with needs orjson: pip install orjson")


def package(pipe: Connection, errand: Errand) -> None:
    """Say that it can begin, wait, write the zip, say an Ended."""
    import orjson  # noqa: PLC0415 - not everybody who measures something else has it

    pipe.send(None)
    pipe.recv()
    started = monotonic()
    parts = urlsplit(errand.url)
    with closing(HTTPConnection(parts.hostname or "", parts.port)) as connection:
        if errand.rows:
            _write(errand.path, "resource.csv", _table(connection, errand, orjson.loads))
        else:
            _write(errand.path, FILE.strip("/"), _file(connection))
    pipe.send(Ended(started, monotonic()))
    wait_for_end(pipe)


def _table(connection: HTTPConnection, errand: Errand, loads: _Loads) -> Iterator[bytes]:
    """Yield the table as CSV, a page at a time."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    done = 0
    while done < errand.rows:
        body = b'{"resource_id":"%b","offset":%d,"limit":%d}'
        question = body % (NUMBERS.encode(), done, errand.page_size)
        connection.request("POST", ACTION, question, {"Content-Type": "application/json"})
        result = loads(_whole(connection.getresponse()))["result"]
        names = [field["id"] for field in result["fields"]]
        if not done:
            writer.writerow(names)
        records = result["records"]
        writer.writerows(map(itemgetter(*names), records))
        done += len(records)
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()


def _file(connection: HTTPConnection) -> Iterator[bytes]:
    connection.request("GET", FILE)
    answer = connection.getresponse()
    while piece := answer.read(_PIECE):
        yield piece


def _whole(answer: HTTPResponse) -> bytes:
    said = answer.read()
    if answer.status != 200:  # noqa: PLR2004
        raise MeasurementError(f"the repository answers {answer.status}")
    return said


def _write(path: Path, name: str, pieces: Iterator[bytes]) -> None:
    """Write a zip of one member, whose header is written anew once its size is known."""
    deflate = isal_zlib.compressobj(1, isal_zlib.DEFLATED, -15)
    crc = size = 0
    with path.open("wb") as file:
        start = file.write(local_header(Entry(name, 0, 0, 0)))
        for piece in pieces:
            crc = isal_zlib.crc32(piece, crc)
            size += len(piece)
            file.write(deflate.compress(piece))
        file.write(deflate.flush())
        entry = Entry(name, size, file.tell() - start, crc)
        file.write(directory([entry]))
        file.seek(0)
        file.write(local_header(entry))
