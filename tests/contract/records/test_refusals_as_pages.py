"""Refusals: a page for who looks at pages, nothing but what the client expects for all others."""

import pytest

from tests.equipment.recording import Recording

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("user", "status", "says"),
    [
        (None, 401, "Nobody is known by these credentials"),
        ("bo", 403, "You have no access to this project"),
        ("ann", 404, "There is no such project or record here"),
    ],
)
def test_a_browser_is_told_in_words(
    embedded: Recording, user: str | None, status: int, says: str
) -> None:
    path = f"/{embedded.project()}/nothing/"
    shown = embedded.get(path, user, accept=BROWSER)
    assert (shown.status, shown.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert says in shown.body.decode()
    assert ("www-authenticate" in shown.headers) == (status == 401)
    assert shown.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "accept", [None, "*/*", "application/json", "application/vnd.sumatra.record-v4+json"]
)
def test_a_program_gets_an_empty_body(embedded: Recording, accept: str | None) -> None:
    project = embedded.project()
    for user, status in (("bo", 403), ("ann", 404)):
        answer = embedded.get(f"/{project}/nothing/", user, accept=accept)
        assert (answer.status, answer.body) == (status, b"")


def test_what_is_sent_is_answered_in_few_words_whatever_is_accepted(embedded: Recording) -> None:
    path = f"/{embedded.project()}/bad/"
    answer = embedded.put(path, {"label": "bad"}, accept=BROWSER)
    assert answer.status == 400
    assert answer.body.startswith(b"a new record needs ")
