"""The databases that some properties are about."""

from tests.equipment.fixtures import shared_postgresql_url

__all__ = ["shared_postgresql_url"]
