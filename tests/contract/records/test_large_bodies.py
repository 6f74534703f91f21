"""Large, chunked and announced bodies: a client is never cut off, and its connection lives on."""

import json
from collections.abc import Iterator

import pytest

from tests.equipment.line import Line, line_to
from tests.equipment.recording import PASSWORDS, Recording, basic, finished, recording

MEBIBYTE = 1024**2
LIMIT = 64 * MEBIBYTE
ANN = {"authorization": basic("ann", PASSWORDS["ann"])}
BO = {"authorization": basic("bo", PASSWORDS["bo"])}
WRONG = {"authorization": basic("ann", "wrong password")}


def padded(size: int) -> bytes:
    """Return a record of exactly so many bytes."""
    document = json.dumps(finished(label="run", diff="DIFF")).encode()
    return document.replace(b"DIFF", b"d" * (size - len(document) + len("DIFF")))


def chunked(body: bytes, size: int = 65_536) -> Iterator[bytes]:
    for start in range(0, len(body), size):
        piece = body[start : start + size]
        yield b"%x\r\n%b\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"


def assert_alive(line: Line, path: str, status: int) -> None:
    line.ask("GET", path, b"", **ANN)
    assert line.answer().status == status


@pytest.fixture(scope="module")
def limited(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Recording]:
    """A record store that takes a mebibyte at most."""
    folder = tmp_path_factory.mktemp("limited")
    with recording("embedded", request, folder, largest_record=MEBIBYTE) as running:
        yield running


def test_64_mebibytes_are_taken_and_given_back(store: Recording, project: str) -> None:
    body = padded(LIMIT)
    assert len(body) == LIMIT
    path = f"/records/{project}/run/"
    with line_to(store.url, seconds=120) as line:
        line.ask("PUT", path, body)
        challenged = line.answer()
        assert (challenged.status, challenged.body) == (401, b"Authorization Required")
        line.ask("PUT", path, body, **ANN)
        assert line.answer().status == 201
        line.ask("GET", path, b"", **ANN)
        served = line.answer().json
        line.ask("PUT", path, body, **ANN)
        assert line.answer().status == 200
    assert served == {**json.loads(body), "project_id": project}


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/{p}/run/", {}, 401),
        ("/{p}/run/", WRONG, 401),
        ("/{p}/run/", BO, 403),
        ("/none/run/", {}, 404),
        ("/none/run/", ANN, 404),
        ("/none/last/", ANN, 404),
        ("/{p}/last/", {}, 401),
        ("/{p}/last/", ANN, 400),
        ("/{p}/tag/x/", ANN, 400),
        ("/{p}/permissions/", ANN, 405),
        ("/{p}/", {}, 401),
        ("/{p}/", BO, 403),
        ("/", ANN, 405),
        ("/{p}/" + "l" * 300 + "/", ANN, 400),
        ("/{p}/a%00b/", ANN, 400),
    ],
)
@pytest.mark.parametrize("size", [0, 100_000, 5 * MEBIBYTE])
def test_a_refused_body_is_read_to_its_end(
    embedded: Recording, path: str, headers: dict[str, str], status: int, size: int
) -> None:
    project = embedded.project()
    target = f"/records{path.format(p=project)}"
    with line_to(embedded.url) as line:
        for _ in range(2):
            line.ask("PUT", target, b"x" * size, **{"content_length": str(size), **headers})
            assert line.answer().status == status
            line.ask(
                "PUT",
                target,
                b"".join(chunked(b"x" * size)),
                transfer_encoding="chunked",
                **headers,
            )
            assert line.answer().status == status
        assert_alive(line, f"/records/{project}/", 200)


@pytest.mark.parametrize("size", [MEBIBYTE + 1, 8 * MEBIBYTE])
@pytest.mark.parametrize("path", ["/{p}/run/", "/{p}/"])
def test_what_is_too_large_is_413_and_read_to_its_end(
    limited: Recording, size: int, path: str
) -> None:
    project = limited.project()
    target = f"/records{path.format(p=project)}"
    body = padded(size)
    with line_to(limited.url) as line:
        for _ in range(2):
            line.ask("PUT", target, body, **ANN)
            answer = line.answer()
            assert answer.status == 413
            assert 0 < len(answer.body) < 200
            line.ask("PUT", target, b"".join(chunked(body)), transfer_encoding="chunked", **ANN)
            assert line.answer().status == 413
        assert_alive(line, f"/records/{project}/run/", 404)
        line.ask("PUT", f"/records/{project}/run/", padded(MEBIBYTE), **ANN)
        assert line.answer().status == 201
        assert_alive(line, f"/records/{project}/run/", 200)


