"""The HTTP ingress over a world, with limits and accounts that a test may choose."""

import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from http_ingress.application import application
from http_ingress.archive.ports import ArchivePorts
from http_ingress.packager.ports import PackagerPorts
from http_ingress.ports import Limits, Listener, Ports
from http_ingress.server import HttpServer, listen
from ops.archive_settings import ArchiveSettings
from producers.acceptor import Acceptor
from producers.components import Components
from store.accounts import Accounts
from store.activity import embedded_queues
from store.archive.portal_ports import Portal
from tests.equipment.archive_people import archive_people
from tests.equipment.installations import Caller
from tests.equipment.world import World, new_id

USER = "reader-1"
OPERATOR = "operator-1"
PACKAGER_SECRET = "known to the repository alone"


@dataclass
class Ingress:
    """A running ingress."""

    url: str
    token: str
    operator_token: str
    accounts: Accounts
    observed: list[tuple[str, str, int]] = field(default_factory=list)
    """Method, route and status of every request, in the order of their ends."""

    @property
    def caller(self) -> Caller:
        """One who speaks to it with the token."""
        return Caller(self.url, self.token)

    @property
    def operator(self) -> Caller:
        """One who may administer."""
        return Caller(self.url, self.operator_token)

    def connect(self) -> socket.socket:
        """Return a connection on which a test may say whatever it likes."""
        address = urlsplit(self.url)
        return socket.create_connection((address.hostname or "", address.port or 0), timeout=60)

    def say(self, request: bytes) -> bytes:
        """Send bytes, and return all that is answered until the server hangs up."""
        with closing(self.connect()) as connection:
            connection.sendall(request)
            return b"".join(iter(lambda: connection.recv(65536), b""))


@contextmanager
def serving(  # noqa: PLR0913 - each is something that a test may choose
    world: World,
    *,
    limits: Limits | None = None,
    public_reads: bool = True,
    canary: Callable[[], str | None] = lambda: None,
    consumer: str = "answer-probe",
    portal: Portal | None = None,
    anonymous_per_day: int = 0,
    users_per_day: int = 0,
    drain_seconds: float = 2,
) -> Iterator[Ingress]:
    """Run an ingress for the block; `consumer` is the one there is, of probes.

    There is no observation portal, and nobody is throttled, unless a test says so.
    """
    accounts = Accounts(world.database, world.clock, new_id, secrets.token_urlsafe)
    if USER not in [user.name for user in accounts.users()]:
        accounts.add_user(USER, None)
        accounts.add_user(OPERATOR, None, superuser=True)
    _, token = accounts.create_token(USER, "tests")
    _, operator_token = accounts.create_token(OPERATOR, "tests")
    acceptor = Acceptor(world.database, world.bus.ledger, world.clock)
    listening = listen("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    ingress = Ingress(url, token, operator_token, accounts)
    ports = Ports(
        database=world.database,
        objects=world.objects,
        acceptor=acceptor,
        ledger=world.bus.ledger,
        stamp=world.stamp,
        waiters=world.waiters,
        accounts=accounts,
        components=Components(
            world.database,
            world.bus.ledger,
            world.stamp,
            world.clock,
            f"{url}/reference/service/add",
        ),
        listeners=[Listener(consumer, "muniment.probe.requested.v1", ())],
        queues=lambda: embedded_queues(world.database, ["answer-probe"], world.clock()),
        readiness=lambda: {"database": None},
        canary=canary,
        render_metrics=lambda: b"",
        observe=lambda method, route, status, _: ingress.observed.append((method, route, status)),
        clock=world.clock,
        new_id=new_id,
        new_secret=secrets.token_urlsafe,
        public_url=url,
        public_reads=public_reads,
        limits=limits or Limits(),
        packager=PackagerPorts(
            secret=PACKAGER_SECRET,
            success_message="The link will be mailed.",
            slow_request=50_000,
            cache=timedelta(days=1),
            largest_request=16 * 1024**2,
            anonymise=str,
        ),
        archive=ArchivePorts(
            people=archive_people(
                world.database,
                accounts,
                world.clock,
                portal,
                anonymous_per_day=anonymous_per_day,
                users_per_day=users_per_day,
            ),
            file_store=world.file_store,
            secret=PACKAGER_SECRET,
            rules=lambda: ArchiveSettings().post_rules(),
            scratch=world.inbox.parent / "making",
        ),
        console_secret=PACKAGER_SECRET,
    )
    server = HttpServer(application(ports), listening, drain_seconds)
    acceptor.start()
    try:
        server.start()
        try:
            yield ingress
        finally:
            server.stop()
    finally:
        acceptor.stop()
