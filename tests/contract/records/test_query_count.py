"""Reading costs the same number of queries however many records there are."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from tests.equipment.recording import Recording, finished

FEW, MANY = 10, 2000
MOST = 4
"""Who asks, in which project with which members, and what."""
READS = [
    "/{p}/",
    "/{p}/?tags=even",
    "/{p}/?tags=even,odd&match=all",
    "/{p}/?q=run&since=2024-01-01&until=2025-01-01",
    "/{p}/tag/even/",
    "/{p}/tagged/odd/",
    "/{p}/last/",
    "/{p}/run-1/",
    "/{p}/permissions/",
    "/{p}/?limit=5&offset=5&expand=records",
    "/",
]
_OURS = re.compile(r"\b(projects|permissions|records|record_tags|record_history)\b")


@contextmanager
def counting(store: Recording) -> Iterator[list[str]]:
    """Collect the statements that look at projects or records, within the block.

    A store may have several engines, so it is listened to all there are.
    """
    seen: list[str] = []
    url = store.running.store.database.engine.url

    def note(*execution: object) -> None:
        connection, statement = execution[0], str(execution[2])
        assert isinstance(connection, Connection)
        if connection.engine.url == url and _OURS.search(statement):
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def fill(store: Recording, count: int) -> str:
    """Return a project with so many records."""
    project = store.project("bo", "cy", public=True)
    lines = [
        json.dumps(finished(label=f"run-{number}", tags=[("even", "odd")[number % 2]]))
        for number in range(count)
    ]
    answer = store.call(
        "POST", f"/{project}/", "\n".join(lines).encode(), content_type="application/x-ndjson"
    )
    assert answer.status == 200
    assert len(store.labels(project)) == count
    return project


@pytest.fixture(scope="module")
def projects(store: Recording) -> tuple[str, str]:
    """A project with few records and one with many."""
    return fill(store, FEW), fill(store, MANY)


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize("user", ["ann", "bo"])
def test_reading_many_costs_as_many_queries_as_few(
    store: Recording, projects: tuple[str, str], path: str, user: str
) -> None:
    counts = []
    for project in projects:
        with counting(store) as seen:
            assert store.get(path.format(p=project), user).status == 200
        counts.append(len(seen))
    few, many = counts
    assert few == many
    assert 0 < many <= MOST


def test_exporting_costs_a_query_for_many_records(
    store: Recording, projects: tuple[str, str]
) -> None:
    for path in (f"/{projects[1]}/?format=ndjson", f"/{projects[1]}/?expand=records"):
        with counting(store) as seen:
            assert store.get(path).status == 200
        assert 0 < len(seen) <= MOST + MANY / 100


def test_a_page_costs_the_same_however_many(store: Recording, projects: tuple[str, str]) -> None:
    counts = []
    for project in projects:
        with counting(store) as seen:
            assert store.get(f"/{project}/", accept="text/html").status == 200
        counts.append(len(seen))
    few, many = counts
    assert few == many
    assert 0 < many <= 2 * MOST
