"""A virtual host and a database for all tests of a module. Taken in by `conftest.py` files."""

from collections.abc import Iterator

import pytest

from tests.services.postgresql import PostgreSQL
from tests.services.rabbitmq import RabbitMQ


@pytest.fixture(scope="module")
def amqp_url(rabbitmq: RabbitMQ) -> Iterator[str]:
    """The URL of a virtual host, which goes with the module's last test."""
    with rabbitmq.fresh_vhost() as url:
        yield url


@pytest.fixture(scope="module")
def postgresql_url(postgresql: PostgreSQL) -> Iterator[str]:
    """The URL of a database, which goes with the module's last test."""
    with postgresql.fresh_database() as url:
        yield url
