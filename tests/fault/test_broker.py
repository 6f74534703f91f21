"""RabbitMQ is killed, restarted, or takes nothing; on a broker of the test's own."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from threading import Event, Thread
from time import monotonic
from uuid import uuid4

import pytest

from consumers.amqp import AmqpSource
from consumers.contract import Consumer
from ops.topology import apply, derive, queue_lengths
from producers.amqp import AmqpPublisher
from producers.ports import Fate
from schemas.envelope import Envelope
from schemas.probes import ProbeAnswered, ProbeRequested
from schemas.routing import REQUESTS, routing_key
from store.errors import BrokerUnavailableError
from store.outbox import Due
from tests import foreign_amqp as foreign
from tests.services.private_rabbitmq import PrivateRabbitMQ
from tests.services.waiting import until

CONSUMER = Consumer("work", ProbeRequested, lambda _event, _work: (), batch=20)
OTHER = Consumer("other", ProbeAnswered, lambda _event, _work: ())
PATIENCE_SECONDS = 60


@pytest.fixture
def url(private_rabbitmq: PrivateRabbitMQ) -> Iterator[str]:
    """A vhost with the topology, as old as one in production.

    Within three seconds of its declaration RabbitMQ 3.10 loses a quorum queue to a SIGKILL: after
    the restart it is there, without messages and without a leader. An orderly restart writes down
    what is needed.
    """
    with private_rabbitmq.fresh_vhost() as url:
        # Soon after a start it may still be busy with the vhost of the test before.
        until(lambda: applied(url), seconds=PATIENCE_SECONDS, what="the topology")
        private_rabbitmq.stop()
        private_rabbitmq.start()
        yield url


def applied(url: str) -> bool:
    try:
        return apply(url, derive((CONSUMER, OTHER))) == []
    except BrokerUnavailableError:
        return False


def due() -> Due:
    key = str(uuid4())
    envelope = Envelope(id=key, source="/tests", type=ProbeRequested.TYPE)
    return Due(key, envelope, REQUESTS, routing_key(ProbeRequested.TYPE))


class Publishing:
    """Publishes as the relay does, until told to stop: what is not confirmed is tried again."""

    def __init__(self, url: str) -> None:
        self._publisher = AmqpPublisher(url, "test")
        self._enough = Event()
        self._thread = Thread(target=self._run)
        self.confirmed: set[str] = set()
        self.failures = 0
        self._thread.start()

    def stop(self) -> None:
        """End, perhaps with a batch that is not confirmed."""
        self._enough.set()
        self._thread.join()
        self._publisher.close()

    def _run(self) -> None:
        while not self._enough.is_set():
            batch = [due() for _ in range(50)]
            while batch and not self._enough.wait(0.01):
                batch = self._attempt(batch)

    def _attempt(self, batch: Sequence[Due]) -> list[Due]:
        try:
            fates = self._publisher.publish(batch)
        except BrokerUnavailableError:
            self.failures += 1
            return list(batch)
        pairs = list(zip(batch, fates, strict=True))
        self.confirmed |= {one.id for one, fate in pairs if fate is Fate.CONFIRMED}
        return [one for one, fate in pairs if fate is not Fate.CONFIRMED]


class Consuming:
    """Consumes as the runtime does, until told to stop."""

    def __init__(self, url: str) -> None:
        self.source = AmqpSource(url, CONSUMER, never, "here.1")
        self._enough = Event()
        self._thread = Thread(target=self._run)
        self.seen: set[str] = set()
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._enough.set()
        self._thread.join()
        self.source.close()

    def _run(self) -> None:
        while not self._enough.is_set():
            try:
                deliveries = self.source.take(CONSUMER.batch, 0.2)
            except BrokerUnavailableError:
                continue
            events = (one.event for one in deliveries)
            self.seen |= {event.key for event in events if isinstance(event, Envelope)}
            self.source.acknowledge(deliveries)


def never(*_: object) -> None:
    raise AssertionError("nothing is to be scheduled here")


@pytest.mark.parametrize("fault", ["kill", "stop"])
def test_nothing_confirmed_is_lost_and_both_sides_come_back_by_themselves(
    private_rabbitmq: PrivateRabbitMQ, url: str, fault: str
) -> None:
    publishing, consuming = Publishing(url), Consuming(url)
    try:
        reaches(publishing, 500)
        private_rabbitmq.kill() if fault == "kill" else private_rabbitmq.stop()
        until(lambda: publishing.failures, seconds=PATIENCE_SECONDS, what="the fault to be noticed")
        private_rabbitmq.start()
        reaches(publishing, len(publishing.confirmed) + 500)
        publishing.stop()
        until(
            lambda: publishing.confirmed <= consuming.seen,
            seconds=PATIENCE_SECONDS,
            what="every confirmed message",
        )
    finally:
        publishing.stop()
        consuming.stop()
    assert foreign.empty(url, CONSUMER.name) == []


def reaches(publishing: Publishing, count: int) -> None:
    until(
        lambda: len(publishing.confirmed) >= count,
        seconds=PATIENCE_SECONDS,
        what=f"{count} confirmed messages",
    )


def test_a_queue_without_a_leader_holds_up_no_other(
    private_rabbitmq: PrivateRabbitMQ, url: str
) -> None:
    leader = f"'{url.rpartition('/')[2]}_{OTHER.name}'"
    batch = [replace(due(), exchange="", routing_key=name) for name in ("work", "other", "work")]
    with closing(AmqpPublisher(url, "test")) as publisher:
        private_rabbitmq.control("eval", f"sys:suspend({leader}).")
        try:
            assert publisher.publish(batch) == [Fate.CONFIRMED, Fate.NACKED, Fate.CONFIRMED]
        finally:
            private_rabbitmq.control("eval", f"sys:resume({leader}).")
        # What has just failed is not waited for again: it would be confirmed now.
        assert publisher.publish(batch) == [Fate.CONFIRMED, Fate.NACKED, Fate.CONFIRMED]
    with closing(AmqpPublisher(url, "test")) as publisher:
        assert publisher.publish(batch) == [Fate.CONFIRMED] * 3


def test_a_queue_whose_leader_is_silent_is_not_empty(
    private_rabbitmq: PrivateRabbitMQ, url: str
) -> None:
    leader = f"'{url.rpartition('/')[2]}_{OTHER.name}'"
    with closing(AmqpPublisher(url, "test")) as publisher:
        assert publisher.publish([replace(due(), exchange="", routing_key="other")]) == [
            Fate.CONFIRMED
        ]
    private_rabbitmq.control("eval", f"sys:suspend({leader}).")
    try:
        with pytest.raises(BrokerUnavailableError, match="leader of queue other does not answer"):
            queue_lengths(url, ["work", "other"])
        later = f"spawn(fun() -> timer:sleep(1000), sys:resume({leader}) end)."
        private_rabbitmq.control("eval", later)
        assert queue_lengths(url, ["work", "other"]) == {"work": 0, "other": 1}
    finally:
        private_rabbitmq.control("eval", f"sys:resume({leader}).")


def test_a_restart_between_two_batches_is_not_noticed(
    private_rabbitmq: PrivateRabbitMQ, url: str
) -> None:
    with closing(AmqpPublisher(url, "test")) as publisher:
        assert publisher.publish([due()]) == [Fate.CONFIRMED]
        private_rabbitmq.stop()
        private_rabbitmq.start()
        assert publisher.publish([due()]) == [Fate.CONFIRMED]


def test_an_alarm_is_named_within_seconds_and_is_over_by_itself(
    private_rabbitmq: PrivateRabbitMQ, url: str
) -> None:
    batch = [due() for _ in range(500)]
    with (
        closing(AmqpPublisher(url, "test", confirm_seconds=60)) as publisher,
        closing(AmqpSource(url, CONSUMER, never, "here.1")) as source,
    ):
        assert publisher.publish([due()]) == [Fate.CONFIRMED]
        private_rabbitmq.control("set_vm_memory_high_watermark", "0.00001")
        try:
            before = monotonic()
            with pytest.raises(BrokerUnavailableError, match="alarm is on: low on memory"):
                publisher.publish(batch)
            assert monotonic() - before < 30, "the broker is not waited for"
            before = monotonic()
            for _ in range(20):
                with pytest.raises(BrokerUnavailableError, match="alarm is on"):
                    publisher.publish(batch)
            with pytest.raises(BrokerUnavailableError, match="alarm is on"):
                publisher.check()
            assert monotonic() - before < 30, "what is known to be blocked is not tried"
            until(lambda: taken(source), seconds=60, what="consuming during the alarm")
        finally:
            private_rabbitmq.control("set_vm_memory_high_watermark", "0.6")
        until(lambda: published(publisher, batch), seconds=60, what="the end of the alarm")
    arrived = [one.properties.message_id for one in foreign.empty(url, CONSUMER.name)]
    assert set(arrived) == {one.id for one in batch}
    # The batch that met the alarm and the one after it; the twenty in between left no trace.
    assert len(arrived) <= 2 * len(batch)


def taken(source: AmqpSource) -> bool:
    try:
        deliveries = source.take(1, 0.2)
    except BrokerUnavailableError:
        return False
    source.acknowledge(deliveries)
    return bool(deliveries)


def published(publisher: AmqpPublisher, batch: Sequence[Due]) -> bool:
    try:
        return publisher.publish(batch) == [Fate.CONFIRMED] * len(batch)
    except BrokerUnavailableError:
        return False
