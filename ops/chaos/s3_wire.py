"""A wire to an S3 server that has bad spells: refusals, delays, answers that never arrive whole.

Heads are passed on as they are, the Host header included, so that signatures hold.
"""

import random
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from threading import Event, Lock, Thread
from time import monotonic

_PIECE = 256 * 1024
_PATIENCE_SECONDS = 60.0
_SLOW_SECONDS = 2.0
_MISBEHAVING = 0.6
"""Part of the requests of a bad spell."""
_KINDS = ("refused with 500", "refused with 503", "delayed", "answer lost", "answer cut short")
_ERROR = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    "<Error><Code>{code}</Code><Message>said by muniment chaos</Message></Error>"
)


class S3Wire(ThreadingHTTPServer):
    """Passes requests on; in a bad spell many come to harm, before or after they take effect."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, target: tuple[str, int], chance: random.Random) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.target = target
        self.harmed: Counter[str] = Counter()
        """How many requests came to harm, and how."""
        self.closing = Event()
        self._chance = chance
        self._lock = Lock()
        self._until = 0.0

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of connections that broke: that is what a wire is for."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type] # as it came

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def misbehave(self, seconds: float) -> None:
        """Begin a bad spell."""
        with self._lock:
            self._until = monotonic() + seconds

    def behave(self) -> None:
        """End all bad spells."""
        with self._lock:
            self._until = 0.0

    def harm(self) -> str | None:
        """Choose how the next request comes to harm; None: not at all."""
        with self._lock:
            if monotonic() > self._until or self._chance.random() > _MISBEHAVING:
                return None
            kind = self._chance.choice(_KINDS)
            self.harmed[kind] += 1
            return kind


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: S3Wire

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""

    def parse_request(self) -> bool:
        """Every method is passed on alike."""
        if not super().parse_request():
            return False
        setattr(self, f"do_{self.command}", self._pass_on)
        return True

    def _pass_on(self) -> None:
        kind = self.server.harm()
        if kind == "delayed":
            self.server.closing.wait(_SLOW_SECONDS)
        if kind in {"refused with 500", "refused with 503"}:
            self._refuse(int(kind[-3:]))
            return
        self.close_connection = True
        target = HTTPConnection(*self.server.target, timeout=_PATIENCE_SECONDS)
        with closing(target), suppress(OSError, HTTPException):
            self._send(target)
            answer = target.getresponse()
            if kind != "answer lost":
                self._answer(answer, cut=kind == "answer cut short")

    def _refuse(self, status: int) -> None:
        # The body is left unread: whoever still sends it learns that the connection is gone.
        self.close_connection = True
        code = {500: "InternalError", 503: "SlowDown"}[status]
        body = _ERROR.format(code=code).encode()
        with suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Type", "application/xml")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)

    def _send(self, target: HTTPConnection) -> None:
        target.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in {"expect", "connection"}:
                target.putheader(name, value)
        target.endheaders()
        left = int(self.headers.get("Content-Length", 0))
        for piece in _pieces(self.rfile, left):
            target.send(piece)

    def _answer(self, answer: HTTPResponse, *, cut: bool) -> None:
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in {"transfer-encoding", "connection"}:
                self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        length = answer.length or 0
        if cut and length < 2:  # noqa: PLR2004 - there is nothing to be cut
            return
        left = length // 2 if cut else None
        while piece := answer.read(_PIECE if left is None else min(left, _PIECE)):
            self.wfile.write(piece)
            left = None if left is None else left - len(piece)


def _pieces(stream: BufferedIOBase, left: int) -> Iterator[bytes]:
    while left > 0:
        piece = stream.read(min(left, _PIECE))
        if not piece:
            raise HTTPException("the client has gone")
        left -= len(piece)
        yield piece


@contextmanager
def s3_wired(host: str, port: int, chance: random.Random) -> Iterator[S3Wire]:
    """Have a wire to an S3 server for a block."""
    with S3Wire((host, port), chance) as wire:
        thread = Thread(target=wire.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        try:
            yield wire
        finally:
            wire.closing.set()
            wire.shutdown()
            thread.join()
