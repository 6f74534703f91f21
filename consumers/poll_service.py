"""Consumer `poll-service`: makes the poll that comes next, and has the one after it made.

A poll is made at least once: where the process dies between the answer and the commit, it is made
again. There is one chain of polls, whatever happens: an event acts only if it is of the generation
and the round that the row says, and no other event has claimed that round.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from consumers.contract import Consumer, RetryLater
from schemas.base import Event
from schemas.polls import PollFailed, PollRequested, PollSucceeded
from store.components.ports import HasPolls
from store.ports import HasEvent

_LONGEST_PATIENCE = 60.0
"""Seconds: a clock that was wrong may have been put right by then."""


class Needs(HasEvent, HasPolls, Protocol):
    """What this consumer may touch."""


def poll_service(event: PollRequested, work: Needs) -> Sequence[Event]:
    """Poll, unless that poll has been made, has been claimed by another event, or is not wanted.

    Safe to repeat: what follows a poll is in the transaction that goes on to the next round.
    """
    due = work.polls.next(event.component, event.generation, event.round)
    if due is None:
        return []
    if due.next_at is not None and due.next_at > work.now:
        wait = (due.next_at - work.now).total_seconds()
        raise RetryLater(min(wait, _LONGEST_PATIENCE), "the poll is not due yet")
    if not work.polls.claim(due):
        return []
    answer = work.pollster.poll(due.url)
    work.polls.advance(due, answer, work.now + timedelta(seconds=answer.seconds))
    named = event.model_dump()
    if answer.succeeded and answer.status is not None:
        return [PollSucceeded(**named, status=answer.status)]
    return [PollFailed(**named, reason=answer.words, status=answer.status)]


CONSUMER = Consumer(
    "poll-service",
    PollRequested,
    poll_service,
    publishes=(PollSucceeded, PollFailed),
    # Under a lease: a poll may take seconds, and no two may be on their way at once.
    long=True,
)
