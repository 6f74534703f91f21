"""Whatever is sent instead of a record: it is stored and served, or refused; nothing ever fails."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tests.equipment.recording import Recording, finished
from tests.equipment.records import dependency, output, platform

ODD_TEXTS = ["", "\0", "\ud800", "run", "{}", "{'a': 1}", "2024-05-01 10:00:00", "_running_", "/"]
texts = some.sampled_from(ODD_TEXTS) | some.text(some.characters(exclude_categories=[]), max_size=9)
values = some.recursive(
    some.none()
    | some.booleans()
    | some.integers()
    | some.sampled_from([2**63, -(2**63) - 1, 2**64, 10**30])
    | some.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
WHOLE = finished(
    label="run",
    platforms=[platform()],
    dependencies=[dependency()],
    input_data=[output()],
    output_data=[output()],
)


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return where there is anything in a JSON value."""
    if isinstance(value, dict):
        inner = [place for key, one in value.items() for place in places(one, (*path, key))]
    elif isinstance(value, list):
        inner = [place for key, one in enumerate(value) for place in places(one, (*path, key))]
    else:
        inner = []
    return [path, *inner]


def replaced(value: Any, path: tuple[str | int, ...], by: object) -> Any:  # noqa: ANN401 - JSON
    """Return a JSON value with something else at one place."""
    if not path:
        return by
    changed = value.copy()
    changed[path[0]] = replaced(value[path[0]], path[1:], by)
    return changed


@pytest.fixture(scope="module")
def place(store: Recording) -> str:
    """A project for all that is tried."""
    return store.project()


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(path=some.sampled_from(places(WHOLE)), value=values, partial=some.booleans())
def test_anything_anywhere_is_stored_or_refused(
    store: Recording, place: str, path: tuple[str | int, ...], value: object, *, partial: bool
) -> None:
    document = replaced(WHOLE, path, value)
    if partial and path:
        document = {"label": "run", path[0]: document[path[0]]}
    address = f"/{place}/run/"
    before = store.get(address)
    answer = store.put(address, document)
    assert answer.status in {200, 201, 400, 409}, (path, value)
    after = store.get(address)
    if answer.status >= 400:
        assert answer.body
        assert (after.status, after.body) == (before.status, before.body)
        return
    served = after.json
    assert set(served) == {*WHOLE, "project_id"}
    for page in (f"{address}?format=html", f"/{place}/?format=html", f"/{place}/?expand=records"):
        assert store.get(page).status == 200, (path, value)
    # What was served can be sent again, and then changes nothing.
    assert store.put(address, served).status == 200
    assert store.get(address).json == served
    assert store.call("DELETE", address).status == 204
