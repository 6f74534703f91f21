"""How errors end on the command line."""

import pytest
from pydantic import ValidationError

from ops.exits import ExitCode, judge
from ops.settings import Settings
from producers.client_errors import IngressUnavailableError, ProblemError
from schemas.catalogue import UnknownTypeError
from store.errors import DatabaseUnavailableError, DigestMismatchError, SetupError


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (IngressUnavailableError("http://x: refused"), ExitCode.UNAVAILABLE),
        (DatabaseUnavailableError("database: gone"), ExitCode.UNAVAILABLE),
        (ProblemError(422, {"detail": "no"}), ExitCode.FAILED),
        (DigestMismatchError("md5", "a", "b"), ExitCode.FAILED),
        (PermissionError(13, "Permission denied", "/x"), ExitCode.FAILED),
        (SetupError("set it"), ExitCode.USAGE),
        (UnknownTypeError("x"), ExitCode.USAGE),
        (KeyError("x"), ExitCode.FAILED),
    ],
)
def test_each_kind_of_error_has_its_exit_code_and_one_line(error: Exception, code: int) -> None:
    found, text, _ = judge(error)
    assert found == code
    assert text
    assert "\n" not in text


def test_the_advice_of_a_problem_is_passed_on() -> None:
    assert judge(ProblemError(409, {"advice": "Take a fresh id."}))[2] == "Take a fresh id."


def test_what_nobody_foresaw_is_called_a_bug() -> None:
    _, text, advice = judge(ZeroDivisionError("division by zero"))
    assert text == "ZeroDivisionError: division by zero"
    assert "--traceback" in advice


def test_wrong_settings_are_named_as_they_are_set() -> None:
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"http_port": "many", "bus_url": "kafka:"})
    code, text, _ = judge(caught.value)
    assert code == ExitCode.USAGE
    assert "MUNIMENT_HTTP_PORT: " in text
    assert "MUNIMENT_BUS_URL: " in text
