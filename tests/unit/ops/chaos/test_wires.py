"""Wires pass everything on, until they are cut; and S3 has its bad spells."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from socketserver import StreamRequestHandler, TCPServer, ThreadingTCPServer
from threading import Thread

import pytest
import urllib3

from ops.chaos.s3_wire import s3_wired
from ops.chaos.wires import wired

BODY = bytes(range(256)) * 4096


class Echo(StreamRequestHandler):
    """Says every line again."""

    def handle(self) -> None:
        """Answer."""
        with suppress(ConnectionResetError):
            while line := self.rfile.readline():
                self.wfile.write(line)


class Mirror(BaseHTTPRequestHandler):
    """Answers with what was sent, and with the Host header."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_PUT(self) -> None:
        """Answer."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("X-Host", self.headers["Host"])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def served(server: TCPServer) -> Iterator[tuple[str, int]]:
    with server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield "127.0.0.1", int(server.server_address[1])
        server.shutdown()
        thread.join()


@pytest.fixture
def echo() -> Iterator[tuple[str, int]]:
    server = ThreadingTCPServer(("127.0.0.1", 0), Echo)
    server.daemon_threads = True
    with served(server) as address:
        yield address


@pytest.fixture
def mirror() -> Iterator[tuple[str, int]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
    server.daemon_threads = True
    with served(server) as address:
        yield address


def test_what_is_said_arrives_and_so_does_the_answer(echo: tuple[str, int]) -> None:
    with wired(*echo) as wire, socket.create_connection(("127.0.0.1", wire.port)) as client:
        client.sendall(b"hear\n")
        assert client.recv(100) == b"hear\n"


def test_a_cut_wire_resets_and_lets_new_connections_through(echo: tuple[str, int]) -> None:
    with wired(*echo) as wire:
        with socket.create_connection(("127.0.0.1", wire.port)) as client:
            client.sendall(b"hear\n")
            assert client.recv(100) == b"hear\n"
            assert wire.cut() == 1
            with pytest.raises(ConnectionResetError):
                client.recv(100)
        with socket.create_connection(("127.0.0.1", wire.port)) as client:
            client.sendall(b"again\n")
            assert client.recv(100) == b"again\n"
            assert wire.cut() == 1


def test_a_server_that_is_down_is_a_closed_connection(free_port: int) -> None:
    with (
        wired("127.0.0.1", free_port) as wire,
        socket.create_connection(("127.0.0.1", wire.port)) as client,
    ):
        assert client.recv(100) == b""


def test_s3_gets_what_was_sent_with_the_host_that_was_signed(mirror: tuple[str, int]) -> None:
    with s3_wired(*mirror, Random(1)) as wire:  # noqa: S311 - a repeatable choice
        answer = urllib3.request("PUT", f"{wire.url}/bucket/key", body=BODY)
        assert (answer.status, answer.data) == (200, BODY)
        assert answer.headers["X-Host"] == wire.url.removeprefix("http://")
        assert wire.harmed.total() == 0


def test_a_bad_spell_harms_in_every_way_and_ends(mirror: tuple[str, int]) -> None:
    seen = set()
    with s3_wired(*mirror, Random(1)) as wire:  # noqa: S311 - a repeatable choice
        wire.misbehave(600)
        while len(wire.harmed) < 5:
            try:
                answer = urllib3.request(
                    "PUT", f"{wire.url}/bucket/key", body=b"some", retries=False
                )
            except urllib3.exceptions.HTTPError:
                seen.add("nothing")
            else:
                assert answer.status != 200 or answer.data == b"some"
                seen.add(str(answer.status))
        wire.behave()
        answer = urllib3.request("PUT", f"{wire.url}/bucket/key", body=BODY)
        assert answer.data == BODY
    assert seen == {"200", "500", "503", "nothing"}
