"""Sending one poll: a PUT without a body, through the guard, cut off when its time is over."""

import logging
from threading import Event, Timer
from time import monotonic

from store.components.ports import Answer
from store.errors import SourceRefusedError, SourceUnavailableError
from store.web_ports import Web

SECONDS = 5.0
"""How long a poll may take."""
_LONGEST = 300
_REDIRECTS = range(300, 400)

_log = logging.getLogger(__name__)


class WebPollster:
    """Polls what operators named; satisfies `Pollster`."""

    def __init__(self, web: Web, seconds: float = SECONDS) -> None:
        self._web = web
        self._seconds = seconds

    def poll(self, url: str) -> Answer:
        """See `Pollster`."""
        began = monotonic()
        over = Event()
        status = None
        try:
            status = self._put(url, over)
            words = f"answered with status {status}"
        except SourceRefusedError as error:
            words = f"refused: {error.reason}"
        except SourceUnavailableError as error:
            words = str(error)
        if over.is_set():
            status, words = None, f"no answer within {self._seconds:g} seconds"
        elif status in _REDIRECTS:
            words += ", a redirect: name the address that it leads to"
        answer = Answer(status, _presentable(words), monotonic() - began)
        if not answer.succeeded:
            _log.warning("a poll failed: %s", answer.words)
        return answer

    def _put(self, url: str, over: Event) -> int:
        began = monotonic()
        with self._web.visit(url) as visit:

            def cut() -> None:
                over.set()
                visit.close()

            # A server that says a little now and then would outlast any timeout of its silence.
            timer = Timer(max(0.0, began + self._seconds - monotonic()), cut)
            timer.daemon = True
            timer.start()
            try:
                return visit.put()
            finally:
                timer.cancel()


def _presentable(words: str) -> str:
    """Return words, which may be a server's, as one line that can be shown anywhere."""
    shown = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in words)
    return shown[:_LONGEST]
