"""Where a measurement takes place: two worlds, both thrown away afterwards.

Nothing of an installation on the same servers is touched.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from ops.bench import vhosts
from ops.bench.meters import Meter, family_cpu_seconds, listener
from ops.settings import EMBEDDED, Settings
from ops.stores import Store, new_id
from ops.wiring import topology
from store.errors import DatabaseUnavailableError

_LOCAL = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class Servers:
    """Which servers to measure on, as the command line names them."""

    amqp_url: str
    database_url: str
    """Any database there; the measurement makes one of its own beside it."""
    management_url: str = ""
    """Makes the vhost; empty: rabbitmqctl does."""
    vhost: str = ""
    """An empty one to use instead of making one."""
    s3: str = ""
    """Where objects go, `s3://<bucket>`; empty: into the folder."""


@dataclass(frozen=True, slots=True)
class Place:
    """One world, empty."""

    name: str
    settings: Settings
    servers: Mapping[str, Meter] = field(default_factory=dict)
    """What the servers of this machine have used, by their name."""

    @property
    def embedded(self) -> bool:
        """Whether there is no broker."""
        return self.settings.bus_url == EMBEDDED


def embedded(folder: Path) -> Place:
    """Return the embedded world in a folder."""
    return Place("embedded bus and SQLite", _settings(folder))


@contextmanager
def deployed(folder: Path, servers: Servers) -> Iterator[Place]:
    """Make a vhost and a database for a block, and use a prefix in a bucket if one is named.

    Raises MunimentError when a server is down, or does not let us.
    """
    name = _fresh_name()
    broker = vhosts.broker_of(servers.amqp_url, servers.vhost or name)
    with ExitStack() as stack:
        database_url = stack.enter_context(fresh_database(servers.database_url, name))
        objects_url = servers.s3 and f"{servers.s3.rstrip('/')}/{name}"
        settings = _settings(folder, vhosts.url_of(broker), database_url, objects_url)
        if servers.vhost:
            stack.enter_context(vhosts.borrowed(broker, topology(settings)))
        else:
            stack.enter_context(vhosts.made(broker, servers.management_url))
        if objects_url:
            stack.callback(_empty, settings)
        kinds = ["RabbitMQ", "PostgreSQL", *(["S3"] if objects_url else [])]
        meters = {
            "broker": _meter(broker.host, broker.port),
            "database": _meter(make_url(database_url).host, make_url(database_url).port or 5432),
        }
        yield Place(" + ".join(kinds), settings, meters)


def _settings(
    folder: Path, bus_url: str = EMBEDDED, database_url: str = "", objects_url: str = ""
) -> Settings:
    return Settings(
        data_dir=folder,
        bus_url=bus_url,
        database_url=database_url,
        objects_url=objects_url,
        http_host="127.0.0.1",
        http_port=0,
        public_url="",
        log_level="WARNING",
        instance="bench",
    )


def _fresh_name() -> str:
    return f"muniment_bench_{new_id().replace('-', '')}"


@contextmanager
def fresh_database(url: str, name: str = "") -> Iterator[str]:
    """Make a database beside that of a URL for a block, and yield its URL.

    Raises DatabaseUnavailableError when the server is down, or does not let us.
    """
    name = name or _fresh_name()
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    try:
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"))
        try:
            yield make_url(url).set(database=name).render_as_string(hide_password=False)
        finally:
            # On a fresh connection: the server may have been restarted meanwhile.
            with engine.connect() as connection:
                connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise DatabaseUnavailableError(f"database: {reason}") from error
    finally:
        engine.dispose()


def _empty(settings: Settings) -> None:
    store = Store(settings)
    try:
        for one in list(store.objects.list("")):
            store.objects.delete(one.key)
    finally:
        store.close()


def _meter(host: str | None, port: int) -> Meter:
    pid = listener(port) if host in _LOCAL else None
    return lambda: None if pid is None else family_cpu_seconds(pid)
