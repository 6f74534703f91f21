"""The services of one test session: each is found when first asked for, and named at the end."""

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Protocol, TypeVar

from tests.services import apt, chromium, postgresql, rabbitmq
from tests.services.chromium import Chromium
from tests.services.finding import ServiceMissingError, Way, find
from tests.services.kafka import Kafka
from tests.services.postgresql import PostgreSQL
from tests.services.private_postgresql import PrivatePostgreSQL
from tests.services.private_rabbitmq import PrivateRabbitMQ
from tests.services.rabbitmq import RabbitMQ
from tests.services.s3 import S3, find_s3


class Private(Protocol):
    """A server of our own."""

    def start(self) -> None:
        """Start it, and return when it answers."""
        ...

    @property
    def close(self) -> Callable[[], None]:
        """End it, and remove what it wrote."""
        ...


P = TypeVar("P", bound=Private)


class Backends:
    """What was found so far, and how; `close` ends what we started."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._stack = ExitStack()
        self.summary: dict[str, str] = {}
        """Service → what ran and how it was found, or why there is none."""

    def rabbitmq(self) -> RabbitMQ:
        """Find a broker. Raises ServiceMissingError."""
        ways: list[Way[RabbitMQ]] = [
            ("on its default port", rabbitmq.on_default_port),
            ("started privately", lambda: started(PrivateRabbitMQ)),
            ("installed with apt-get", lambda: installed(rabbitmq.PACKAGE, PrivateRabbitMQ)),
            ("docker compose", rabbitmq.composed),
        ]
        if "MUNIMENT_TEST_AMQP_URL" in self._environ:
            ways = [("given by MUNIMENT_TEST_AMQP_URL", lambda: rabbitmq.given(self._environ))]
        broker, how = self._noting("RabbitMQ", lambda: find("RabbitMQ", ways))
        self._stack.callback(broker.close)
        self.summary["RabbitMQ"] = f"{broker.version}, {how}"
        return broker

    def postgresql(self) -> PostgreSQL:
        """Find a database server. Raises ServiceMissingError."""
        ways: list[Way[PostgreSQL]] = [
            ("on its default port", postgresql.on_default_port),
            ("started privately", lambda: started(PrivatePostgreSQL)),
            ("installed with apt-get", lambda: installed(postgresql.PACKAGE, PrivatePostgreSQL)),
            ("docker compose", postgresql.composed),
        ]
        if "MUNIMENT_TEST_DATABASE_URL" in self._environ:
            way = "given by MUNIMENT_TEST_DATABASE_URL"
            ways = [(way, lambda: postgresql.given(self._environ))]
        server, how = self._noting("PostgreSQL", lambda: find("PostgreSQL", ways))
        self._stack.callback(server.close)
        self.summary["PostgreSQL"] = f"{server.version}, {how}"
        return server

    def s3(self) -> S3:
        """Find an S3 server. Raises ServiceMissingError."""
        server, how = self._noting("S3", lambda: find_s3(self._environ))
        self._stack.callback(server.close)
        self.summary["S3"] = f"{server.version}, {how}"
        return server

    def chromium(self) -> Chromium:
        """Find a browser. Raises ServiceMissingError."""
        ways: list[Way[Chromium]] = [
            ("installed", chromium.installed),
            ("installed with apt-get", _chromium_from_apt),
        ]
        if "MUNIMENT_TEST_CHROMIUM" in self._environ:
            ways = [("given by MUNIMENT_TEST_CHROMIUM", lambda: chromium.given(self._environ))]
        browser, how = self._noting("Chromium", lambda: find("Chromium", ways))
        self.summary["Chromium"] = f"{browser.version}, {how}"
        return browser

    def kafka(self) -> Kafka:
        """Start a broker that speaks Kafka's protocol. Raises ServiceMissingError."""
        broker = self._noting("Kafka", lambda: started(Kafka))
        self._stack.callback(broker.close)
        self.summary["Kafka"] = f"{broker.version}, started privately"
        return broker

    def private_rabbitmq(self) -> PrivateRabbitMQ:
        """Start a broker of our own. Raises ServiceMissingError."""
        broker = self._noting(
            "RabbitMQ to be killed", lambda: private(rabbitmq.PACKAGE, PrivateRabbitMQ)
        )
        self._stack.callback(broker.close)
        self.summary["RabbitMQ to be killed"] = f"{broker.version}, started privately"
        return broker

    def private_postgresql(self) -> PrivatePostgreSQL:
        """Start a database server of our own. Raises ServiceMissingError."""
        server = self._noting(
            "PostgreSQL to be killed", lambda: private(postgresql.PACKAGE, PrivatePostgreSQL)
        )
        self._stack.callback(server.close)
        self.summary["PostgreSQL to be killed"] = f"{server.version}, started privately"
        return server

    def close(self) -> None:
        """End what we started."""
        self._stack.close()

    def _noting(self, service: str, attempt: Callable[[], "T"]) -> "T":
        try:
            return attempt()
        except ServiceMissingError as missing:
            self.summary[service] = f"none: {missing}"
            raise


T = TypeVar("T")


def started(kind: Callable[[], P]) -> P:
    """Return a running server of our own. Raises ServiceMissingError."""
    server = kind()
    try:
        server.start()
    except ServiceMissingError:
        server.close()
        raise
    return server


def installed(package: str, kind: Callable[[], P]) -> P:
    """Install its package, and return a running server of our own. Raises ServiceMissingError."""
    apt.install(package)
    return started(kind)


def _chromium_from_apt() -> Chromium:
    apt.install(chromium.PACKAGE)
    return chromium.installed()


def private(package: str, kind: Callable[[], P]) -> P:
    """Return a running server of our own, installing it if need be. Raises ServiceMissingError."""
    ways: list[Way[P]] = [
        ("started privately", lambda: started(kind)),
        ("installed with apt-get", lambda: installed(package, kind)),
    ]
    return find(package, ways)[0]


BACKENDS = Backends(os.environ)
"""Those of this run of the tests."""
