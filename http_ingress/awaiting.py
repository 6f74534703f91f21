"""Has events accepted for clients that know no 202, and waits for what comes of them (ADR 6).

The answer comes after the commit, or not at all: until then it is 503, and the same request sent
again waits for the same event.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from aiohttp import web

from http_ingress.keys import ACCEPTING, PORTS, THREADS
from http_ingress.waiting import expecting, wait_for
from producers.acceptor import Acceptance
from schemas.base import Event
from schemas.envelope import Envelope
from store.database import Transaction
from store.operations import Operation, operations

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
    return [found.get(one.key) for one in envelopes]


async def join(request: web.Request, key: str) -> Operation | None:
    """Return what has become of an event that was accepted before, when time is up."""
    return await wait_for(request, key, request.app[PORTS].limits.answer_seconds)
