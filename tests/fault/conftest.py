"""The worlds that processes die in, and disks that fill."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.equipment.disks import small_disk
from tests.equipment.fixtures import (
    make_world,
    postgresql_tables_url,
    shared_postgresql_url,
)
from tests.equipment.packager_fixtures import ckan, counter
from tests.services.finding import ServiceMissingError

__all__ = [
    "ckan",
    "counter",
    "make_world",
    "postgresql_tables_url",
    "shared_postgresql_url",
]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MiB."""
    try:
        with small_disk(tmp_path / "disk", 24) as disk:
            yield disk
    except ServiceMissingError as error:
        reason = f"service missing: {error}"
        if os.environ.get("CI"):
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
