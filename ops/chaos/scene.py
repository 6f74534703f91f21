"""Where it takes place: a world of its own, reached through wires, and thrown away afterwards."""

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import URL, make_url

from ops.bench import vhosts
from ops.bench.places import Servers, deployed, embedded
from ops.chaos.s3_wire import S3Wire, s3_wired
from ops.chaos.wires import Wire, wired
from ops.settings import EMBEDDED, Settings
from store.errors import SetupError

_HERE = "127.0.0.1"
_POSTGRESQL_PORT = 5432
_ANSWER_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class Scene:
    """One world."""

    name: str
    direct: Settings
    """As whoever looks on reaches the servers."""
    wired: Settings
    """As the installation reaches them."""
    wires: dict[str, Wire] = field(default_factory=dict)
    """By what is at their end: broker, database."""
    s3: S3Wire | None = None
    left_out: list[str] = field(default_factory=list)
    """Faults that cannot be made here, and why."""

    @property
    def embedded(self) -> bool:
        """Whether there is no broker."""
        return self.direct.bus_url == EMBEDDED


@contextmanager
def scene(folder: Path, settings: Settings, chance: random.Random) -> Iterator[Scene]:
    """Make a world for a block, on the servers that the settings name.

    Raises SetupError when it would be neither of the two worlds; MunimentError when a server is
    down, or does not let us.
    """
    names_postgresql = settings.database.startswith("postgresql")
    if names_postgresql != (settings.bus_url != EMBEDDED):
        raise SetupError(
            "chaos breaks the embedded world, or RabbitMQ with PostgreSQL: set both "
            "MUNIMENT_BUS_URL and MUNIMENT_DATABASE_URL, or neither"
        )
    on_s3 = settings.objects.startswith("s3:")
    if on_s3 and not names_postgresql:
        raise SetupError("chaos keeps objects on S3 only with RabbitMQ: unset MUNIMENT_OBJECTS_URL")
    with ExitStack() as stack:
        if names_postgresql:
            bucket = "/".join(settings.objects.split("/")[:3]) if on_s3 else ""
            servers = Servers(
                settings.bus_url, settings.database, settings.management_url, s3=bucket
            )
            place = stack.enter_context(deployed(folder, servers))
        else:
            place = embedded(folder)
        # Less than clients' patience: they are told to repeat what they have sent for a record.
        said = {"instance": "chaos", "answer_seconds": _ANSWER_SECONDS}
        direct = place.settings.model_copy(update=said)
        found = Scene(place.name, direct, direct)
        if not found.embedded:
            found = _wire(stack, found, chance)
        yield found


def _wire(stack: ExitStack, found: Scene, chance: random.Random) -> Scene:
    changed: dict[str, str] = {}
    wires: dict[str, Wire] = {}
    left_out: list[str] = []
    broker = vhosts.broker_of(found.direct.bus_url)
    if broker.tls:
        left_out.append("cutting connections to the broker: they speak TLS")
    else:
        wires["broker"] = stack.enter_context(wired(broker.host, broker.port))
        near = replace(broker, host=_HERE, port=wires["broker"].port)
        changed["bus_url"] = vhosts.url_of(near)
    url = make_url(found.direct.database)
    if not url.host or "sslmode" in url.query:
        left_out.append("cutting connections to the database: they are not plain TCP")
    else:
        wires["database"] = stack.enter_context(wired(url.host, url.port or _POSTGRESQL_PORT))
        changed["database_url"] = _text(url.set(host=_HERE, port=wires["database"].port))
    s3 = _s3(stack, found.direct, _another(chance), left_out)
    if s3 is not None:
        changed["s3_endpoint_url"] = s3.url
    return replace(
        found,
        wired=found.direct.model_copy(update=changed),
        wires=wires,
        s3=s3,
        left_out=left_out,
    )


def _s3(
    stack: ExitStack, settings: Settings, chance: random.Random, left_out: list[str]
) -> S3Wire | None:
    if not settings.objects.startswith("s3:"):
        left_out.append("errors of S3: objects are in a folder")
        return None
    parts = urlsplit(settings.s3_endpoint_url or "")
    if parts.scheme != "http" or parts.hostname is None:
        left_out.append("errors of S3: MUNIMENT_S3_ENDPOINT_URL is not a plain http: URL")
        return None
    return stack.enter_context(s3_wired(parts.hostname, parts.port or 80, chance))


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def _another(chance: random.Random) -> random.Random:
    """Return chance of its own for another thread."""
    return random.Random(chance.getrandbits(64))  # noqa: S311 - to be repeatable
