"""Fixtures of every suite: real services, found or started when a test first asks for them.

A service that cannot be had skips its tests on a laptop, and fails them where `CI` is set.
"""

import os
import signal
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from typing import NoReturn, TypeVar

import pytest

from tests.services.backends import BACKENDS
from tests.services.chromium import Chromium
from tests.services.finding import ServiceMissingError
from tests.services.ports import free_ports
from tests.services.postgresql import PostgreSQL
from tests.services.private_postgresql import PrivatePostgreSQL
from tests.services.private_rabbitmq import PrivateRabbitMQ
from tests.services.rabbitmq import RabbitMQ
from tests.services.s3 import S3
from tests.services.spares import SpareVhosts

T = TypeVar("T")

MISSING = "service missing: "
"""How the reason of a test begins that is skipped, or fails, for want of a service."""


def _obtain(attempt: Callable[[], T]) -> T:
    try:
        return attempt()
    except ServiceMissingError as missing:
        _missing(str(missing))


def _missing(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(f"{MISSING}{reason}", pytrace=False)
    pytest.skip(f"{MISSING}{reason}")


@pytest.fixture(scope="session")
def rabbitmq() -> RabbitMQ:
    """A broker where virtual hosts can be made."""
    return _obtain(BACKENDS.rabbitmq)


@pytest.fixture(scope="session")
def _spare_vhosts(rabbitmq: RabbitMQ) -> Iterator[SpareVhosts]:
    with closing(SpareVhosts(rabbitmq)) as spares:
        yield spares


@pytest.fixture
def amqp_url(_spare_vhosts: SpareVhosts) -> Iterator[str]:
    """The URL of an empty virtual host, which goes with the test."""
    with _spare_vhosts.fresh_vhost() as url:
        yield url


@pytest.fixture(scope="session")
def postgresql() -> PostgreSQL:
    """A server where databases can be made."""
    return _obtain(BACKENDS.postgresql)


@pytest.fixture
def postgresql_url(postgresql: PostgreSQL) -> Iterator[str]:
    """The SQLAlchemy URL of an empty database, which goes with the test."""
    with postgresql.fresh_database() as url:
        yield url


@pytest.fixture(scope="session")
def s3() -> S3:
    """An S3 server where buckets can be made."""
    return _obtain(BACKENDS.s3)


@pytest.fixture(scope="session")
def chromium() -> Chromium:
    """A browser that can be run."""
    return _obtain(BACKENDS.chromium)


@pytest.fixture(scope="session")
def _private_rabbitmq() -> PrivateRabbitMQ:
    return _obtain(BACKENDS.private_rabbitmq)


@pytest.fixture
def private_rabbitmq(_private_rabbitmq: PrivateRabbitMQ) -> PrivateRabbitMQ:
    """A running broker that the test may stop, kill and start."""
    _private_rabbitmq.start()
    return _private_rabbitmq


@pytest.fixture(scope="session")
def _private_postgresql() -> PrivatePostgreSQL:
    return _obtain(BACKENDS.private_postgresql)


@pytest.fixture
def private_postgresql(_private_postgresql: PrivatePostgreSQL) -> PrivatePostgreSQL:
    """A running database server that the test may stop, kill and start."""
    _private_postgresql.start()
    return _private_postgresql


@pytest.fixture
def free_port() -> int:
    """A port on the loopback address that nobody listens on."""
    return free_ports(1)[0]


def pytest_configure() -> None:
    """Take SIGTERM (from `timeout`, say) as Ctrl-C, so that fixtures still tidy up."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_sessionfinish() -> None:
    """End the servers that were started."""
    BACKENDS.close()


@pytest.hookimpl(wrapper=True, tryfirst=True)  # around pytest's own: ours are the last lines
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter,
) -> Generator[None, None, None]:
    """Say which back ends ran, and what was not tested for want of one."""
    yield
    terminalreporter.section("back ends")
    for service, what in sorted(BACKENDS.summary.items()):
        terminalreporter.line(f"{service}: {what}")
    if not BACKENDS.summary:
        terminalreporter.line("none was needed")
    skipped = terminalreporter.stats.get("skipped", [])
    missing = sum(MISSING in str(report.longrepr) for report in skipped)
    terminalreporter.line(f"{missing} tests skipped for a missing service")
