"""Addresses, methods, and who is let in."""

import pytest

from tests.equipment.line import line_to
from tests.equipment.packaging import FORM, SECRET, Packager

PLACES = (
    "",
    "/",
    "/status",
    "/package_datastore",
    "/package_url",
    "/package_dwc_archive",
    "/clear_caches",
    "/statistics",
    "/statistics/requests",
    "/statistics/errors",
    "/statistics/colours",
)
NOWHERE = (
    "/nothing",
    "//",
    "/status/",
    "/Status",
    "/statistics/",
    "/statistics/requests/",
    "/statistics/a/b",
    "/package",
    "/resources",
    "/resources/",
    "/%00",
    "/%FF",
)
STRANGER = {
    "status": "failed",
    "error": "NotAuthorizedError",
    "message": "Wrong/missing secret",
}


@pytest.mark.parametrize("path", PLACES)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_every_place_is_for_post_alone(embedded: Packager, path: str, method: str) -> None:
    answer = embedded.call(method, path)
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    if method != "HEAD":
        assert answer.json["status"] == "failed"
        assert answer.json["error"] == "MethodNotAllowedError"


@pytest.mark.parametrize("path", NOWHERE)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_nowhere_is_not_found_and_leads_nowhere(
    embedded: Packager, path: str, method: str
) -> None:
    answer = embedded.call(method, path, b"secret=x" if method == "POST" else None)
    assert (answer.status, answer.headers["content-type"]) == (404, "application/json")
    assert answer.json["status"] == "failed"
    assert "location" not in answer.headers


def test_the_prefix_ends_at_a_slash(embedded: Packager) -> None:
    assert embedded.call("POST", "s/status").status == 404


@pytest.mark.parametrize("path", PLACES)
@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET[:-1], f"{SECRET} ", SECRET.upper()])
def test_who_does_not_know_the_secret_learns_nothing(
    embedded: Packager, path: str, secret: str | None
) -> None:
    answer = embedded.post(path, secret=secret)
    assert (answer.status, answer.json) == (401, STRANGER)


@pytest.mark.parametrize("path", PLACES)
def test_the_query_string_is_never_read(embedded: Packager, path: str) -> None:
    answer = embedded.call("POST", f"{path}?secret={SECRET.replace(' ', '+')}")
    assert (answer.status, answer.json) == (401, STRANGER)


def test_a_query_string_beside_a_form_changes_nothing(embedded: Packager) -> None:
    answer = embedded.post("/statistics/requests?limit=x")
    assert (answer.status, answer.json) == (200, {"success": True, "requests": []})


@pytest.mark.parametrize("path", ["", "/", "/status"])
def test_the_status_is_at_the_root_as_well(embedded: Packager, path: str) -> None:
    answer = embedded.post(path)
    assert answer.status == 200
    assert answer.json.keys() == {"worker_count", "queue_length", "processed_requests"}
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"


def test_a_connection_lives_on_whatever_is_answered(embedded: Packager) -> None:
    form = f"secret={SECRET}".encode()
    with line_to(embedded.url) as line:
        for path, status in (("/nothing", 404), ("/status", 401), ("/status", 200), ("/%FF", 404)):
            body = form if status == 200 else b"secret=x"
            line.ask("POST", f"/packager{path}", body, content_type=FORM)
            assert line.answer().status == status
        line.ask("PUT", "/packager/status", form, content_type=FORM)
        assert line.answer().status == 405
        line.ask("POST", "/packager/status", form, content_type=FORM)
        assert line.answer().status == 200


def test_a_client_that_asks_first_is_told_to_go_on(embedded: Packager) -> None:
    form = f"secret={SECRET}".encode()
    with line_to(embedded.url) as line:
        head = {"expect": "100-continue", "content_type": FORM, "content_length": str(len(form))}
        line.ask("POST", "/packager/status", b"", **head)
        assert line.read(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        line.say(form)
        assert line.answer().status == 200
