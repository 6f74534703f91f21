"""Has events accepted that change records, and waits for what came of them.

The answer comes after the commit, or not at all: until then it is 503, and the same request sent
again waits for the same event.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from aiohttp import web

from http_ingress.keys import ACCEPTING, PORTS, RECORDS, THREADS
from http_ingress.records.answers import Refused
from http_ingress.waiting import expecting, wait_for
from producers.acceptor import Acceptance
from schemas.base import Event
from schemas.catalogue import decode
from schemas.envelope import Envelope
from schemas.records import RecordChanged, RecordRefused, Refusal
from store.database import Transaction
from store.operations import Operation, operations

STATUS: dict[Refusal, int] = {
    "forbidden": 403,
    "gone": 404,
    "incomplete": 400,
    "reused": 409,
    "superseded": 409,
    "unreadable": 409,
}
_SOON = {"Retry-After": "5"}
_LATER = {"Retry-After": "60"}

Keep = Callable[[Transaction], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request event, and what is to be kept with it."""

    envelope: Envelope
    keep: Keep | None = None


def stamped(request: web.Request, event: Event) -> Envelope:
    """Return the envelope of an event that somebody waits for."""
    ports = request.app[PORTS]
    return ports.stamp.put_on(event, replyto=ports.waiters.address)


async def ask(request: web.Request, user: str, asked: Sequence[Asked]) -> list[Operation | None]:
    """Have events accepted, all or none, and return what has become of them when time is up."""
    seconds = request.app[PORTS].limits.answer_seconds
    query, database = request.app[THREADS].query, request.app[PORTS].database
    loop = asyncio.get_running_loop()
    keeps = [one.keep for one in asked if one.keep is not None]

    def keep(transaction: Transaction) -> None:
        for each in keeps:
            each(transaction)

    with ExitStack() as stack:
        # Listening before they are accepted: nobody can be quicker than us to hear of the end.
        awaited = [stack.enter_context(expecting(request, one.envelope.key)) for one in asked]
        envelopes = [one.envelope for one in asked]
        await request.app[ACCEPTING].accept(Acceptance(envelopes, f"user:{user}", keep=keep))
        deadline = loop.time() + seconds
        found = {envelopes[-1].key: await awaited[-1].ended(seconds)}
        if len(asked) > 1:
            # They share their commits: when the last has ended, most have, and one look tells.
            found |= await query(operations, database, [one.key for one in envelopes])
        for one, expected in zip(envelopes, awaited, strict=True):
            operation = found.get(one.key)
            if operation is not None and not operation.ended:
                found[one.key] = await expected.ended(max(0.0, deadline - loop.time()))
    ended = [found.get(one.key) for one in envelopes]
    if not all(one is not None and one.ended for one in ended):
        # Whoever is told to repeat it may do so at once.
        request.app[RECORDS].overdue.forget()
    return ended


async def join(request: web.Request, key: str) -> Operation | None:
    """Return what has become of an event that was accepted before."""
    return await wait_for(request, key, request.app[PORTS].limits.answer_seconds)


def outcome(operation: Operation | None) -> Event | None:
    """Return the last event that followed; None: nothing had to be done.

    Raises Refused: it was refused, or has not ended.
    """
    if operation is None or not operation.ended:
        text = "this is safe, but not done yet; send it again to learn what came of it"
        raise Refused(503, text, _SOON)
    if operation.state not in {"succeeded", "failed"}:
        text = f"this could not be done, and waits for the operator as {operation.key}"
        raise Refused(503, text, _LATER)
    event = None if operation.outcome is None else decode(operation.outcome)
    if isinstance(event, RecordRefused):
        raise Refused(STATUS[event.code], event.reason)
    return event


def is_new(event: Event | None) -> bool:
    """Whether the record was created."""
    return isinstance(event, RecordChanged) and event.revision == 1
