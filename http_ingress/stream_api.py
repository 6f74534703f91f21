"""Native API, live: the ledger as server-sent events (WHATWG HTML section 9.2).

The id of each event is its ledger position, so `Last-Event-ID` resumes exactly. What cannot be
given any more, or was never here, is said with an event named `gap`.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from aiohttp import web
from pydantic_core import to_json

from http_ingress import problems
from http_ingress.discretion import Eyes, eyes_of
from http_ingress.events_api import selection_of
from http_ingress.keys import PORTS, TAIL, THREADS
from http_ingress.parameters import LARGEST_POSITION, check_query, number, query_number
from http_ingress.problems import RETRY_SOON, Problem
from http_ingress.routes import NUMBER, SELECTION, TEXT, Answer, Parameter, Route
from http_ingress.tail import Line, Tail
from store.errors import UnavailableError
from store.views import Selection, Span, span

_HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
}


async def stream_events(request: web.Request) -> web.StreamResponse:
    """Send events as they are recorded, from now on or from where the client left off.

    Each has the ledger position as `id`, the type as `event` and the structured CloudEvent as
    `data`. An event `gap` says that events between `from` and `to` cannot be given. Events of a
    project are sent to those only who may read the project.
    """
    ports, tail = request.app[PORTS], request.app[TAIL]
    check_query(request, ("after", "type", "subject", "correlation"))
    asked, selection = _asked(request), selection_of(request)
    if tail.listeners >= ports.limits.most_streams:
        raise Problem(problems.BUSY, "Too many streams are open.", headers=RETRY_SOON)
    kept = await request.app[THREADS].query(span, ports.database)
    response = web.StreamResponse(headers=_HEADERS)
    await response.prepare(request)
    position, gap = _begin(asked, kept)
    # The id says where the client stands before it has got anything.
    await response.write(b"retry: 2000\nid: %d\n\n" % position + gap)
    with tail.listening(kept.last):
        subscriber = _Subscriber(response, tail, selection, eyes_of(request), position)
        await subscriber.run(ports.limits.heartbeat_seconds)
    return response


def _asked(request: web.Request) -> int | None:
    """Return the position that the client has seen; None: it wants what comes from now on."""
    last = request.headers.get("Last-Event-ID", "").strip()
    if last:
        return number(last, "Last-Event-ID", LARGEST_POSITION)
    if "after" in request.query:
        return query_number(request, "after", 0, LARGEST_POSITION)
    return None


def _begin(asked: int | None, kept: Span) -> tuple[int, bytes]:
    """Return where to begin, and what has to be said about it."""
    if asked is None:
        return kept.last, b""
    if asked > kept.last:
        # Another ledger, or one that was restored from a backup: what came after is not ours.
        return kept.last, _gap(kept.last, asked, kept.last)
    if 0 < asked < kept.first - 1:
        return kept.first - 1, _gap(asked, kept.first, kept.first - 1)
    return asked, b""


def _gap(start: int, end: int, position: int) -> bytes:
    data = to_json({"from": start, "to": end})
    return b"id: %d\nevent: gap\ndata: %b\n\n" % (position, data)


class _Subscriber:
    """One client, fed at the pace at which it reads."""

    def __init__(
        self,
        response: web.StreamResponse,
        tail: Tail,
        selection: Selection,
        eyes: Eyes,
        position: int,
    ) -> None:
        self._response = response
        self._tail = tail
        self._selection = selection
        self._eyes = eyes
        self._position = position
        """Up to where the client has been told everything that it asked for."""
        self._loop = asyncio.get_running_loop()
        self._spoke = self._loop.time()

    async def run(self, heartbeat_seconds: float) -> None:
        """Send until the client goes away or the server stops."""
        with suppress(ConnectionError):
            while not self._tail.closed:
                left = self._spoke + heartbeat_seconds - self._loop.time()
                if left <= 0:
                    # An id alone moves the client's Last-Event-ID over what it did not ask for.
                    await self._write(b": alive\nid: %d\n\n" % self._position)
                else:
                    await self._send(*await self._next(left))

    async def _next(self, seconds: float) -> tuple[Sequence[Line], int]:
        """Return what to send, and up to where the client has been told everything then."""
        try:
            lines = await self._tail.after(self._position, seconds)
            taken = [one for one in lines if self._selection.takes(one.envelope)]
            position = lines[-1].position if lines else self._position
            return await self._eyes.seen(taken), position
        except (UnavailableError, Problem):
            # Too many passwords wait to be verified: that is the one Problem there can be now.
            await asyncio.sleep(min(1, seconds))
            return [], self._position

    async def _send(self, lines: Sequence[Line], position: int) -> None:
        for one in lines:
            await self._write(one.sse)
        self._position = position

    async def _write(self, data: bytes) -> None:
        # Waits while the client does not read: it is given no more than the socket holds.
        await self._response.write(data)
        self._spoke = self._loop.time()


ROUTES = (
    Route(
        method="GET",
        path="/events/stream",
        handler=stream_events,
        access="read",
        tag="events",
        parameters=(
            Parameter("Last-Event-ID", "header", "Ledger position to go on after.", NUMBER),
            Parameter("after", "query", "The same, for clients without headers.", NUMBER),
            *SELECTION,
        ),
        answers={200: Answer("Server-sent events.", {"text/event-stream": TEXT})},
        problems=(problems.BUSY,),
        endless=True,
    ),
)
