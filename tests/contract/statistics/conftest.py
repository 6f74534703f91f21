"""A virtual host and a database for all tests of a module."""

from tests.equipment.module_services import amqp_url, postgresql_url

__all__ = ["amqp_url", "postgresql_url"]
