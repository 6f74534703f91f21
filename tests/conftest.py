"""Fixtures of every suite: real services, found or started when a test first asks for them.

A service that cannot be had skips its tests on a laptop, and fails them where `CI` is set.
"""

import os
import signal
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import pytest
from hypothesis import HealthCheck, settings

from tests.services.backends import BACKENDS
from tests.services.chromium import Chromium
from tests.services.finding import ServiceMissingError
from tests.services.kafka import Kafka
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

LONGEST = (
    "fault/test_crash_explorer.py",
    "integration/test_bench.py",
    "fault/test_kill.py",
    "fault/test_chaos.py",
    "contract/clients/test_smt_moving.py",
    "property/test_interleavings.py",
    "contract/clients/test_smt_records.py",
    "contract/clients/test_smt_runs.py",
)
"""The modules that take longest, longest first."""

_BACKENDS = "back ends"

# No stopwatch, neither on examples nor on how they are made: not all machines of CI are quick. The
# rest is Hypothesis' own, which makes the same examples each time where `CI` is set.
settings.register_profile(
    "muniment", deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("muniment")


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


@pytest.fixture(scope="session")
def _kafka() -> Kafka:
    return _obtain(BACKENDS.kafka)


@pytest.fixture
def kafka(_kafka: Kafka) -> Kafka:
    """A running broker that the test may stop and start; topics need names of their own."""
    _kafka.start()
    return _kafka


@pytest.fixture
def free_port() -> int:
    """A port on the loopback address that nobody listens on."""
    return free_ports(1)[0]


def pytest_configure() -> None:
    """Take SIGTERM (from `timeout`, say) as Ctrl-C, so that fixtures still tidy up.

    Ctrl-C itself, too: a shell has what it starts in the background ignore it, and so would every
    process that a test starts.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several processes test, let them begin with what takes longest.

    Whole modules are given out, in this order; so none is left with a long one when the others
    have nothing more to do.
    """
    if hasattr(config, "workerinput"):
        folder = Path(__file__).parent
        ranks = {folder / name: rank for rank, name in enumerate(LONGEST)}
        items.sort(key=lambda item: ranks.get(item.path, len(ranks)))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """End the servers that were started; tell who started us which back ends there were."""
    BACKENDS.close()
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput[_BACKENDS] = BACKENDS.summary


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:  # noqa: ANN401 - xdist has no types
    """Hear of the back ends of one of several processes, unless it crashed."""
    for service, what in getattr(node, "workeroutput", {}).get(_BACKENDS, {}).items():
        heard = BACKENDS.summary.setdefault(service, what)
        if what not in heard:
            BACKENDS.summary[service] = f"{heard}; {what}"


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
