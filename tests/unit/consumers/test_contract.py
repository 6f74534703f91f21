"""The contract of consumers: how long they back off, what they are bound for."""

from itertools import pairwise
from typing import Any

import pytest

from consumers.contract import Consumer, RetryLater, RetryPolicy
from schemas.envelope import Envelope
from schemas.files import FileArchived
from schemas.probes import ProbeRequested

CONSUMER = Consumer("test", ProbeRequested, lambda _event, _work: ())


def test_delays_grow_until_the_cap_and_then_end() -> None:
    policy = RetryPolicy(attempts=6, base_seconds=1, factor=3, cap_seconds=20)
    assert [policy.delay(attempt, 1.0) for attempt in range(1, 7)] == [1, 3, 9, 20, 20, None]


def test_half_of_the_delay_is_left_to_chance() -> None:
    policy = RetryPolicy(base_seconds=8)
    assert policy.delay(1, 0.0) == 4
    assert policy.delay(1, 0.5) == 6
    assert policy.delay(1, 1.0) == 8


def test_the_default_gives_up_after_some_minutes() -> None:
    policy = RetryPolicy()
    delays = [policy.delay(attempt, 1.0) for attempt in range(1, policy.attempts)]
    known = [delay for delay in delays if delay is not None]
    assert len(known) == policy.attempts - 1
    assert all(earlier <= later for earlier, later in pairwise(known))
    assert 10 * 60 < sum(known) < 60 * 60
    assert policy.delay(policy.attempts, 0.5) is None


def test_far_off_attempts_do_not_overflow() -> None:
    assert RetryPolicy(attempts=10**9).delay(10**6, 1.0) == 600
    assert RetryPolicy(attempts=10).delay(10**6, 1.0) is None


@pytest.mark.parametrize("attempt", [1, 2])
def test_a_policy_of_one_attempt_never_tries_again(attempt: int) -> None:
    assert RetryPolicy(attempts=1).delay(attempt, 0.5) is None


def test_a_consumer_is_bound_for_its_type() -> None:
    assert CONSUMER.bindings == (("muniment.requests", "probe.requested.v1"),)
    reader = Consumer("reader", FileArchived, lambda _event, _work: ())
    assert reader.bindings == (("muniment.facts", "file.archived.v1"),)


def test_who_watches_is_bound_for_every_fact_and_for_requests_that_have_an_owner() -> None:
    watcher = Consumer("update-stats", Envelope, lambda _event, _work: ())
    facts, *requests = watcher.bindings
    assert facts == ("muniment.facts", "#")
    assert ("muniment.requests", "probe.requested.v1") in requests
    assert {exchange for exchange, _ in requests} == {"muniment.requests"}
    assert not any("#" in key or "*" in key for _, key in requests)
    assert (watcher.type, CONSUMER.type) == (None, ProbeRequested.TYPE)


@pytest.mark.parametrize(
    ("name", "listens_to"), [("update-stats", ProbeRequested), ("anybody", Envelope)]
)
def test_who_watches_is_known_by_name(name: str, listens_to: type[Any]) -> None:
    with pytest.raises(ValueError, match="WATCHERS"):
        Consumer(name, listens_to, lambda _event, _work: ())


def test_the_window_keeps_every_thread_busy() -> None:
    assert CONSUMER.window == 2
    busy = Consumer("busy", ProbeRequested, CONSUMER.handle, batch=50, threads=4)
    assert busy.window == 400
    told = Consumer("told", ProbeRequested, CONSUMER.handle, batch=50, threads=4, prefetch=7)
    assert told.window == 7


def test_retry_later_says_when() -> None:
    assert RetryLater(5).seconds == 5
    assert "5" in str(RetryLater(5))
