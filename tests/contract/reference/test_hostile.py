"""Section 8: whatever comes is answered, and nothing is a 500."""

import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from http_ingress.reference.url_map import PLACES
from tests.equipment.descriptions import INFO
from tests.equipment.installations import Answer
from tests.equipment.line import line_to
from tests.equipment.reference import FORM, JSON, Reference

NAMES = sorted(path.removeprefix("/reference/") for path in PLACES)
METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW")
KNOWN_TEXTS = (
    *("application/json", "text/html", "*/*", "application/*", "q=", ";q=0", ";q=1.5", ";q=nan"),
    *(",", ";", '"', "=", "*", "\t", " ", "é", "\x7f", "text/html;level=1", "a" * 9000),
)
ACCEPTS = st.lists(st.sampled_from(KNOWN_TEXTS), max_size=6).map("".join)
LETTERS = st.characters(codec="utf-8", exclude_characters="#?")
PATHS = st.one_of(
    st.sampled_from(NAMES),
    st.builds(lambda name, more: name + quote(more), st.sampled_from(NAMES), st.text(LETTERS)),
    st.text(LETTERS, max_size=40).map(quote),
    st.binary(max_size=20).map(quote),
    st.builds(lambda name, query: f"{name}?{quote(query)}", st.sampled_from(NAMES), st.text()),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
DESCRIPTIONS = st.one_of(
    st.binary(max_size=200),
    VALUES.map(lambda value: json.dumps(value).encode()),
    st.builds(
        lambda field, value: json.dumps({**INFO, field: value}).encode(),
        st.sampled_from(sorted(INFO)),
        VALUES,
    ),
)
FORMS = st.one_of(
    st.binary(max_size=200),
    st.lists(
        st.sampled_from(
            [b"add", b"reset", b"start", b"=", b"&", b"%", b"%00", b"--b", b"\r\n", b'name="add"']
        ),
        max_size=12,
    ).map(b"".join),
)
TYPES = st.sampled_from(
    [FORM, JSON, "multipart/form-data; boundary=b", "multipart/form-data; boundary=", "", "a/b;c=é"]
)
HEADERS = (
    *("authorization", "cookie", "x-csrftoken", "if-none-match", "origin", "host"),
    *("x-forwarded-host", "x-forwarded-proto", "accept", "content-type"),
)
MUCH = settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def check(answer: Answer, method: str) -> None:
    """See that an answer is one that was foreseen."""
    assert 200 <= answer.status < 500 or answer.status == 503, answer
    assert b"Traceback" not in answer.body
    if answer.headers.get("content-type") == JSON and method != "HEAD":
        assert isinstance(answer.json, dict)


@pytest.fixture(scope="module")
def still(reference: Reference) -> Iterator[Reference]:
    """The service, which answers all the same when all is over."""
    yield reference
    assert reference.get("service/info").status == 200
    assert reference.put("service/add").status == 200


@MUCH
@given(path=PATHS, method=st.sampled_from(METHODS), accept=ACCEPTS)
def test_any_address_and_any_accept(still: Reference, path: str, method: str, accept: str) -> None:
    with line_to(still.url) as line:
        line.ask(method, f"/reference/{path}", accept=accept)
        answer = line.answer(method)
    check(answer, method)
    if path not in NAMES and "?" not in path and answer.status == 200:
        # It is another way to write a place that there is.
        assert f"/reference/{path}" not in PLACES


@MUCH
@given(body=DESCRIPTIONS, component=st.sampled_from(["service", "platform"]), kind=TYPES)
def test_any_description(still: Reference, body: bytes, component: str, kind: str) -> None:
    before = still.get(f"{component}/info").json
    with line_to(still.url) as line:
        line.ask("PUT", f"/reference/{component}/setinfo", body, content_type=kind)
        answer = line.answer()
    check(answer, "PUT")
    assert answer.status in {200, 400}
    after = still.get(f"{component}/info").json
    assert after == (before if answer.status == 400 else answer.json)
    assert b"500" not in still.get(f"{component}/info", accept="text/html").body[:20]


@MUCH
@given(body=FORMS, component=st.sampled_from(["service", "platform"]), kind=TYPES)
def test_any_form(still: Reference, body: bytes, component: str, kind: str) -> None:
    with line_to(still.url) as line:
        line.ask("POST", f"/reference/{component}/update", body, content_type=kind)
        assert line.answer().status == 302


@MUCH
@given(
    name=st.sampled_from(HEADERS),
    value=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=60),
    path=st.sampled_from(["service/info", "service/add", "service/app", "", "service/doc"]),
)
def test_any_header(still: Reference, name: str, value: str, path: str) -> None:
    method = "PUT" if path.endswith("add") else "GET"
    with line_to(still.url) as line:
        line.ask(method, f"/reference/{path}", b"", **{name: value})
        answer = line.answer(method)
    check(answer, method)
    where = answer.headers.get("location")
    assert where is None or where.isprintable()


@pytest.mark.parametrize(
    "request_",
    [
        b"PUT /reference/service/add HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n{}",
        b"PUT /reference/service/setinfo HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{}",
        b"POST /reference/service/update HTTP/1.1\r\nHost:\r\nTransfer-Encoding: chunked\r\n\r\nz",
        b"GET /reference/service/info HTTP/1.0\r\n\r\n",
        b"GET http://other/reference/service/info HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /reference/%zz HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /reference/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_who_breaks_off_or_says_it_oddly_harms_nobody(still: Reference, request_: bytes) -> None:
    with line_to(still.url) as line:
        line.say(request_)
    assert still.get("service/info").status == 200


def test_what_was_said_runs_nowhere(still: Reference) -> None:
    nasty = "'\"><script>alert(1)</script>{{7*7}}${7*7}%0d%0aX: y\u202e"
    fields = ("name", "synopsis", "version", "institution", "researchSubject", "category")
    said = {**INFO, **dict.fromkeys(fields, nasty), "tags": [nasty]}
    assert still.describe("service", said).status in {200, 400}
    for path in ("service/info", "", "documents/service/doc", "documents/service/factsheet"):
        page = still.get(path, accept="text/html")
        assert page.status == 200
        assert b"<script>alert" not in page.body
        assert b"{{7*7}}" in page.body or b"49" not in page.body
