"""Both directions over TLS: certificates and host names are checked."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import trustme

from consumers.amqp import AmqpSource
from consumers.contract import Consumer
from producers.amqp import AmqpPublisher
from producers.ports import Fate
from schemas.envelope import Envelope
from schemas.probes import ProbeRequested
from store.errors import BrokerUnavailableError
from store.outbox import Due
from tests import foreign_amqp as foreign
from tests.cable import Cable
from tests.services.waiting import until

CONSUMER = Consumer("work", ProbeRequested, lambda _event, _work: (), prefetch=100)


def never(*_: object) -> None:
    raise AssertionError("nothing is to be scheduled here")


def due(count: int = 1) -> list[Due]:
    keys = [str(uuid4()) for _ in range(count)]
    envelopes = [
        Envelope(id=key, source="/tests", type=ProbeRequested.TYPE, data=b'"%b"' % (b"x" * 9000))
        for key in keys
    ]
    return [Due(one.id, one, "", CONSUMER.name) for one in envelopes]


@pytest.fixture
def url(amqp_url: str) -> str:
    foreign.declare(amqp_url, CONSUMER.name)
    return amqp_url


@pytest.fixture
def authority(tmp_path: Path) -> tuple[trustme.CA, str]:
    """An authority, and its certificate in a file."""
    authority = trustme.CA()
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return authority, str(path)


def serve(url: str, authority: trustme.CA, host: str) -> Cable:
    """Return a cable to the broker that proves to be `host`."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(host).configure_cert(context)
    return Cable(url, context)


@pytest.fixture
def trusted(url: str, authority: tuple[trustme.CA, str]) -> Iterator[str]:
    """An amqps URL that names whom to trust."""
    with serve(url, authority[0], "localhost") as cable:
        yield f"{cable.url}?cacertfile={authority[1]}"


@pytest.fixture(params=["an unknown authority", "another host"])
def untrusted(
    request: pytest.FixtureRequest, url: str, authority: tuple[trustme.CA, str]
) -> Iterator[str]:
    """An amqps URL of a server that cannot prove who it is."""
    unknown = request.param == "an unknown authority"
    ca, host = (trustme.CA(), "localhost") if unknown else (authority[0], "elsewhere.example")
    with serve(url, ca, host) as cable:
        yield f"{cable.url}?cacertfile={authority[1]}"


def test_events_go_through_and_come_back(trusted: str) -> None:
    sent = due(600)
    publisher = AmqpPublisher(trusted, "test")
    source = AmqpSource(trusted, CONSUMER, never, "here.1")
    try:
        assert publisher.publish(sent) == [Fate.CONFIRMED] * len(sent)
        assert publisher.publish([*due(), Due("x", sent[0].envelope, "", "nowhere")]) == [
            Fate.CONFIRMED,
            Fate.RETURNED,
        ]
        taken: list[str] = []

        def enough() -> bool:
            try:
                deliveries = source.take(100, 0.5)
            except BrokerUnavailableError:
                return False
            source.acknowledge(deliveries)
            events = (one.event for one in deliveries)
            taken.extend(event.key for event in events if isinstance(event, Envelope))
            return len(taken) == len(sent) + 1

        until(enough, seconds=60, what="every event")
        assert taken[:-1] == [one.id for one in sent]
    finally:
        publisher.close()
        source.close()


def test_a_server_that_is_not_trusted_gets_no_event(untrusted: str) -> None:
    publisher = AmqpPublisher(untrusted, "test")
    with pytest.raises(BrokerUnavailableError, match=r"(?i)certificate"):
        publisher.publish(due())


def test_a_server_that_is_not_trusted_gives_no_event(untrusted: str) -> None:
    source = AmqpSource(untrusted, CONSUMER, never, "here.1")
    try:
        until(
            lambda: "certificate" in (refusal(source) or "").lower(), seconds=60, what="a refusal"
        )
        assert not source.connected
    finally:
        source.close()


def test_a_certificate_file_that_is_not_there_is_an_answer(tmp_path: Path) -> None:
    url = f"amqps://127.0.0.1:9/v?cacertfile={tmp_path / 'not-there.pem'}"
    source = AmqpSource(url, CONSUMER, never, "here.1")
    told = "cannot use its certificate files"
    try:
        until(lambda: told in (refusal(source) or ""), seconds=60, what="a refusal")
    finally:
        source.close()


def refusal(source: AmqpSource) -> str | None:
    """Return what a source says that gets nothing; None: nothing yet."""
    try:
        source.take(1, 0.2)
    except BrokerUnavailableError as error:
        return str(error)
    return None
