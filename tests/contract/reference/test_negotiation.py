"""Section 2: in which form an answer comes."""

import pytest

from tests.equipment.line import line_to
from tests.equipment.reference import HTML, JSON, Reference

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
READ = ("service/info", "service/stats", "platform/info", "platform/stats", "")
CALLS = ("service/add", "service/reset", "platform/start", "platform/stop", "platform/reset")
REFUSED = {"detail": "Could not satisfy the request Accept header."}


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/json", JSON),
        ("text/html", HTML),
        ("*/*", HTML),
        ("*", HTML),
        (BROWSER, HTML),
        (None, HTML),
        ("", HTML),
        (" , ", HTML),
        ("application/json; charset=utf-8", JSON),
        ("Application/JSON", JSON),
        ("application/json, text/html", JSON),
        ("text/html, application/json", HTML),
        ("application/json;q=1.0, text/html;q=0.5", JSON),
        ("application/json;q=0.5, text/html;q=1.0", HTML),
        ("text/html;q=0.5, application/json", JSON),
        ("application/json, text/plain, */*", JSON),
        ("*/*, application/json", JSON),
        ("text/*, application/json", JSON),
        ("application/*", JSON),
        ("application/json;q=0, */*", HTML),
        ("text/html;q=0, */*", JSON),
        ("application/json;q=0.4, */*;q=0.5", HTML),
    ],
)
def test_the_form_that_is_liked_best(reference: Reference, accept: str | None, kind: str) -> None:
    for path in READ:
        answer = reference.get(path, accept)
        assert (answer.status, answer.headers["content-type"]) == (200, kind), path
        assert "Accept" in [one.strip() for one in answer.headers["vary"].split(",")]
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "accept",
    ["application/xml", "text/plain", "application/json;q=0", "image/*", "junk", "*/*;q=0", ";;"],
)
def test_what_cannot_be_satisfied(reference: Reference, accept: str) -> None:
    for path in READ:
        answer = reference.get(path, accept)
        assert (answer.status, answer.headers["content-type"]) == (406, JSON), path
        assert answer.json == REFUSED


@pytest.mark.parametrize("accept", ["text/html", "application/json", "application/xml", None])
def test_f_goes_before_the_header(reference: Reference, accept: str | None) -> None:
    for path in READ:
        for form, kind in (("json", JSON), ("html", HTML), ("JSON", JSON)):
            answer = reference.get(f"{path}?f={form}", accept)
            assert (answer.status, answer.headers["content-type"]) == (200, kind)


@pytest.mark.parametrize("f", ["", "xml", "%00", "json%00"])
def test_an_f_that_nobody_knows_says_nothing(reference: Reference, f: str) -> None:
    assert reference.get(f"service/info?f={f}", JSON).headers["content-type"] == JSON
    assert reference.get(f"service/info?f={f}", "text/html").headers["content-type"] == HTML


def test_several_lines_of_accept_are_one(reference: Reference) -> None:
    with line_to(reference.url) as line:
        head = "GET /reference/service/info HTTP/1.1\r\nHost: x\r\n"
        line.say(f"{head}Accept: text/html;q=0.1\r\nAccept: application/json\r\n\r\n".encode())
        assert line.answer().headers["content-type"] == JSON


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize("accept", ["application/json", "*/*", None, "text/html", BROWSER])
def test_a_call_is_answered_in_json(reference: Reference, path: str, accept: str | None) -> None:
    answer = reference.put(path, accept=accept)
    assert (answer.status, answer.headers["content-type"]) == (200, JSON)


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize("accept", ["application/xml", "text/plain", "application/json;q=0"])
def test_a_call_that_cannot_be_satisfied_has_no_effect(
    reference: Reference, path: str, accept: str
) -> None:
    before = [reference.get(f"{one}/stats").json for one in ("service", "platform")]
    answer = reference.put(path, accept=accept)
    assert (answer.status, answer.json) == (406, REFUSED)
    assert [reference.get(f"{one}/stats").json for one in ("service", "platform")] == before


def test_a_description_that_cannot_be_satisfied_has_no_effect(reference: Reference) -> None:
    before = reference.get("service/info").json
    said = {**before, "name": "Another"}
    assert reference.describe("service", said, accept="application/xml").status == 406
    assert reference.get("service/info").json == before


@pytest.mark.parametrize("path", ["service/app", "service/support", "service/archive/doc"])
@pytest.mark.parametrize("accept", [JSON, "application/xml", "junk", None])
def test_pages_ignore_what_is_accepted(reference: Reference, path: str, accept: str | None) -> None:
    answer = reference.get(path, accept)
    assert (answer.status, answer.headers["content-type"]) == (200, HTML)


def test_redirects_ignore_what_is_accepted(reference: Reference) -> None:
    for accept in (JSON, "application/xml", "junk", None):
        assert reference.get("service/doc", accept).status == 302


def test_headers_of_an_answer(reference: Reference) -> None:
    answer = reference.get("service/info")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    assert int(answer.headers["content-length"]) == len(answer.body)


@pytest.mark.parametrize("accept", [JSON, "text/html"])
def test_a_description_that_is_known_is_not_sent_again(reference: Reference, accept: str) -> None:
    first = reference.get("service/info", accept)
    tag = first.headers["etag"]
    for known in (tag, f'"x", {tag}', tag.removeprefix("W/"), "*"):
        again = reference.get("service/info", accept, if_none_match=known)
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
        assert again.headers["cache-control"] == "no-store"
        assert "Accept" in again.headers["vary"]
    other = reference.get("service/info", accept, if_none_match='W/"x"')
    assert (other.status, other.body) == (200, first.body)
