"""A repository to fetch from: it speaks just enough of CKAN's `datastore_search`, and has a file.

All it ever says is written down beforehand, and sent by the kernel: it costs next to nothing, the
same for whoever asks.
"""

import json
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread

from pydantic_core import from_json, to_json

from ops.bench.dataset import NUMBERS, TEXTS, Dataset
from ops.bench.processes import wait_for_end

ACTION = "/api/action/datastore_search"
FILE = "/dataset.csv"


@dataclass(frozen=True, slots=True)
class Stock:
    """What a repository has."""

    dataset: Dataset
    file_size: int
    """Bytes of the file; 0: there is none."""
    folder: Path
    """Where it is written down."""


@dataclass(frozen=True, slots=True)
class _Answers:
    """The answers about one resource, in a file."""

    path: Path
    ends: Sequence[int]
    """Where each page's answer ends in it."""
    fields: Sequence[dict[str, str]]


def serve(pipe: Connection, stock: Stock) -> None:
    """Write everything down, say the URL, and answer until the pipe is closed."""
    stock.folder.mkdir()
    server = _Server(("127.0.0.1", 0), _Handler)
    server.stock = stock
    server.answers = {name: _write(stock, name) for name in (NUMBERS, TEXTS)}
    stock.dataset.write_file(stock.folder / "file", stock.file_size)
    # Or the disk would be busy with it while the first is read.
    os.sync()
    Thread(target=server.serve_forever, daemon=True).start()
    pipe.send(f"http://127.0.0.1:{server.server_port}")
    wait_for_end(pipe)
    server.shutdown()
    server.server_close()


def _write(stock: Stock, resource: str) -> _Answers:
    fields = stock.dataset.fields(resource)
    path = stock.folder / resource
    ends = []
    with path.open("wb") as file:
        for records in stock.dataset.pages(resource):
            file.writelines(_answer(fields, records))
            ends.append(file.tell())
    return _Answers(path, ends, fields)


def _answer(fields: Sequence[dict[str, str]], records: bytes, total: str = "") -> Iterable[bytes]:
    told = json.dumps(fields).encode()
    yield b'{"help":"","success":true,"result":{"fields":%b%b,"records":' % (told, total.encode())
    yield records
    yield b"}}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    stock: Stock
    answers: dict[str, _Answers]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def handle(self) -> None:
        with suppress(ConnectionError):  # clients may stop in the midst of a page
            super().handle()

    def do_POST(self) -> None:
        asked = from_json(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
        dataset, answers = self.server.stock.dataset, self.server.answers
        resource = asked.get("resource_id")
        if self.path != ACTION or resource not in answers:
            self._head(404, 0)
            return
        found = answers[resource]
        if asked.get("limit") == 0:
            total = f',"total":{dataset.rows}'
            self._say(b"".join(_answer(found.fields, b"[]", total)))
            return
        page, odd = divmod(asked.get("offset", 0), dataset.page_size)
        rows = min(dataset.page_size, dataset.rows - page * dataset.page_size)
        as_csv = asked.get("records_format") == "csv"
        if rows <= 0:
            self._say(b"".join(_answer(found.fields, b'""' if as_csv else b"[]")))
        elif odd or asked.get("limit", 100) < rows or as_csv is not (resource == TEXTS):
            self._say(to_json({"success": False, "error": "this is not written down"}), 409)
        else:
            start = found.ends[page - 1] if page else 0
            self._send(found.path, start, found.ends[page])

    def do_GET(self) -> None:
        if self.path == FILE:
            self._send(self.server.stock.folder / "file", 0, self.server.stock.file_size)
        else:
            self._head(404, 0)

    def _say(self, body: bytes, status: int = 200) -> None:
        self._head(status, len(body))
        self.wfile.write(body)

    def _send(self, path: Path, start: int, end: int) -> None:
        self._head(200, end - start)
        with path.open("rb") as file:
            self.connection.sendfile(file, start, end - start)

    def _head(self, status: int, length: int) -> None:
        self.send_response_only(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.flush()
