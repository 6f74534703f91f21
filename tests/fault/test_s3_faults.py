"""Objects on S3 when the server, or the wire to it, does what servers and wires do."""

import json
import socket
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import urllib3
from sqlalchemy import select

from consumers.registry import CONSUMERS
from ops.wiring import system
from schemas.files import FileIngestRequested
from store.errors import ObjectsUnavailableError, SetupError
from store.objects_s3 import S3ObjectStore
from store.s3 import s3_client
from store.tables import failures
from tests.contract.objects import MIB, PART_SIZE, get, keys, put
from tests.equipment.installations import Caller, settings_of
from tests.fault.wire import Tamper, wire
from tests.services.s3 import S3
from tests.services.waiting import until
from tests.web import Answer, Request, Web, serve

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@contextmanager
def connected(
    url: str, access_key: str, secret_key: str, *, read_timeout: float = 60
) -> Iterator["S3Client"]:
    client = s3_client(url, access_key, secret_key, read_timeout=read_timeout)
    try:
        yield client
    finally:
        client.close()


@pytest.fixture
def web() -> Iterator[Web]:
    with serve(lambda _: Answer()) as web:
        yield web


@pytest.fixture
def objects(web: Web) -> Iterator[S3ObjectStore]:
    """A store on the server that answers as told."""
    with connected(f"http://{web.host}:{web.port}", "key", "secret") as client:
        yield S3ObjectStore(client, "bucket", part_size=PART_SIZE)


def refusal(status: int, code: str, message: str = "as told") -> Answer:
    body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Answer(status, body.encode(), {"Content-Type": "application/xml"})


EVERYTHING: list[Callable[[S3ObjectStore], object]] = [
    lambda objects: put(objects, "x", b"1"),
    lambda objects: objects.open("x"),
    lambda objects: objects.info("x"),
    lambda objects: objects.move("x", "y"),
    lambda objects: objects.delete("x"),
    keys,
    lambda objects: objects.sweep(datetime.now(UTC)),
    lambda objects: objects.check(),
]


@pytest.mark.parametrize(
    "answer",
    [
        refusal(403, "ExpiredToken"),
        refusal(403, "AccessDenied"),
        refusal(400, "RequestTimeout"),
        refusal(409, "OperationAborted"),
        Answer(418, b"no XML at all"),
    ],
    ids=lambda answer: str(answer.status),
)
def test_a_refusal_that_says_nothing_about_the_object(
    web: Web, objects: S3ObjectStore, answer: Answer
) -> None:
    web.answering = lambda _: answer
    for ask in EVERYTHING:
        with pytest.raises(ObjectsUnavailableError, match=f"http://{web.host}:{web.port}/bucket"):
            ask(objects)


@pytest.mark.parametrize("ask", EVERYTHING[:2])
def test_a_server_in_trouble_is_asked_three_times(
    web: Web, objects: S3ObjectStore, ask: Callable[[S3ObjectStore], object]
) -> None:
    web.answering = lambda _: refusal(503, "SlowDown")
    with pytest.raises(ObjectsUnavailableError, match="SlowDown"):
        ask(objects)
    assert len(web.requests) == 3


def test_trouble_that_passes_is_not_noticed(web: Web, objects: S3ObjectStore) -> None:
    answers = iter([refusal(500, "InternalError"), Answer(body=b"bytes")])
    web.answering = lambda _: next(answers)
    assert get(objects, "x") == b"bytes"


def test_a_server_that_says_nothing(web: Web) -> None:
    web.answering = lambda _: Answer(silent=True)
    url = f"http://{web.host}:{web.port}"
    with connected(url, "key", "secret", read_timeout=0.5) as client:
        objects = S3ObjectStore(client, "bucket")
        with pytest.raises(ObjectsUnavailableError, match="timeout"):
            objects.info("x")


def test_a_server_that_is_not_there() -> None:
    with socket.socket() as taken:
        # Nobody listens there, nor will another process.
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with connected(f"http://127.0.0.1:{port}", "key", "secret") as client:
            objects = S3ObjectStore(client, "bucket")
            with pytest.raises(ObjectsUnavailableError, match="Could not connect"):
                objects.check()


