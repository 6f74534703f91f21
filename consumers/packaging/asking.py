"""Questions to a CKAN, put again when it is out of order for a moment."""

from collections.abc import Callable, Mapping
from threading import Event, Lock

from pydantic import JsonValue
from pydantic_core import to_json

from consumers.packaging.answers import Answer, read_answer
from store.errors import SourceUnavailableError
from store.web_ports import Visit, Web

Pause = Callable[[float], None]

_PAUSES = (1.0, 2.0, 4.0)
"""Seconds before a question is put again, so that hiccups go unnoticed."""
_LONGEST_PAUSE = 10.0
"""A server that asks for more than that has more than a hiccup."""


class Asking:
    """Posts JSON to `url`; `pause(seconds)` waits before a question is put again.

    Without `pause` it waits in a way that `close` ends. An answer may have `largest` bytes.
    """

    def __init__(
        self,
        web: Web,
        url: str,
        headers: Mapping[str, str],
        largest: int,
        pause: Pause | None = None,
    ) -> None:
        self._web = web
        self._url = url
        self._headers = headers
        self._largest = largest
        self._closing = Event()
        self._pause = pause or self._wait
        self._lock = Lock()
        self._visit: Visit | None = None

    def ask(self, body: Mapping[str, JsonValue]) -> Answer:
        """Return the answer. Raises what `Visit.post` and `read_answer` raise."""
        question = to_json(body)
        for seconds in _PAUSES:
            try:
                return self._ask(question)
            except SourceUnavailableError as error:
                wished = error.retry_after or 0.0
                if self._closing.is_set() or wished > _LONGEST_PAUSE:
                    raise
                self._pause(max(seconds, wished))
        return self._ask(question)

    def close(self) -> None:
        """Ask no more. Another thread's question, or pause, ends at once."""
        self._closing.set()
        with self._lock:
            visit = self._visit
        if visit is not None:
            visit.close()

    def _wait(self, seconds: float) -> None:
        self._closing.wait(seconds)

    def _ask(self, question: bytes) -> Answer:
        visit = self._visit or self._web.visit(self._url, self._headers)
        with self._lock:
            self._visit = visit
        if self._closing.is_set():
            visit.close()
        return read_answer(self._url, visit.post(question, largest=self._largest))
