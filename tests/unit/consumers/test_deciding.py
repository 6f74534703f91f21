"""What becomes of an event whose handling raised."""

import pytest

from consumers.contract import Reject, RetryLater, RetryPolicy
from consumers.runtime.deciding import Again, Tries, classify, decide, describe, storable
from schemas.catalogue import InvalidDataError, UnknownTypeError

POLICY = RetryPolicy(attempts=3, base_seconds=2, factor=5)


def test_an_error_is_tried_again_as_the_next_attempt() -> None:
    assert decide(ValueError("x"), Tries(1), POLICY, 1.0) == Again(2, 2)
    assert decide(ValueError("x"), Tries(2), POLICY, 0.0) == Again(5, 3)


def test_the_last_attempt_parks() -> None:
    assert decide(ValueError("x"), Tries(3), POLICY, 1.0) is None
    assert decide(ValueError("x"), Tries(4), POLICY, 1.0) is None


def test_a_rejection_parks_at_once() -> None:
    assert decide(Reject("no"), Tries(1), POLICY, 1.0) is None


@pytest.mark.parametrize("attempt", [1, 3, 99])
def test_later_costs_no_attempt(attempt: int) -> None:
    assert decide(RetryLater(7), Tries(attempt), POLICY, 1.0) == Again(7, attempt)


def test_a_replay_begins_the_policy_anew_and_counts_on() -> None:
    assert decide(ValueError("x"), Tries(4, earlier=3), POLICY, 1.0) == Again(2, 5)
    assert decide(ValueError("x"), Tries(6, earlier=3), POLICY, 1.0) is None


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Reject("no"), "permanent"),
        (UnknownTypeError("muniment.x.y.v9"), "permanent"),
        (InvalidDataError("muniment.x.y.v1", []), "permanent"),
        (ValueError("x"), "transient"),
        (TimeoutError(), "transient"),
    ],
)
def test_errors_are_told_apart(error: Exception, kind: str) -> None:
    assert classify(error) == kind
    if kind == "permanent":
        assert decide(error, Tries(1), POLICY, 0.5) is None


def test_errors_are_described_by_type_and_message() -> None:
    assert describe(ValueError("bad thing")) == "ValueError: bad thing"
    assert describe(Reject("no such telescope")) == "no such telescope"
    assert describe(Reject()) == "rejected without a reason"


@pytest.mark.parametrize(
    ("text", "stored"),
    [("plain é", "plain é"), ("a\x00b", "a\\x00b"), ("a\udcffb", "a\\udcffb")],
)
def test_what_is_no_text_for_a_database_is_spelled_out(text: str, stored: str) -> None:
    assert storable(text) == stored
    assert describe(ValueError(text)) == f"ValueError: {stored}"
