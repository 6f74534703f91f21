"""Databases, worlds and scenes for integration tests."""

from tests.equipment.fixtures import (
    database,
    database_url,
    make_embedded_world,
    make_world,
    postgresql_tables_url,
    shared_postgresql_url,
)
from tests.equipment.packager_fixtures import ckan, counter
from tests.equipment.parking import everywhere, scene

__all__ = [
    "ckan",
    "counter",
    "database",
    "database_url",
    "everywhere",
    "make_embedded_world",
    "make_world",
    "postgresql_tables_url",
    "scene",
    "shared_postgresql_url",
]
