"""Requests that are odd but HTTP, and some that are not: answered, and never with a 500."""

import re
from urllib.parse import urljoin, urlsplit

import pytest

from tests.equipment.line import line_to
from tests.equipment.recording import PASSWORDS, Recording, basic, finished

ANN = basic("ann", PASSWORDS["ann"])


@pytest.fixture(scope="module")
def filled(embedded: Recording) -> str:
    """A project with a record."""
    name = embedded.project(public=True)
    embedded.record(name, "run")
    return name


@pytest.mark.parametrize(
    ("head", "statuses"),
    [
        ("GET {path} HTTP/1.1\r\n", {200, 400}),
        ("GET {path} HTTP/1.0\r\n", {200}),
        ("GET {path} HTTP/1.0\r\nhost: {host}\r\n", {200}),
        ("GET {url}{path} HTTP/1.1\r\nhost: {host}\r\n", {200}),
        ("GET http://elsewhere.org{path} HTTP/1.1\r\nhost: {host}\r\n", {200}),
        ("GET {path}#fragment HTTP/1.1\r\nhost: {host}\r\n", {200, 400, 404}),
        ("GET {path}?a=b?c=d&&=&%%=%zz HTTP/1.1\r\nhost: {host}\r\n", {200}),
        ("GET {path}?tags=%zz&format=%zz HTTP/1.1\r\nhost: {host}\r\n", {406}),
        ("GET {path} HTTP/1.1\r\nhost: a b\r\n", {200, 400}),
        ("GET {path} HTTP/1.1\r\nhost: <script>\r\n", {200, 400}),
        ("GET {path} HTTP/1.1\r\nhost: {host}\r\nhost: other\r\n", {200, 400}),
        ("GET {path}" + "x" * 60_000 + " HTTP/1.1\r\nhost: {host}\r\n", {404}),
        ("GET {path}" + "x" * 70_000 + " HTTP/1.1\r\nhost: {host}\r\n", {400, 414, 431}),
        ("GET {path} HTTP/1.1\r\nhost: {host}\r\naccept: " + "x" * 70_000 + "\r\n", {400, 431}),
        ("GET {path} HTTP/1.1\r\nhost: {host}\r\naccept: " + "a/b," * 15_000 + "\r\n", {406}),
        ("GET * HTTP/1.1\r\nhost: {host}\r\n", {400, 404}),
        ("PUT {path}x/ HTTP/1.1\r\nhost: {host}\r\ncontent-length: -1\r\n", {400}),
        ("PUT {path}x/ HTTP/1.1\r\nhost: {host}\r\ncontent-length: x\r\n", {400}),
        ("GET {path} HTTP/9.9\r\nhost: {host}\r\n", {400, 505}),
    ],
    ids=range(19),
)
def test_an_odd_request_is_answered(
    embedded: Recording, filled: str, head: str, statuses: set[int]
) -> None:
    # A long target is read in proportion to its length: in its square, it would take too long.
    with line_to(embedded.url, seconds=10) as line:
        filled_in = head.format(
            path=f"/records/{filled}/", host=urlsplit(embedded.url).netloc, url=embedded.url
        )
        line.say(f"{filled_in}authorization: {ANN}\r\n\r\n".encode())
        answer = line.answer()
        assert answer.status in statuses
        if answer.status == 200:
            (url,) = answer.json["records"]
            assert urlsplit(url).path == f"/records/{filled}/run/"
            assert "<" not in url


def test_a_body_with_get_and_delete_is_no_harm(embedded: Recording, filled: str) -> None:
    embedded.record(filled, "gone")
    with line_to(embedded.url) as line:
        for method, path, status in (
            ("GET", "run", 200),
            ("DELETE", "gone", 204),
            ("OPTIONS", "run", 200),
            ("GET", "gone", 404),
        ):
            target = f"/records/{filled}/{path}/"
            line.ask(method, target, b"x" * 100_000, authorization=ANN)
            assert line.answer(method).status == status


def test_requests_that_come_together_are_answered_in_turn(embedded: Recording, filled: str) -> None:
    with line_to(embedded.url) as line:
        for label in ("run", "none"):
            line.ask("GET", f"/records/{filled}/{label}/", b"", authorization=ANN)
        text = b""
        while text.count(b"HTTP/1.1 ") < 2:
            text += line.read(1)
        assert re.findall(rb"HTTP/1\.1", text) == [b"HTTP/1.1"] * 2
        assert text.startswith(b"HTTP/1.1 200 ")
        assert line.read(4) == b"404 "


def test_the_form_of_a_page_works_from_both_of_its_addresses(
    embedded: Recording, filled: str
) -> None:
    for path in (f"/{filled}/permissions", f"/{filled}/permissions/"):
        page = embedded.get(path, accept="text/html").body.decode()
        actions = re.findall(r"<form[^>]*\saction=\"([^\"]*)\"", page)
        assert actions
        for action in actions:
            target = urlsplit(urljoin(f"{embedded.url}/records{path}", action)).path
            assert target.rstrip("/") == f"/records/{filled}/permissions"


def test_a_format_that_is_empty_says_nothing(embedded: Recording, filled: str) -> None:
    for path in (f"/{filled}/", f"/{filled}/run/", "/"):
        assert embedded.get(f"{path}?format=").body == embedded.get(path).body


def test_a_label_is_one_however_it_is_escaped(embedded: Recording, filled: str) -> None:
    embedded.record(filled, "a/b ü")
    for target in ("a/b%20%C3%BC", "a%2Fb%20%C3%BC", "a%2fb%20%c3%bc", "%61%2F%62%20%C3%BC/"):
        assert embedded.get(f"/{filled}/{target}").json["label"] == "a/b ü"
        assert embedded.put(f"/{filled}/{target}", finished(label="a/b ü")).status == 200
