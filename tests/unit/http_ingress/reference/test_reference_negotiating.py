"""What `Accept` likes best."""

import pytest

from http_ingress.reference.negotiating import Form, preferred


@pytest.mark.parametrize(
    ("accept", "liked"),
    [
        ("application/json", "json"),
        ("text/html", "html"),
        ("application/json, text/html", "json"),
        ("text/html, application/json", "html"),
        ("text/html;q=0.5, application/json", "json"),
        ("*/*, application/json", "json"),
        ("text/*, application/json", "json"),
        ("application/*, text/html", "html"),
        ("application/json;q=0, */*", "html"),
        ("application/json, application/json;q=0.1, text/html;q=0.5", "json"),
        ("image/png", None),
        ("*/*;q=0", None),
        ("text/html;q=0", None),
        ("x", None),
    ],
)
@pytest.mark.parametrize("usual", ["html", "json"])
def test_what_is_liked_best(accept: str, liked: Form | None, usual: Form) -> None:
    assert preferred(accept, usual) == liked


@pytest.mark.parametrize("accept", [None, "", " ", ",", "*/*", "*", "text/*, application/*;q=1"])
@pytest.mark.parametrize("usual", ["html", "json"])
def test_who_does_not_care_is_told_the_usual(accept: str | None, usual: Form) -> None:
    if accept is not None and accept.startswith("text/*"):
        assert preferred(accept, usual) == "html"
    else:
        assert preferred(accept, usual) == usual
