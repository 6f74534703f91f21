"""What the SDK says when something is refused."""

import pytest

from producers.client_errors import GapError, ProblemError


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        ({"title": "Bad", "detail": "It is wrong."}, "422 It is wrong."),
        ({"title": "Bad"}, "422 Bad"),
        ({}, "422 HTTP 422"),
        ({"detail": "must be short", "field": "name"}, "422 name: must be short"),
        (
            {"detail": "data.x: is missing", "errors": [{"field": "x", "message": "is missing"}]},
            "422 data.x: is missing",
        ),
        ({"detail": "name must be short", "field": "name"}, "422 name must be short"),
        (
            {"detail": "1 is wrong", "errors": [{"index": 4, "field": "id", "message": "must be"}]},
            "422 1 is wrong; [4] must be",
        ),
    ],
)
def test_a_problem_says_what_and_where(problem: dict[str, object], text: str) -> None:
    assert str(ProblemError(422, problem)) == text


def test_a_problem_keeps_its_facts() -> None:
    error = ProblemError(409, {"type": "/problems/conflict", "advice": "Take a fresh id."})
    assert (error.status, error.type, error.advice) == (
        409,
        "/problems/conflict",
        "Take a fresh id.",
    )


def test_a_gap_says_where_to_go_on() -> None:
    gap = GapError(3, 9)
    assert gap.resume_after == 9
    assert "between positions 3 and 9" in str(gap)
