"""The registry: what follows from the tuple of all consumers."""

import re
from collections import Counter
from inspect import signature
from typing import Any

import pytest

from consumers.contract import Consumer
from consumers.registry import CONSUMERS
from schemas.catalogue import EVENTS
from schemas.routing import (
    DEAD,
    REQUESTS,
    UNROUTED,
    WATCHERS,
    exchange,
    is_request,
    matches,
    routing_key,
)


def owners(event_type: str) -> list[str]:
    return [
        consumer.name
        for consumer in CONSUMERS
        for to, pattern in consumer.bindings
        if consumer.name not in WATCHERS
        and to == exchange(event_type)
        and matches(pattern, routing_key(event_type))
    ]


@pytest.mark.parametrize("name", sorted(filter(is_request, EVENTS)))
def test_every_request_has_exactly_one_owner(name: str) -> None:
    assert exchange(name) == REQUESTS
    assert len(owners(name)) == 1


def test_names_are_unique_and_fit_for_queues() -> None:
    names = Counter(consumer.name for consumer in CONSUMERS)
    assert set(names.values()) == {1}
    for name in names:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*(\.[a-z]+)?", name)
        assert name not in {DEAD, UNROUTED}


@pytest.mark.parametrize("consumer", CONSUMERS, ids=lambda one: one.name)
def test_what_is_heard_and_published_is_in_the_catalogue(consumer: Consumer[Any]) -> None:
    heard = [] if consumer.type is None else [consumer.listens_to]
    for event in (*heard, *consumer.publishes):
        assert EVENTS[event.TYPE] is event


@pytest.mark.parametrize("consumer", CONSUMERS, ids=lambda one: one.name)
def test_a_handler_is_a_plain_function_that_says_why_it_may_be_repeated(
    consumer: Consumer[Any],
) -> None:
    assert len(signature(consumer.handle).parameters) == 2
    assert "\n    Safe to repeat: " in (consumer.handle.__doc__ or "")


@pytest.mark.parametrize("consumer", CONSUMERS, ids=lambda one: one.name)
def test_no_consumer_feeds_itself(consumer: Consumer[Any]) -> None:
    assert consumer.listens_to not in consumer.publishes
