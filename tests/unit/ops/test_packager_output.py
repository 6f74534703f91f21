"""What answers of a packager come to."""

from typing import Any

import pytest
from pydantic import JsonValue

from ops.packager_output import has_errors, packaged, reason
from producers.answers import Operation, Outcome

TOTALS = {"*": {"requests": 3, "errors": 2}, "r-1": {"requests": 3, "errors": 0}}


@pytest.mark.parametrize(
    ("answer", "resource", "found"),
    [
        ({"totals": TOTALS}, "*", True),
        ({"totals": {**TOTALS, "*": {"errors": 0}}}, "*", False),
        ({"totals": {"r-1": TOTALS["*"]}}, "r-1", True),
        ({"totals": {"r-1": TOTALS["r-1"]}}, "r-1", False),
        ({"totals": {}}, "r-2", False),
        ({"errors": [{"message": "x"}]}, "*", True),
        ({"errors": []}, "*", False),
        ({"requests": [{"resource_id": "r-1"}]}, "*", False),
    ],
)
def test_errors_are_those_of_the_resource_that_was_asked_for(
    answer: dict[str, Any], resource: str, *, found: bool
) -> None:
    assert has_errors(answer, resource) is found


def operation(state: Any, data: JsonValue, error: str | None = None) -> Operation:  # noqa: ANN401
    outcome = None if data is None else Outcome(id="2", type="muniment.dataset.x.v1", data=data)
    return Operation(id="1", type="t", state=state, outcome=outcome, error=error)


def test_a_package_is_told_by_its_rows_and_size() -> None:
    table = operation("succeeded", {"rows": 20, "size": 345})
    assert packaged(table) == "Packaged: 20 rows, 345 bytes."
    assert packaged(operation("succeeded", {"rows": None, "size": 5})) == "Packaged: 5 bytes."
    assert packaged(operation("succeeded", None)) == "Packaged: 1."


def test_a_failure_is_told_by_its_reason() -> None:
    assert reason(operation("failed", {"reason": "404"}, "later")) == "404"
    assert reason(operation("parked", None, "a bug")) == "a bug"
    assert reason(operation("discarded", None)) == "it is discarded"
