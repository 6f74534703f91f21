"""What the SDK tries again, and what it does not, against a server that misbehaves."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from producers.client_errors import IngressUnavailableError, ProblemError
from producers.client_http import Http, Tries
from store.errors import MunimentError, SetupError
from tests.services.ports import free_ports
from tests.web import Answer, Request, Web, serve

OK = Answer(body=b'{"fine":true}')


def in_turn(answers: Sequence[Answer]) -> Callable[[Request], Answer]:
    left = list(answers)
    return lambda _request: left.pop(0)


def http_to(web: Web, token: str | None = None, patience: float = 60.0) -> Http:
    return Http(f"http://{web.host}:{web.port}/", token, patience)


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
def test_not_now_is_tried_again_with_the_same_request(status: int) -> None:
    with serve(in_turn([Answer(status), Answer(status), OK])) as web:
        answer = http_to(web, "mnt_secret").json("POST", "/events", body=b"[1]")
    assert answer == (200, {"fine": True})
    assert len(web.requests) == 3
    assert {request.body for request in web.requests} == {b"[1]"}
    assert {request.headers["authorization"] for request in web.requests} == {"Bearer mnt_secret"}


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 409, 413, 415, 422, 500])
def test_a_refusal_is_not_tried_again(status: int) -> None:
    problem = json.dumps({"title": "No", "detail": "Never.", "field": "x"}).encode()
    with serve(in_turn([Answer(status, problem)])) as web, pytest.raises(ProblemError) as caught:
        http_to(web).json("GET", "/operations/1")
    assert (caught.value.status, caught.value.detail, caught.value.field) == (status, "Never.", "x")
    assert len(web.requests) == 1


def test_a_refusal_that_is_no_problem_document_still_has_its_status() -> None:
    with serve(in_turn([Answer(404, b"<html>")])) as web, pytest.raises(ProblemError, match="404"):
        http_to(web).json("GET", "/")


def test_an_answer_that_breaks_off_is_not_taken_for_one() -> None:
    with (
        serve(in_turn([Answer(200, b"{", length=100)])) as web,
        pytest.raises(IngressUnavailableError),
    ):
        http_to(web, patience=0).json("GET", "/")


def test_nobody_there_is_said_in_one_sentence() -> None:
    [port] = free_ports(1)
    with pytest.raises(IngressUnavailableError) as caught:
        Http(f"http://127.0.0.1:{port}", None, 0).json("GET", "/")
    assert str(caught.value).startswith(f"http://127.0.0.1:{port}: Failed to establish")
    assert "object at" not in str(caught.value)


def test_retry_after_beyond_our_patience_is_not_waited_for() -> None:
    with (
        serve(in_turn([Answer(503, headers={"Retry-After": "3600"})])) as web,
        pytest.raises(IngressUnavailableError) as caught,
    ):
        http_to(web).json("GET", "/")
    assert caught.value.retry_after == 3600


def test_retry_after_may_be_a_date() -> None:
    began = datetime.now(UTC)
    moment = (began + timedelta(hours=1)).replace(microsecond=0)
    headers = {"Retry-After": format_datetime(moment, usegmt=True)}
    with (
        serve(in_turn([Answer(503, headers=headers)])) as web,
        pytest.raises(IngressUnavailableError) as caught,
    ):
        http_to(web).json("GET", "/")
    left = moment - datetime.now(UTC)
    assert caught.value.retry_after is not None
    assert left <= timedelta(seconds=caught.value.retry_after) <= moment - began


def test_something_else_on_the_port_is_noticed() -> None:
    with (
        serve(in_turn([Answer(body=b"<html>")])) as web,
        pytest.raises(MunimentError, match="does not answer like Muniment"),
    ):
        http_to(web).json("GET", "/")


@pytest.mark.parametrize("url", ["ftp://x", "localhost:8080", "", "/x"])
def test_a_url_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(SetupError, match="http://"):
        Http(url, None, 1)


def test_pauses_grow_and_end_with_patience() -> None:
    pauses: list[float] = []
    tries = Tries(1000, pauses.append)
    for _ in range(12):
        tries.failed(IngressUnavailableError("down"))
    assert all(0.1 <= pause <= 5 for pause in pauses)
    assert pauses[-1] > 4 * pauses[0]
    tries.failed(IngressUnavailableError("down", retry_after=30))
    assert pauses[-1] == 30
    with pytest.raises(IngressUnavailableError):
        Tries(0, pauses.append).failed(IngressUnavailableError("down"))


def test_an_answer_that_breaks_off_is_asked_for_again() -> None:
    with serve(in_turn([Answer(200, b"{", length=100), OK])) as web:
        assert http_to(web).json("POST", "/events", body=b"[]") == (200, {"fine": True})
