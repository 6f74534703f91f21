"""The worlds that integration tests run in: the same bodies in each."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.equipment.making import MakeWorld


@pytest.fixture(params=["sqlite", "postgresql", "rabbitmq"])
def make_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeWorld]:
    """Makes a world: embedded on SQLite, embedded on PostgreSQL, or RabbitMQ and PostgreSQL."""
    with ExitStack() as stack:
        yield MakeWorld(request, tmp_path, stack)


@pytest.fixture(params=["sqlite", "postgresql"])
def make_embedded_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeWorld]:
    """Makes a world without RabbitMQ, for what no bus has a part in."""
    with ExitStack() as stack:
        yield MakeWorld(request, tmp_path, stack)
