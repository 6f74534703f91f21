"""Names on the bus, derived from types."""

import pytest

from schemas.catalogue import EVENTS
from schemas.routing import (
    FACTS,
    REQUESTS,
    exchange,
    is_request,
    is_type_name,
    matches,
    routing_key,
)


@pytest.mark.parametrize(
    "name",
    ["muniment.file.archived.v1", "muniment.file.ingest_requested.v12", "muniment.f2.a.v1"],
)
def test_a_type_name_has_four_parts(name: str) -> None:
    assert is_type_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "file.archived.v1",
        "muniment.file.archived",
        "muniment.file.archived.v0",
        "muniment.file.archived.v01",
        "muniment.file.archived.v1.x",
        "muniment.File.archived.v1",
        "muniment.file.archived.v1\n",
        "muniment.file..v1",
        "muniment.file.*.v1",
        "other.file.archived.v1",
    ],
)
def test_anything_else_is_no_type_name(name: str) -> None:
    assert not is_type_name(name)


@pytest.mark.parametrize(
    ("name", "key", "to"),
    [
        ("muniment.file.archived.v1", "file.archived.v1", FACTS),
        ("muniment.file.ingest_requested.v1", "file.ingest_requested.v1", REQUESTS),
        ("muniment.probe.requested.v2", "probe.requested.v2", REQUESTS),
        ("muniment.file.unrequested.v1", "file.unrequested.v1", FACTS),
        ("muniment.requested.archived.v1", "requested.archived.v1", FACTS),
        ("org.example.thing", "org.example.thing", FACTS),
        ("x", "x", FACTS),
    ],
)
def test_a_type_says_where_it_is_published(name: str, key: str, to: str) -> None:
    assert routing_key(name) == key
    assert exchange(name) == to
    assert is_request(name) is (to == REQUESTS)


@pytest.mark.parametrize(
    ("pattern", "key", "expected"),
    [
        ("file.archived.v1", "file.archived.v1", True),
        ("file.archived.v1", "file.archived.v2", False),
        ("file.*.v1", "file.archived.v1", True),
        ("file.*", "file.archived.v1", False),
        ("file.#", "file.archived.v1", True),
        ("file.#", "file", True),
        ("#", "file.archived.v1", True),
        ("#", "", True),
        ("*", "", True),
        ("#.v1", "file.archived.v1", True),
        ("#.#", "file", True),
        ("*.#.*", "file", False),
        ("*.failed.*", "file.failed.v1", True),
    ],
)
def test_patterns_match_as_on_a_topic_exchange(pattern: str, key: str, expected: bool) -> None:  # noqa: FBT001 - an expectation
    assert matches(pattern, key) is expected


def test_every_routing_key_fits_the_wire() -> None:
    assert all(len(routing_key(name).encode()) <= 255 for name in EVENTS)
