"""Section 5: what may be said of a component, and what may not."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.equipment.descriptions import INFO
from tests.equipment.line import line_to
from tests.equipment.reference import FORM, JSON, USER, Reference, basic

LARGEST = 2_621_440
REQUIRED = tuple(INFO)
WRONG: dict[str, tuple[str, Any]] = {
    "tags a string": ("tags", "zip"),
    "no tags": ("tags", []),
    "tags of numbers": ("tags", [1, 2]),
    "tags of lists": ("tags", [["a"]]),
    "tags an object": ("tags", {"x": 1}),
    "an empty tag": ("tags", ["a", ""]),
    "a null tag": ("tags", [None]),
    "a long tag": ("tags", ["a", "x" * 10_000]),
    "a tag of two lines": ("tags", ["two\nlines"]),
    "many tags": ("tags", ["x"] * 101),
    "name a number": ("name", 5),
    "name a list": ("name", ["a"]),
    "name true": ("name", True),
    "name too long": ("name", "x" * 255),
    "name with a NUL": ("name", "a\0b"),
    "version too long": ("version", "x" * 255),
    "institution too long": ("institution", "x" * 255),
    "subject too long": ("researchSubject", "x" * 255),
    "address too long": ("supportEmail", f"{'x' * 250}@example.org"),
    "category too long": ("category", "x" * 255),
    "synopsis too long": ("synopsis", "x" * 10_001),
    "synopsis a number": ("synopsis", 1.5),
    "synopsis with a NUL": ("synopsis", "\0"),
    "no address": ("supportEmail", "help"),
    "an offset without colon": ("releaseTime", "2024-02-29T23:59:59+0000"),
    "a date only": ("releaseTime", "2024-02-29"),
    "an impossible date": ("releaseTime", "2023-02-29T23:59:59Z"),
    "sixty seconds": ("releaseTime", "2024-02-29T23:59:60Z"),
    "month thirteen": ("releaseTime", "2024-13-01T00:00:00Z"),
    "year zero": ("releaseTime", "0000-01-01T00:00:00Z"),
    "a time before time": ("releaseTime", "0001-01-01T00:00:00+23:59"),
    "no time": ("releaseTime", "yesterday"),
    "time a number": ("releaseTime", 1709251199),
    "time null": ("releaseTime", None),
    "time a list": ("releaseTime", ["2024-02-29T23:59:59Z"]),
    "time in other digits": ("releaseTime", "٢٠٢٤-02-29T23:59:59Z"),
}
NO_JSON = {
    "malformed": b'{"name":',
    "nothing": b"",
    "blanks": b"  \n",
    "a byte-order mark": b"\xef\xbb\xbf" + json.dumps(INFO).encode(),
    "no UTF-8": json.dumps(INFO).encode().replace(b"Zip", b"\xff\xfe"),
    "UTF-16": json.dumps(INFO).encode("utf-16"),
    "NaN": json.dumps({**INFO, "more": float("nan")}).encode(),
    "Infinity": json.dumps({**INFO, "more": float("inf")}).encode(),
    "half a surrogate": json.dumps({**INFO, "name": "\ud800"}).encode(),
    "two values": b"{}{}",
    "very deep": b"[" * 100_000,
}
NO_OBJECT = {
    "a list": b"[]",
    "a string": b'"x"',
    "a number": b"5",
    "null": b"null",
    "true": b"true",
    "a list of the names": json.dumps(list(INFO)).encode(),
    "a string of the names": json.dumps(" ".join(INFO)).encode(),
    "a large number": b"9" * 50,
}


@pytest.fixture(params=["service", "platform"])
def component(request: pytest.FixtureRequest, reference: Reference) -> Iterator[str]:
    """A component of which nothing changes while it is refused everything."""
    name = str(request.param)
    before = [reference.get(f"{name}/{one}").body for one in ("info", "stats")]
    yield name
    assert [reference.get(f"{name}/{one}").body for one in ("info", "stats")] == before


def said_of(component: str, **changes: object) -> dict[str, object]:
    """Return what may be said of it, with some of it changed."""
    info = {name: value for name, value in INFO.items() if (component, name) != PLATFORMS_NOT}
    return {**info, **changes}


MISSING = object()
PLATFORMS_NOT = ("platform", "category")


@pytest.mark.parametrize("name", ["service", "platform"])
def test_what_was_said_is_told(either: Reference, name: str) -> None:
    answer = either.describe(name, {**INFO, "unknown": {"never": "told"}})
    assert (answer.status, answer.headers["content-type"]) == (200, JSON)
    assert answer.json == said_of(name)
    assert either.get(f"{name}/info").json == said_of(name)


def test_every_description_is_kept(either: Reference) -> None:
    for number in (1, 2):
        assert either.describe("service", {**INFO, "version": f"7.{number}"}).status == 200
    newest, before = either.components.descriptions("service")[:2]
    assert (newest.description.version, before.description.version) == ("7.2", "7.1")
    assert newest.described_by == "anonymous"
    either.components.drop_newest("service", "user:vera")
    assert either.get("service/info").json["version"] == "7.1"


def test_who_described_is_kept(reference: Reference) -> None:
    assert reference.describe("service", INFO, authorization=basic(USER)).status == 200
    assert reference.components.descriptions("service")[0].described_by == f"user:{USER}"


@pytest.mark.parametrize("kind", [None, FORM, "text/plain", "multipart/form-data", "junk/junk", ""])
def test_the_type_of_the_body_does_not_matter(reference: Reference, kind: str | None) -> None:
    said = {**INFO, "synopsis": f"Sent as {kind}: größte Güte, 5 €."}
    assert reference.describe("service", said, content_type=kind).json == said


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("tags", ["two words", "a,b", "ü"], ["two words", "a,b", "ü"]),
        ("releaseTime", "2024-03-01T01:59:59+02:00", "2024-02-29T23:59:59Z"),
        ("category", "Nobody's category", "Nobody's category"),
        ("name", "x" * 254, "x" * 254),
        ("synopsis", "x" * 10_000, "x" * 10_000),
        ("tags", ["x" * 100] * 100, ["x" * 100] * 100),
        ("synopsis", "<script>alert('&')</script>", "<script>alert('&')</script>"),
    ],
    ids=["tags", "offset", "category", "long", "longer", "many", "markup"],
)
def test_what_may_be_said_comes_back(
    reference: Reference, field: str, value: object, told: object
) -> None:
    answer = reference.describe("service", {**INFO, field: value})
    assert (answer.status, answer.json[field]) == (200, told)
    assert reference.get("service/info").json[field] == told


@pytest.mark.parametrize("field", REQUIRED)
def test_each_field_is_required(reference: Reference, component: str, field: str) -> None:
    if (component, field) == PLATFORMS_NOT:
        return
    for value in (MISSING, "", None, 0, False, [], {}):
        said = said_of(component, **{field: value})
        if value is MISSING:
            del said[field]
        answer = reference.describe(component, said)
        assert (answer.status, answer.headers["content-type"]) == (400, JSON), value
        assert answer.json["detail"] == "Invalid data"
        assert answer.json["errors"].keys() == {field}


@pytest.mark.parametrize("case", WRONG)
def test_what_may_not_be_said(reference: Reference, component: str, case: str) -> None:
    field, value = WRONG[case]
    if (component, field) == PLATFORMS_NOT:
        return
    answer = reference.describe(component, said_of(component, **{field: value}))
    assert (answer.status, answer.headers["content-type"]) == (400, JSON)
    assert answer.json["detail"] == "Invalid data"
    assert answer.json["errors"].keys() == {field}


@pytest.mark.parametrize("case", NO_OBJECT)
def test_what_is_no_object(reference: Reference, component: str, case: str) -> None:
    answer = reference.call("PUT", f"{component}/setinfo", NO_OBJECT[case], content_type=JSON)
    assert (answer.status, answer.headers["content-type"]) == (400, JSON)
    assert answer.json["detail"] == "Invalid data"
    assert answer.json["errors"]


@pytest.mark.parametrize("case", NO_JSON)
def test_what_is_no_json(reference: Reference, component: str, case: str) -> None:
    answer = reference.call("PUT", f"{component}/setinfo", NO_JSON[case], content_type=JSON)
    assert (answer.status, answer.headers["content-type"]) == (400, JSON)
    assert answer.json["detail"].startswith("JSON parse error - ")
    assert answer.json["errors"]


def test_a_body_without_end_of_headers_is_nothing(reference: Reference, component: str) -> None:
    answer = reference.put(f"{component}/setinfo")
    assert answer.status == 400
    assert answer.json["detail"].startswith("JSON parse error - ")


def test_the_largest_body_is_read_and_no_larger_one(reference: Reference, component: str) -> None:
    body = json.dumps({"name": "x"}).encode()
    fits = body.replace(b"x", b"x" * (LARGEST - len(body) + 1))
    with line_to(reference.url) as line:
        for sent, status in ((fits, 400), (fits + b" ", 413), (b"{}", 400)):
            line.ask("PUT", f"/reference/{component}/setinfo", sent)
            answer = line.answer()
            assert (answer.status, answer.headers["content-type"]) == (status, JSON)
            assert answer.json["detail"]


def test_a_large_body_in_pieces_passes_by(reference: Reference, component: str) -> None:
    with line_to(reference.url) as line:
        line.ask("PUT", f"/reference/{component}/setinfo", transfer_encoding="chunked")
        piece = b"x" * 2**20
        for _ in range(4):
            line.say(b"%x\r\n%b\r\n" % (len(piece), piece))
        line.say(b"0\r\n\r\n")
        assert line.answer().status == 413
        line.ask("GET", f"/reference/{component}/info", accept=JSON)
        assert line.answer().status == 200


def test_a_compressed_body_is_not_read(reference: Reference, component: str) -> None:
    answer = reference.describe(component, INFO, content_encoding="gzip")
    assert (answer.status, answer.headers["content-type"]) == (415, JSON)
    assert answer.json["detail"]


def test_who_asks_first_is_told_to_go_on(reference: Reference) -> None:
    body = json.dumps(INFO).encode()
    with line_to(reference.url) as line:
        head = {"expect": "100-continue", "content_length": str(len(body))}
        line.ask("PUT", "/reference/service/setinfo", b"", **head)
        assert line.read(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        line.say(body)
        assert line.answer().json == INFO
