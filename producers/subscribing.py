"""A subscription over server-sent events that goes on where it was, whatever happens between."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Event as Flag
from threading import Lock
from typing import Self

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

from producers.client_errors import GapError, IngressUnavailableError
from producers.client_http import Tries
from producers.received import Received
from producers.server_sent import Message, read_messages
from schemas.envelope import from_structured

OpenStream = Callable[[int | None], BaseHTTPResponse]
"""Opens the stream behind a ledger position, or at its end."""

_GAP = "gap"
_FOR_EVER = float("inf")


class Subscription:
    """Received events, for ever: iterate over it, and close it, from any thread.

    It is connected when it is made: whatever happens afterwards will be received. When the
    connection breaks it resumes behind the last event, without gap or repeat. Iterating raises
    GapError when events are gone for good, and ProblemError when the ingress refuses to go on.
    """

    def __init__(self, open_stream: OpenStream, after: int | None, patience_seconds: float) -> None:
        self._open = open_stream
        self._closed = Flag()
        self._reading = Lock()
        self.position = after
        """Of the last event received; None: none yet, and the start was the end of the ledger."""
        self._response: BaseHTTPResponse
        self._connect(Tries(patience_seconds))
        self._events = self._receive(Tries(_FOR_EVER, self._closed.wait))

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Received:
        with self._reading:
            return next(self._events)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End it; whoever waits for the next event gets StopIteration."""
        self._closed.set()
        # This wakes a thread that reads; the response is closed only when none does.
        with suppress(OSError, RuntimeError, ValueError):
            self._response.shutdown()
        with self._reading:
            self._response.close()

    def _receive(self, tries: Tries) -> Iterator[Received]:
        while not self._closed.is_set():
            try:
                for message in read_messages(self._response.stream()):
                    tries.succeeded()
                    received = self._read(message)
                    if received is not None:
                        yield received
                    if self._closed.is_set():
                        return
                reason = "the stream of events ended"
            except (HTTPError, OSError) as error:
                reason = f"the stream of events broke: {error}"
            self._response.close()
            if not self._closed.is_set():
                tries.failed(IngressUnavailableError(reason))
                self._connect(tries)

    def _connect(self, tries: Tries) -> None:
        while not self._closed.is_set():
            try:
                self._response = self._open(self.position)
            except IngressUnavailableError as error:
                tries.failed(error)
            else:
                return

    def _read(self, message: Message) -> Received | None:
        asked, told = self.position, message.id.isdecimal()
        if told:
            position = int(message.id)
            if asked is not None and position <= asked and message.event != _GAP:
                return None
            self.position = position
        if not message.data:
            return None
        if message.event == _GAP:
            raise GapError(asked or 0, self.position or 0)
        return Received(from_structured(message.data.encode()), self.position)
