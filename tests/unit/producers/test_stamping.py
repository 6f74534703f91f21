"""Stamps: the context attributes of new events, of follow-ons and of outsiders' events."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import pytest

from producers.stamping import Stamp
from schemas.catalogue import decode
from schemas.envelope import Envelope
from schemas.files import FileIngestRequested
from schemas.probes import ProbeRequested

NOW = datetime(2024, 2, 29, 12, tzinfo=UTC)
OUTSIDER = Envelope(id="1", source="/elsewhere", type="a.b", data=b'{"a": 1}')


@pytest.fixture
def stamp() -> Stamp:
    """A stamp whose ids count up."""
    numbers = count(1)
    return Stamp("/here", lambda: NOW, lambda: f"01936c5e-2e3a-7a10-8000-{next(numbers):012d}")


def test_a_new_event_begins_its_tree(stamp: Stamp) -> None:
    envelope = stamp.put_on(ProbeRequested(probe="x"), replyto="me")
    assert envelope == Envelope(
        id="01936c5e-2e3a-7a10-8000-000000000001",
        source="/here",
        type="muniment.probe.requested.v1",
        time=NOW,
        subject="x",
        correlationid=envelope.key,
        replyto="me",
        data=b'{"probe":"x"}',
    )


def test_a_follow_on_names_its_cause_and_its_tree(stamp: Stamp) -> None:
    root = stamp.put_on(ProbeRequested(probe="x"))
    cause = replace(
        stamp.put_on(ProbeRequested(probe="y"), cause=root), traceparent="00-a-b-01", replyto="me"
    )
    follow_on = stamp.put_on(ProbeRequested(probe="z"), cause=cause)
    assert follow_on.causationid == cause.key
    assert follow_on.correlationid == root.key
    assert follow_on.traceparent == "00-a-b-01"
    assert follow_on.replyto is None
    assert len({root.key, cause.key, follow_on.key}) == 3


def test_adoption_fills_in_and_puts_right(stamp: Stamp) -> None:
    forged = replace(OUTSIDER, replyto="ingress@elsewhere", attempt=7)
    adopted = stamp.adopt(forged, replyto="me")
    assert adopted == replace(
        OUTSIDER, time=NOW, correlationid=OUTSIDER.key, replyto="me", attempt=1
    )
    assert stamp.adopt(adopted, replyto="me") == adopted
    assert stamp.adopt(forged).replyto is None


def test_adoption_leaves_what_is_the_outsiders(stamp: Stamp) -> None:
    then = datetime(1999, 1, 1, tzinfo=UTC)
    theirs = replace(OUTSIDER, time=then, correlationid="c", causationid="d", subject="s")
    assert stamp.adopt(theirs) == theirs


@pytest.mark.parametrize(
    ("correlation", "cause"), [("a", "b"), ("a", None), (None, "b"), (None, None)]
)
def test_an_adopted_event_and_its_follow_ons_are_one_tree(
    stamp: Stamp, correlation: str | None, cause: str | None
) -> None:
    theirs = replace(OUTSIDER, correlationid=correlation, causationid=cause)
    follow_on = stamp.put_on(ProbeRequested(probe="x"), cause=theirs)
    assert follow_on.correlationid == stamp.adopt(theirs).correlationid
    assert follow_on.causationid == theirs.key


def test_free_form_data_keeps_its_nulls(stamp: Stamp) -> None:
    event = FileIngestRequested(name="a", source="b", metadata={"moon": None, "deep": [None]})
    envelope = stamp.put_on(event)
    assert decode(envelope) == event
    assert b'"size"' not in envelope.data
    assert b'"moon":null' in envelope.data
