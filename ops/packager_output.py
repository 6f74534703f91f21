"""What a packager's answers and the ends of its operations come to, in words."""

from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from producers.answers import Operation


def has_errors(answer: Mapping[str, Any], resource: str) -> bool:
    """Whether statistics show errors: of a resource or `*` in totals, or any in a list."""
    totals = answer.get("totals")
    if isinstance(totals, Mapping):
        counts = totals.get(resource)
        return isinstance(counts, Mapping) and bool(counts.get("errors"))
    return bool(answer.get("errors"))


def packaged(operation: Operation) -> str:
    """Say what came of a request that succeeded."""
    data = _data(operation)
    rows, size = data.get("rows"), data.get("size")
    said = [f"{rows} rows"] if isinstance(rows, int) else []
    said += [f"{size} bytes"] if isinstance(size, int) else []
    return f"Packaged: {', '.join(said) or operation.id}."


def reason(operation: Operation) -> str:
    """Say why a request came to nothing."""
    return str(_data(operation).get("reason") or operation.error or f"it is {operation.state}")


def _data(operation: Operation) -> Mapping[str, JsonValue]:
    outcome = operation.outcome
    return outcome.data if outcome is not None and isinstance(outcome.data, dict) else {}
