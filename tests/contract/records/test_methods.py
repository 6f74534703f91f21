"""Methods: what `Allow` says is allowed is, the rest is 405, and HEAD is GET without a body."""

import pytest

from tests.equipment.line import line_to
from tests.equipment.recording import PASSWORDS, Recording, basic

LIST = "GET, HEAD, OPTIONS"
ALLOWED = {
    "/": LIST,
    "/{p}/": "GET, PUT, HEAD, OPTIONS",
    "/{p}/run/": "GET, PUT, DELETE, HEAD, OPTIONS",
    "/{p}/permissions/": "GET, POST, HEAD, OPTIONS",
    "/{p}/last/": LIST,
    "/{p}/tag/red/": "GET, DELETE, HEAD, OPTIONS",
    "/{p}/tagged/red/": "GET, DELETE, HEAD, OPTIONS",
    "/{p}/permissions/bo/": "DELETE, OPTIONS",
}
METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "TRACE", "PROPFIND")
RESERVED = {"/{p}/last/", "/{p}/tag/red/", "/{p}/tagged/red/"}


@pytest.fixture(scope="module")
def filled(embedded: Recording) -> str:
    """A public project with a record."""
    name = embedded.project(public=True)
    embedded.record(name, "run", tags=["red"])
    return name


@pytest.mark.parametrize("path", ALLOWED)
@pytest.mark.parametrize("user", ["ann", "bo", None])
def test_options_says_what_is_allowed(
    embedded: Recording, filled: str, path: str, user: str | None
) -> None:
    answer = embedded.call("OPTIONS", path.format(p=filled), user=user)
    assert (answer.status, answer.headers["allow"]) == (200, ALLOWED[path])


@pytest.mark.parametrize(
    ("path", "method"),
    [
        (path, method)
        for path, allowed in ALLOWED.items()
        for method in METHODS
        # PUT of a reserved label is refused for the label.
        if method not in allowed.split(", ") and not (method == "PUT" and path in RESERVED)
    ],
)
def test_what_is_not_allowed_is_405(
    embedded: Recording, filled: str, path: str, method: str
) -> None:
    answer = embedded.call(method, path.format(p=filled), b"x=1")
    assert (answer.status, answer.headers["allow"]) == (405, ALLOWED[path])


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html", "image/png"])
@pytest.mark.parametrize(
    "path", [*ALLOWED, "/{p}/no-such/", "/none/", "/{p}/?expand=records", "/{p}/?format=ndjson"]
)
@pytest.mark.parametrize("user", ["ann", None])
def test_head_is_get_without_a_body(
    embedded: Recording, filled: str, path: str, accept: str, user: str | None
) -> None:
    target = path.format(p=filled)
    got = embedded.call("GET", target, user=user, accept=accept)
    headers = {"authorization": basic("ann", PASSWORDS["ann"])} if user else {}
    with line_to(embedded.url) as line:
        for _ in range(2):  # on one connection: whatever came with the first would be in the way
            line.ask("HEAD", f"/records{target}", b"", accept=accept, **headers)
            head = line.answer("HEAD")
            assert (head.status, head.body) == (got.status, b"")
            for name in ("content-type", "www-authenticate", "allow", "cache-control", "vary"):
                assert head.headers.get(name) == got.headers.get(name), name