def test_a_body_that_is_cut_is_not_the_end(web: Web, objects: S3ObjectStore) -> None:
    web.answering = lambda _: Answer(body=bytes(MIB), length=2 * MIB)
    with objects.open("x") as stream:
        assert stream.read(MIB // 2) == bytes(MIB // 2)
        with pytest.raises(ObjectsUnavailableError, match="/bucket/x: "):
            stream.read()


def test_a_missing_bucket_says_how_to_make_it(web: Web, objects: S3ObjectStore) -> None:
    web.answering = lambda _: refusal(404, "NoSuchBucket")
    for ask in (EVERYTHING[0], EVERYTHING[1], keys):
        with pytest.raises(SetupError, match="aws s3 mb s3://bucket"):
            ask(objects)


# --- servers without If-None-Match --------------------------------------------------------------


@pytest.mark.parametrize(
    "lack",
    [
        refusal(501, "NotImplemented", "A header you provided implies functionality..."),
        refusal(400, "NotImplemented"),
        refusal(400, "InvalidArgument", "If-None-Match is not supported"),
    ],
    ids=["501", "400 by code", "400 by message"],
)
def test_a_server_that_knows_no_condition_is_looked_at_first(
    web: Web, objects: S3ObjectStore, lack: Answer
) -> None:
    stored: dict[str, bytes] = {}

    def answer(request: Request) -> Answer:
        if request.method == "HEAD":
            return Answer(200 if request.path in stored else 404, length=0)
        if "if-none-match" in request.headers:
            return lack
        stored[request.path] = request.body
        return Answer()

    web.answering = answer
    put(objects, "x", b"first")
    put(objects, "x", b"second")
    put(objects, "y", b"other")
    assert stored == {"/bucket/x": b"first", "/bucket/y": b"other"}
    methods = [request.method for request in web.requests]
    assert methods == ["PUT", "HEAD", "PUT", "HEAD", "HEAD", "PUT"]


def test_a_writer_that_collides_keeps_its_bytes_until_the_other_one_is_seen(
    web: Web, objects: S3ObjectStore
) -> None:
    there = False

    def answer(request: Request) -> Answer:
        if request.method == "HEAD":
            return Answer(200 if there else 404, length=0)
        return refusal(409, "ConditionalRequestConflict")

    web.answering = answer
    with pytest.raises(ObjectsUnavailableError, match="ConditionalRequestConflict"):
        put(objects, "x", b"bytes")
    there = True
    put(objects, "x", b"bytes")


# --- the wire to a real server ------------------------------------------------------------------


@contextmanager
def through(s3: S3, bucket: str, tamper: Tamper) -> Iterator[S3ObjectStore]:
    with (
        wire(s3.endpoint_url, tamper) as url,
        connected(url, s3.access_key, s3.secret_key) as client,
    ):
        yield S3ObjectStore(client, bucket, part_size=PART_SIZE)


@pytest.fixture(scope="module")
def bucket(s3: S3) -> str:
    return s3.fresh_bucket()


@pytest.mark.parametrize(("filling", "operation"), [(0, "PutObject"), (PART_SIZE, "UploadPart")])
def test_bytes_that_change_on_the_way_are_refused(
    s3: S3, bucket: str, filling: int, operation: str
) -> None:
    with through(s3, bucket, lambda data: data.replace(b"GOOD BYTES", b"EVIL BYTES")) as objects:
        put(objects, f"fine{filling}", b"." * filling + b"any bytes")
        with pytest.raises(ObjectsUnavailableError, match=f"BadDigest.* {operation} "):
            put(objects, f"evil{filling}", b"." * filling + b"GOOD BYTES")
        assert keys(objects, f"fine{filling}") == [f"fine{filling}"]
        assert keys(objects, f"evil{filling}") == []


def test_an_upload_that_is_cut_leaves_nothing(s3: S3, bucket: str) -> None:
    with through(s3, bucket, lambda data: None if b"CUT HERE" in data else data) as objects:
        with pytest.raises(ObjectsUnavailableError):
            put(objects, "cut", b"." * PART_SIZE + b"CUT HERE" + b"." * PART_SIZE)
        assert keys(objects, "cut") == []
        put(objects, "cut", b"." * PART_SIZE + b"next try")
        assert objects.info("cut").size == PART_SIZE + 8


# --- a whole installation on a server in trouble ------------------------------------------------


@dataclass
class Front:
    """Stands before a real S3 server, and passes requests on unless told otherwise."""

    s3: S3
    trouble: Answer | None = None
    pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False))

    def __call__(self, request: Request) -> Answer:
        """Answer as the server does, or with the trouble."""
        if self.trouble is not None:
            return self.trouble
        answer = self.pool.request(
            request.method,
            self.s3.endpoint_url + request.path,
            body=request.body,
            headers=dict(request.headers),
            decode_content=False,
        )
        told = {name: value for name, value in answer.headers.items() if name not in NOT_PASSED_ON}
        length = answer.headers.get("Content-Length")
        return Answer(answer.status, answer.data, told, None if length is None else int(length))


