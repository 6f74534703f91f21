"""Making a queue anew under way: with publishers and consumers at work, and with SIGKILL."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event, Lock, Thread
from uuid import uuid4

from consumers.amqp import AmqpSource
from consumers.contract import Consumer
from consumers.registry import CONSUMERS
from ops.topology import apply, derive, migrations, plan
from producers.amqp import AmqpPublisher
from producers.ports import Fate
from schemas.envelope import Envelope
from schemas.probes import ProbeRequested
from schemas.routing import REQUESTS, routing_key
from store.errors import BrokerUnavailableError
from store.outbox import Due
from tests import foreign_amqp as foreign
from tests.command_line import CommandLine
from tests.services.private_rabbitmq import PrivateRabbitMQ
from tests.services.waiting import until

OWNER = Consumer("owner", ProbeRequested, lambda _event, _work: (), prefetch=20)
OLD = derive((OWNER,), delivery_limit=3)
NEW = derive((OWNER,), delivery_limit=7)
KEY = routing_key(ProbeRequested.TYPE)
QUEUE = "answer-probe"
MANY = 5000


class Publishing:
    """Publishes as the relay does, requests and retries: what is not confirmed is tried again."""

    def __init__(self, url: str) -> None:
        self._publisher = AmqpPublisher(url, "test")
        self._publishes = Lock()
        self.confirmed: set[str] = set()

    def run(self, enough: Event) -> None:
        """Publish until it is enough, and everything has been confirmed."""
        while not enough.wait(0.005):
            batch: Sequence[Due] = [due(REQUESTS, KEY), due("", OWNER.name)]
            while batch:
                batch = self._attempt(batch)
        self._publisher.close()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Publish nothing, and have the broker's answers for what was published."""
        with self._publishes:
            yield

    def _attempt(self, batch: Sequence[Due]) -> list[Due]:
        with self._publishes:
            try:
                fates = self._publisher.publish(batch)
            except BrokerUnavailableError:
                return list(batch)
        pairs = list(zip(batch, fates, strict=True))
        self.confirmed |= {one.id for one, fate in pairs if fate is Fate.CONFIRMED}
        return [one for one, fate in pairs if fate is not Fate.CONFIRMED]


class Consuming:
    """Consumes as the runtime does; `seen` is what it has got and acknowledged."""

    def __init__(self, url: str) -> None:
        self._source = AmqpSource(url, OWNER, never, "here.1")
        self.seen: set[str] = set()

    def run(self, enough: Event) -> None:
        """Consume until it is enough."""
        while not enough.is_set():
            try:
                deliveries = self._source.take(5, 0.2)
            except BrokerUnavailableError:
                continue
            events = (one.event for one in deliveries)
            self.seen |= {event.key for event in events if isinstance(event, Envelope)}
            self._source.acknowledge(deliveries)
        self._source.close()


@contextmanager
def at_work(work: Publishing | Consuming) -> Iterator[Event]:
    """Run on a thread of its own until the block ends, or it is told that it is enough."""
    enough = Event()
    thread = Thread(target=work.run, args=(enough,))
    thread.start()
    try:
        yield enough
    finally:
        enough.set()
        thread.join()


def due(exchange: str, key: str) -> Due:
    name = str(uuid4())
    return Due(name, Envelope(id=name, source="/tests", type=ProbeRequested.TYPE), exchange, key)


def never(*_: object) -> None:
    raise AssertionError("nothing is to be scheduled here")


def test_publishers_and_consumers_stay_at_work_and_nothing_is_lost(
    private_rabbitmq: PrivateRabbitMQ,
) -> None:
    management = private_rabbitmq.management_url
    with private_rabbitmq.fresh_vhost() as url:
        apply(url, OLD)
        publishing, consuming = Publishing(url), Consuming(url)
        with at_work(consuming):
            with at_work(publishing):
                until(lambda: len(consuming.seen) > 100, seconds=60, what="work")
                (migration,) = migrations(url, NEW, (), management)
                migration.run(publishing.held)
                since = len(consuming.seen)
                until(lambda: len(consuming.seen) > since + 100, seconds=60, what="work again")
            until(lambda: publishing.confirmed <= consuming.seen, seconds=60, what="every message")
        assert plan(url, NEW, management) == []


def said(line: CommandLine, words: str) -> bool:
    return words in line.err.read_text()


def test_killed_in_the_middle_it_is_run_again(amqp_url: str, tmp_path: Path) -> None:
    apply(amqp_url, derive(CONSUMERS, delivery_limit=3, archived_fits="archived_fits"))
    sent = [due("", QUEUE) for _ in range(MANY)]
    publisher = AmqpPublisher(amqp_url, "test")
    assert publisher.publish(sent) == [Fate.CONFIRMED] * MANY
    publisher.close()
    line = CommandLine(tmp_path, {"MUNIMENT_BUS_URL": amqp_url})
    assert line.run("db", "upgrade").code == 0
    assert line.run("topology", "migrate", "--dry-run", "--json").json["dry_run"]
    for queue in (QUEUE, f"{QUEUE}.migrating"):
        with line.running("topology", "migrate", QUEUE) as process:
            words = f"of {queue} moved"
            until(partial(said, line, words), seconds=60, what=words)
            process.kill()
            process.wait()
        assert line.run("topology", "plan").code == 4
    ran = line.run("topology", "migrate", "--json")
    assert ran.code == 0, ran
    assert line.run("topology", "plan").code == 0
    assert {one.properties.message_id for one in foreign.empty(amqp_url, QUEUE)} == {
        one.id for one in sent
    }
