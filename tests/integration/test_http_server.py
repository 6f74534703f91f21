"""What the server itself answers: what is hardly HTTP, who may come in, and when it is too much."""

import json
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from consumers import answer_probe
from http_ingress.ports import Limits
from http_ingress.server import listen
from schemas.probes import ProbeRequested
from store.errors import SetupError
from store.tables import events, uploads
from tests.equipment.ingress import Ingress, serving
from tests.equipment.world import World, open_world
from tests.services.waiting import until

PROBE = b'{"probe": "p"}'
EVENT = {
    "ce_specversion": "1.0",
    "ce_id": "1",
    "ce_source": "/tests",
    "ce_type": ProbeRequested.TYPE,
    "content_type": "application/json",
}
Serve = Callable[..., Ingress]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    url = f"sqlite:///{tmp_path / 'muniment.db'}"
    with open_world([answer_probe.CONSUMER], database_url=url, folder=tmp_path) as world:
        yield world


@pytest.fixture
def serve(world: World) -> Iterator[Serve]:
    with ExitStack() as stack:

        def start(**choices: Any) -> Ingress:  # noqa: ANN401 - those of `serving`
            return stack.enter_context(serving(world, **choices))

        yield start


def problem_in(answer: bytes) -> dict[str, Any]:
    """Return the problem that a raw answer carries."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head, answer
    problem: dict[str, Any] = json.loads(body)
    assert head.split()[1] == str(problem["status"]).encode()
    return problem


# --- what is hardly HTTP --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon here\r\n\r\n", 400),
        (b"POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n", 400),
        (b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 100_000 + b"\r\n\r\n", 431),
    ],
)
def test_what_is_hardly_http_is_answered_with_a_problem(
    serve: Serve, request_bytes: bytes, status: int
) -> None:
    problem = problem_in(serve().say(request_bytes))
    assert problem["status"] == status
    assert problem["advice"]


def test_a_name_of_ten_thousand_characters_is_refused_by_name(serve: Serve) -> None:
    answer = serve().caller.call("PUT", "/files/" + "x" * 10_000, b"bytes")
    assert (answer.status, answer.json["field"]) == (422, "name")


def test_chunks_that_are_none_are_refused_and_leave_nothing(world: World, serve: Serve) -> None:
    ingress = serve()
    head = (
        f"PUT /files/a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ingress.token}\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
    )
    problem = problem_in(ingress.say(head.encode() + b"5\r\nhello\r\nnonsense\r\n\r\n"))
    assert problem["status"] == 400
    assert world.rows(uploads) == []
    assert list(world.objects.list("")) == []


def test_a_port_that_is_taken_is_named() -> None:
    with closing(listen("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SetupError, match=f"{port}.*MUNIMENT_HTTP_PORT"):
            listen("127.0.0.1", port)


# --- expectations ---------------------------------------------------------------------------------


def expecting(ingress: Ingress, **headers: str) -> bytes:
    lines = {
        "Host": "x",
        "Authorization": f"Bearer {ingress.token}",
        "Content-Length": "5",
        "Expect": "100-continue",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    text = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"PUT /files/a HTTP/1.1\r\n{text}\r\n".encode()


def test_a_client_that_waits_is_told_to_go_on(world: World, serve: Serve) -> None:
    ingress = serve()
    with closing(ingress.connect()) as connection:
        connection.sendall(expecting(ingress))
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"bytes")
        assert connection.recv(65536).startswith(b"HTTP/1.1 202 ")
    assert [row["size"] for row in world.rows(uploads)] == [5]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": "Bearer mnt_wrong"}, 401),
        ({"Content_Length": "101"}, 413),
        ({"Content_Encoding": "gzip"}, 415),
        ({"Expect": "a miracle"}, 417),
        ({"Content_MD5": "wrong"}, 400),
    ],
)
def test_a_client_that_waits_is_refused_before_it_sends(
    serve: Serve, headers: dict[str, str], status: int
) -> None:
    ingress = serve(limits=Limits(largest_upload=100))
    with closing(ingress.connect()) as connection:
        connection.sendall(expecting(ingress, **headers))
        answer = connection.recv(65536)
    assert problem_in(answer)["status"] == status
    assert b"100 Continue" not in answer
    if status != 417:
        assert b"Connection: close" in answer, "what comes next could be taken for the body"


# --- limits ---------------------------------------------------------------------------------------


def upload_head(ingress: Ingress, name: str, length: int) -> bytes:
    return (
        f"PUT /files/{name} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ingress.token}\r\n"
        f"Content-Length: {length}\r\n\r\n"
    ).encode()


@pytest.mark.parametrize("path", ["PUT /files/a", "POST /events"])
def test_a_client_that_falls_silent_is_not_waited_for(
    world: World, serve: Serve, path: str
) -> None:
    ingress = serve(limits=Limits(request_seconds=0.2))
    head = (
        f"{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ingress.token}\r\n"
        "Content-Length: 100\r\n\r\n"
    )
    with closing(ingress.connect()) as connection:
        connection.sendall(head.encode() + b"not all of it")
        problem = problem_in(connection.recv(65536))
    assert problem["status"] == 408
    assert world.rows(uploads) == []
    assert list(world.objects.list("")) == []


def test_more_uploads_than_there_are_slots_are_put_off(world: World, serve: Serve) -> None:
    ingress = serve(limits=Limits(most_concurrent_uploads=1))
    with closing(ingress.connect()) as slow:
        slow.sendall(expecting(ingress))
        # It is told to go on once it has the slot.
        assert slow.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        refused = ingress.caller.call("PUT", "/files/quick", b"bytes")
        assert refused.status == 429
        assert refused.headers["retry-after"]
        slow.sendall(b"bytes")
        assert slow.recv(65536).startswith(b"HTTP/1.1 202 ")
    assert ingress.caller.call("PUT", "/files/quick", b"bytes").status == 202
    assert world.rows(uploads)


def test_a_batch_of_too_many_is_refused(world: World, serve: Serve) -> None:
    ingress = serve(limits=Limits(most_events_in_batch=2))
    one = {
        "specversion": "1.0",
        "source": "/t",
        "type": ProbeRequested.TYPE,
        "data": {"probe": "p"},
    }
    batch = json.dumps([{**one, "id": str(number)} for number in range(3)]).encode()
    answer = ingress.caller.call(
        "POST", "/events", batch, content_type="application/cloudevents-batch+json"
    )
    assert answer.status == 413
    assert world.rows(events) == []


def test_uploads_side_by_side_do_not_mix(world: World, serve: Serve) -> None:
    caller = serve().caller
    contents = {f"{number}.bin": bytes([number]) * 300_000 for number in range(8)}
    threads = [
        threading.Thread(target=caller.call, args=("PUT", f"/files/{name}", content))
        for name, content in contents.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stored = []
    for row in world.rows(uploads):
        with world.objects.open(row["object_key"]) as stream:
            stored.append(stream.read())
    assert sorted(stored) == sorted(contents.values())


# --- who may come in ------------------------------------------------------------------------------


def basic(name: str, password: str) -> str:
    return "Basic " + b64encode(f"{name}:{password}".encode()).decode()


def test_a_password_lets_in_as_a_token_does(world: World, serve: Serve) -> None:
    ingress = serve()
    ingress.accounts.add_user("ada", "correct horse: b\N{LATIN SMALL LETTER A WITH DIAERESIS}ttery")
    right = basic("ada", "correct horse: b\N{LATIN SMALL LETTER A WITH DIAERESIS}ttery")
    assert ingress.caller.call("POST", "/events", PROBE, **EVENT, authorization=right).status == 202
    assert [row["actor"] for row in world.rows(events)] == ["user:ada"]
    for wrong in (basic("ada", "incorrect"), basic("nobody", "x"), basic("a\0b", "x")):
        refused = ingress.caller.call("POST", "/events", PROBE, **EVENT, authorization=wrong)
        assert refused.status == 401


def test_many_who_send_the_same_password_at_once_are_all_let_in(serve: Serve) -> None:
    ingress = serve()
    ingress.accounts.add_user("ada", "correct horse")
    statuses: list[int] = []

    def post(number: int) -> None:
        event = {**EVENT, "ce_id": str(number)}
        answer = ingress.caller.call(
            "POST", "/events", PROBE, **event, authorization=basic("ada", "correct horse")
        )
        statuses.append(answer.status)

    threads = [threading.Thread(target=post, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [202] * 40


def test_where_reads_are_not_public_only_health_is(serve: Serve) -> None:
    ingress = serve(public_reads=False)
    for path in ("/", "/events", "/events/stream", "/files", "/files/x/content", "/metrics"):
        assert ingress.caller.call("GET", path, authorization=None).status == 401, path
    for path in ("/healthz", "/readyz", "/openapi.json", "/docs", "/assets/style.css"):
        assert ingress.caller.call("GET", path, authorization=None).status == 200, path
    assert ingress.caller.call("GET", "/events").status == 200


def test_what_depends_on_nothing_says_nothing_of_the_caller(serve: Serve) -> None:
    answer = serve().caller.call("GET", "/problems/unauthenticated", authorization=None)
    assert (answer.status, answer.json["status"]) == (200, 401)


# --- what is told and logged ----------------------------------------------------------------------


def test_every_request_is_observed_by_its_route(serve: Serve) -> None:
    ingress = serve()
    ingress.caller.call("GET", "/files/nothing/content")
    ingress.caller.call("POST", "/events", PROBE, **EVENT)
    ingress.caller.call("GET", "/nowhere")
    ingress.caller.call("HEAD", "/healthz")
    assert ingress.observed == [
        ("GET", "/files/{file}/content", 404),
        ("POST", "/events", 202),
        ("GET", "unmatched", 404),
        ("HEAD", "/healthz", 200),
    ]


def test_what_nobody_foresaw_is_logged_and_not_shown(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    def sing() -> str | None:
        raise RuntimeError("a secret detail")

    answer = serve(canary=sing).caller.call("GET", "/readyz?canary=true")
    assert answer.status == 500
    assert b"secret" not in answer.body
    logged = [record for record in caplog.records if answer.json["error_id"] in record.getMessage()]
    assert [record.exc_info is not None for record in logged] == [True]


def test_people_are_answered_with_pages(serve: Serve) -> None:
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    page = serve().caller.call("GET", "/nowhere", accept=browser)
    assert page.status == 404
    assert page.headers["content-type"].startswith("text/html")
    assert b"There is no such thing" in page.body


def test_stopping_lets_a_request_finish(world: World) -> None:
    with ExitStack() as stack:
        ingress = stack.enter_context(serving(world, drain_seconds=60))
        connection = stack.enter_context(closing(ingress.connect()))
        connection.sendall(upload_head(ingress, "last", 10) + b"begun")
        until(lambda: staged(world) or None, seconds=60, what="a begun upload")
        finishing = threading.Timer(0.2, connection.sendall, [b"ended"])
        finishing.start()
        stack.callback(finishing.join)
        received: list[bytes] = []
        listening = threading.Thread(target=lambda: received.append(connection.recv(65536)))
        listening.start()
        stack.callback(listening.join)
        stack.pop_all().close()
    assert received[0].startswith(b"HTTP/1.1 202 ")


def staged(world: World) -> list[Path]:
    return list((world.inbox.parent / "objects" / ".tmp").iterdir())
