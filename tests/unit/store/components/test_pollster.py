"""A poll is one PUT through the guard; whatever comes of it is told in words, and never raised."""

import logging
import socket
from collections.abc import Iterator
from contextlib import closing, suppress
from threading import Event, Thread

import pytest

from store.components.pollster import WebPollster
from store.outgoing import Outgoing
from tests.web import Answer, Web, serve

PATIENT = 60.0
"""Seconds that no test waits."""


@pytest.fixture
def service() -> Iterator[Web]:
    with serve(lambda _: Answer(200, b'{"invocations":1}')) as web:
        yield web


def url_of(web: Web, path: str = "/reference/service/add?token=secret") -> str:
    return f"http://127.0.0.1:{web.port}{path}"


def allowing(*places: str, seconds: float = PATIENT) -> WebPollster:
    return WebPollster(Outgoing(places, read_timeout=seconds), seconds)


def test_a_poll_is_a_put_without_a_body(service: Web, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "store"):
        answer = allowing("127.0.0.1").poll(url_of(service))
    assert (answer.status, answer.words, answer.succeeded) == (
        200,
        "answered with status 200",
        True,
    )
    (asked,) = service.requests
    assert (asked.method, asked.path, asked.body) == (
        "PUT",
        "/reference/service/add?token=secret",
        b"",
    )
    assert asked.headers["content-length"] == "0"
    assert "content-type" not in asked.headers
    assert "cookie" not in asked.headers
    assert not caplog.records


@pytest.mark.parametrize(
    ("status", "succeeded"), [(201, True), (204, True), (304, False), (404, False), (500, False)]
)
def test_only_2xx_is_success(
    service: Web,
    status: int,
    succeeded: bool,  # noqa: FBT001 - as the table says
    caplog: pytest.LogCaptureFixture,
) -> None:
    service.answering = lambda _: Answer(status, b"")
    answer = allowing("127.0.0.1").poll(url_of(service))
    assert (answer.status, answer.succeeded) == (status, succeeded)
    assert str(status) in answer.words
    assert len(caplog.records) == (0 if succeeded else 1)


def test_redirects_are_told_and_not_followed(service: Web) -> None:
    service.answering = lambda _: Answer(307, headers={"Location": "/elsewhere"})
    answer = allowing("127.0.0.1").poll(url_of(service))
    assert (answer.status, answer.succeeded) == (307, False)
    assert "redirect" in answer.words
    assert len(service.requests) == 1


def test_who_says_nothing_is_left_when_the_time_is_over(service: Web) -> None:
    service.answering = lambda _: Answer(silent=True)
    answer = WebPollster(Outgoing(["127.0.0.1"]), 0.2).poll(url_of(service))
    assert (answer.status, answer.words) == (None, "no answer within 0.2 seconds")
    assert answer.seconds >= 0.2


def test_who_says_a_little_now_and_then_is_left_too() -> None:
    over = Event()
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:

        def trickle() -> None:
            connection, _ = listening.accept()
            with connection, suppress(OSError):  # left
                connection.sendall(b"HTTP/1.1 200 OK\r\n")
                while not over.wait(0.02):
                    connection.sendall(b"X: y\r\n")

        thread = Thread(target=trickle)
        thread.start()
        port = listening.getsockname()[1]
        # It says something more often than the line's own timeout asks for.
        answer = WebPollster(Outgoing(["127.0.0.1"]), 0.2).poll(f"http://127.0.0.1:{port}/")
        over.set()
        # Its time may have been over before it had connected: then this is whom to let in.
        socket.create_connection(("127.0.0.1", port)).close()
        thread.join()
    assert (answer.status, answer.words) == (None, "no answer within 0.2 seconds")


@pytest.mark.parametrize(
    "said", [b"", b"nonsense\x1b[31m\x00\r\n\r\n", b"HTTP/1.1 9999 Odd\r\n\r\n"]
)
def test_what_is_no_answer_fails_and_can_be_shown(said: bytes) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:

        def say() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(said)

        thread = Thread(target=say)
        thread.start()
        port = listening.getsockname()[1]
        answer = allowing("127.0.0.1").poll(f"http://127.0.0.1:{port}/?token=secret")
        thread.join()
    assert not answer.succeeded
    assert answer.words.isprintable()
    assert 0 < len(answer.words) <= 300
    assert "secret" not in answer.words


def test_nobody_there_is_told(free_port: int) -> None:
    answer = allowing("127.0.0.1").poll(f"http://127.0.0.1:{free_port}/?token=secret")
    assert answer.status is None
    assert "Connection refused" in answer.words
    assert "secret" not in answer.words


def test_what_is_not_allowed_is_refused_with_advice(service: Web) -> None:
    answer = allowing(f"127.0.0.1:{service.port + 1}").poll(url_of(service))
    assert answer.status is None
    assert f"list '127.0.0.1:{service.port}' in MUNIMENT_FETCH_ALLOW" in answer.words
    assert "secret" not in answer.words
    assert not service.requests


def test_one_port_alone_may_be_allowed(service: Web) -> None:
    assert allowing(f"127.0.0.1:{service.port}").poll(url_of(service)).succeeded


@pytest.mark.parametrize("url", ["", "ftp://example.org", "http://", "http://a@b", "http://[::1"])
def test_what_is_no_url_is_refused(url: str) -> None:
    answer = allowing().poll(url)
    assert answer.words.startswith("refused: ")
