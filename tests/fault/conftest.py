"""The worlds that processes die in."""

from tests.equipment.fixtures import (
    make_world,
    postgresql_tables_url,
    shared_postgresql_url,
)

__all__ = [
    "make_world",
    "postgresql_tables_url",
    "shared_postgresql_url",
]
