"""Whatever goes wrong is told in the packager's own form."""

import pytest
from pydantic_core import from_json

from http_ingress import problems
from http_ingress.packager.answers import failure_of, nothing_here
from http_ingress.problems import Problem
from store.errors import DatabaseUnavailableError, ObjectsUnavailableError


@pytest.mark.parametrize(
    ("error", "status", "name", "headers"),
    [
        (DatabaseUnavailableError("database: gone"), 503, "UnavailableError", {"Retry-After": "2"}),
        (ObjectsUnavailableError("objects: full"), 503, "UnavailableError", {"Retry-After": "2"}),
        (Problem(problems.MALFORMED, "x"), 400, "BadRequestError", {}),
        (Problem(problems.TIMEOUT, "x"), 408, "TimeoutError", {}),
        (Problem(problems.UNSUPPORTED, "x"), 415, "UnsupportedMediaTypeError", {}),
        (
            Problem(problems.BUSY, "x", headers={"Retry-After": "9"}),
            429,
            "BusyError",
            {"Retry-After": "9"},
        ),
        (nothing_here(), 404, "NotFoundError", {}),
    ],
    ids=repr,
)
def test_a_failure_has_a_status_a_name_and_a_message(
    error: Exception, status: int, name: str, headers: dict[str, str]
) -> None:
    failure = failure_of(error)
    assert failure is not None
    response = failure.response()
    assert isinstance(response.body, bytes)
    said = from_json(response.body)
    assert (response.status, said["status"], said["error"]) == (status, "failed", name)
    assert said["message"]
    assert headers.items() <= dict(response.headers).items()


def test_what_nobody_foresaw_is_left_to_others() -> None:
    assert failure_of(RuntimeError("x")) is None