def test_the_other_bodies_have_a_limit_too(limited: Recording) -> None:
    project = limited.project()
    form = {"content_type": "application/x-www-form-urlencoded"}
    body = b"user=bo&x=" + b"x" * 3 * MEBIBYTE
    with line_to(limited.url) as line:
        for path in (f"/records/{project}/permissions/", f"/records/{project}/"):
            for _ in range(2):
                line.ask("POST", path, body, **form, **ANN)
                assert line.answer("POST").status == 413
        assert_alive(line, f"/records/{project}/", 200)
    assert limited.get(f"/{project}/").json["access"] == ["ann"]


@pytest.mark.parametrize("size", [1, 1000, 65_536, 10**9])
def test_a_chunked_body_is_a_body(store: Recording, size: int) -> None:
    project = store.project()
    body = padded(100_000)
    with line_to(store.url) as line:
        line.ask(
            "PUT",
            f"/records/{project}/run/",
            b"".join(chunked(body, size)),
            transfer_encoding="chunked",
            **ANN,
        )
        assert line.answer().status == 201
        assert_alive(line, f"/records/{project}/run/", 200)
    assert store.get(f"/{project}/run/").json == {**json.loads(body), "project_id": project}


def test_who_asks_before_sending_is_told_to_go_on(store: Recording, project: str) -> None:
    path, body = f"/records/{project}/run/", padded(100_000)
    with line_to(store.url) as line:
        expecting = {"content_length": str(len(body)), "expect": "100-continue", **ANN}
        line.ask("PUT", path, b"", **expecting)
        assert line.read(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        line.say(body)
        assert line.answer().status == 201
        assert_alive(line, path, 200)


@pytest.mark.parametrize(("headers", "status"), [({}, 401), (BO, 403)])
def test_who_asks_before_sending_is_refused_without_sending(
    embedded: Recording, headers: dict[str, str], status: int
) -> None:
    project = embedded.project()
    expecting = {"content_length": "1000000", "expect": "100-continue", **headers}
    with line_to(embedded.url) as line:
        line.ask("PUT", f"/records/{project}/run/", b"", **expecting)
        answer = line.answer()
        assert answer.status == status
        # What comes next could be the body after all: nobody can tell on this connection.
        assert answer.headers["connection"] == "close"


def test_an_unknown_expectation_is_refused(embedded: Recording) -> None:
    with line_to(embedded.url) as line:
        line.ask("PUT", "/records/x/", b"{}", expect="200-maybe", **ANN)
        assert line.answer().status == 417


def test_a_compressed_body_is_refused(embedded: Recording) -> None:
    project = embedded.project()
    with line_to(embedded.url) as line:
        for _ in range(2):
            line.ask("PUT", f"/records/{project}/run/", b"\x1f\x8b", content_encoding="gzip", **ANN)
            assert line.answer().status == 415
        assert_alive(line, f"/records/{project}/", 200)


def test_a_client_that_hangs_up_in_the_middle_leaves_nothing(embedded: Recording) -> None:
    project = embedded.project()
    with line_to(embedded.url) as line:
        line.ask("PUT", f"/records/{project}/run/", b"{", content_length="1000", **ANN)
    assert embedded.get(f"/{project}/run/").status == 404
    assert embedded.labels(project) == []


def test_a_body_without_a_length_is_none(embedded: Recording) -> None:
    project = embedded.project()
    with line_to(embedded.url) as line:
        line.ask("PUT", f"/records/{project}/run/", b"", **ANN)
        assert line.answer().status == 400
        line.ask("PUT", f"/records/{project}/", b"", **ANN)
        assert line.answer().status == 400
        assert_alive(line, f"/records/{project}/run/", 404)
