"""What a client prefers."""

import pytest

from http_ingress.negotiation import best, responds_async, wait_seconds, wants_html

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "liked"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/html", "text/html"),
        ("text/*", "text/html"),
        ("text/html;q=0.1, application/*;q=0.2", "application/json"),
        ("text/html;q=0, */*", "application/json"),
        ("TEXT/HTML", "text/html"),
        ("image/png", None),
        ("text/html;q=nonsense", None),
        (BROWSER, "text/html"),
    ],
)
def test_the_form_that_is_liked_best_is_chosen(accept: str | None, liked: str | None) -> None:
    assert best(accept, ("application/json", "text/html")) == liked


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        (BROWSER, True),
        ("text/html", True),
        (None, False),
        ("*/*", False),
        ("text/*", False),
        ("application/json, text/html;q=0.5", False),
    ],
)
def test_only_who_names_html_is_given_a_page(accept: str | None, page: bool) -> None:  # noqa: FBT001 - a parameter
    assert wants_html(accept) is page


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        (None, None),
        ("wait=5", 5),
        ('wait="5"', 5),
        ("Wait = 5", 5),
        ("respond-async, wait=10", 10),
        ("return=minimal; wait=3", 3),
        ("wait=100000", 60),
        ("wait=0", 0),
        ("wait=-1", None),
        ("wait=many", None),
        ("wait", None),
        ("waiting=5", None),
        ("wait=" + "9" * 5000, 60),
    ],
)
def test_how_long_to_wait_is_read_and_capped(prefer: str | None, seconds: float | None) -> None:
    assert wait_seconds(prefer, 60) == seconds


def test_asynchronous_answers_can_be_preferred() -> None:
    assert responds_async("wait=5, Respond-Async")
    assert not responds_async("wait=5")
    assert not responds_async(None)
