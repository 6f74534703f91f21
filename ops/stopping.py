"""How a long-running process stops: on SIGTERM or SIGINT, in order, and within a bound."""

import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Timer
from types import FrameType
from typing import NoReturn, Protocol

from ops.exits import ExitCode

_LOOK_SECONDS = 1.0
"""A signal that comes in the instant before a wait begins does not end the wait: look again."""

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_log = logging.getLogger(__name__)


class Wait(Protocol):
    """Waits until the process is told to stop."""

    def __call__(self, over: Callable[[], bool] = ...) -> None:
        """Return then, or a second after `over` has become true: nothing is left to wait for."""


@contextmanager
def until_told(bound_seconds: float) -> Iterator[Wait]:
    """Yield what waits for the first SIGTERM or SIGINT; a second ends the process at once.

    Counted from the first, the block may take `bound_seconds` to end; then the process ends, too.
    What was at work is delivered again in either case.
    """
    stopping = Event()
    watchdog = Timer(bound_seconds, leave, [f"not stopped after {bound_seconds:g} s"])
    watchdog.daemon = True

    def told(_signum: int, _frame: FrameType | None) -> None:
        # The system itself sees to the second: it needs nobody here to be awake.
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        stopping.set()
        watchdog.start()

    def wait(over: Callable[[], bool] = lambda: False) -> None:
        while not stopping.wait(_LOOK_SECONDS) and not over():
            pass

    before = {number: signal.signal(number, told) for number in _SIGNALS}
    try:
        yield wait
    finally:
        watchdog.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)


def leave(why: str, code: ExitCode = ExitCode.FAILED) -> NoReturn:
    """End the process here and now, whatever its threads wait for."""
    _log.error("leaving at once: %s", why)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
