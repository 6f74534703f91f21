"""Databases and worlds for integration tests."""

from tests.equipment.fixtures import (
    database,
    database_url,
    make_embedded_world,
    make_world,
    postgresql_tables_url,
    shared_postgresql_url,
)

__all__ = [
    "database",
    "database_url",
    "make_embedded_world",
    "make_world",
    "postgresql_tables_url",
    "shared_postgresql_url",
]