NOT_PASSED_ON = {"Connection", "Content-Length", "Transfer-Encoding"}


@pytest.mark.parametrize(
    "trouble",
    [refusal(500, "InternalError"), refusal(503, "SlowDown"), Answer(body=b".", length=10**6)],
    ids=["500", "503", "short"],
)
def test_uploads_and_ingests_wait_for_a_server_in_trouble(
    request: pytest.FixtureRequest, tmp_path: Path, s3: S3, trouble: Answer
) -> None:
    inbox, front = tmp_path / "inbox", Front(s3)
    inbox.mkdir()
    (inbox / "b").write_bytes(b"bytes of b")
    with serve(front) as web:
        settings = settings_of(
            "embedded",
            request,
            tmp_path,
            inbox_dirs=(inbox,),
            objects_url=f"s3://{s3.fresh_bucket()}",
            s3_endpoint_url=f"http://{web.host}:{web.port}",
            s3_access_key=s3.access_key,
            s3_secret_key=s3.secret_key,
            s3_region=s3.region,
        )
        names = [one.name for one in CONSUMERS]
        with system(settings, ingress=True, consumers=names) as running:
            caller = Caller.of(running)
            front.trouble = trouble
            refused = caller.call("PUT", "/files/a", b"bytes of a", idempotency_key="a")
            assert refused.status == 503, refused.body
            assert refused.json["dependency"] == "objects"
            assert refused.headers["retry-after"]
            copied = ingest(caller, "b", str(inbox / "b"))
            assert caller.call("GET", "/readyz").json["dependencies"]["objects"]
            assert state(caller, copied) not in {"failed", "parked"}
            front.trouble = None
            until(
                lambda: (
                    caller.call(
                        "PUT", "/files/a", b"bytes of a", idempotency_key="a", prefer="wait=20"
                    ).status
                    == 201
                ),
                seconds=60,
                what="the upload",
            )
            until(lambda: state(caller, copied) == "succeeded", seconds=60, what="the ingest")
            for name in ("a", "b"):
                (version,) = caller.call("GET", f"/files?name={name}").json["files"]
                assert version["version"] == 1
                content = caller.call("GET", f"/files/{version['id']}/content")
                assert content.body == f"bytes of {name}".encode()
            assert running.store.database.query(select(failures)) == [], "a try was used up"


def ingest(caller: Caller, name: str, source: str) -> str:
    """Have a file ingested, and return the operation."""
    key = str(uuid.uuid4())
    answer = caller.call(
        "POST",
        "/events",
        json.dumps({"name": name, "source": source}).encode(),
        ce_specversion="1.0",
        ce_id=key,
        ce_source="/faults",
        ce_type=FileIngestRequested.TYPE,
        content_type="application/json",
    )
    assert answer.status == 202, answer.body
    return key


def state(caller: Caller, operation: str) -> str:
    return str(caller.call("GET", f"/operations/{operation}").json.get("state"))
