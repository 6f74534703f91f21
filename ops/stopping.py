"""How a long-running process stops: on SIGTERM or SIGINT, in order, and within a bound."""

import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Timer
from types import FrameType

from ops.exits import ExitCode

_log = logging.getLogger(__name__)


@contextmanager
def until_told(bound_seconds: float) -> Iterator[Event]:
    """Set the event at the first SIGTERM or SIGINT; a second ends the process at once.

    Counted from the first, the block may take `bound_seconds` to end; then the process ends, too.
    What was at work is delivered again in either case.
    """
    stopping = Event()
    watchdog = Timer(bound_seconds, _give_up, [f"not stopped after {bound_seconds:g} s"])
    watchdog.daemon = True

    def told(signum: int, _frame: FrameType | None) -> None:
        if stopping.is_set():
            _give_up(f"second {signal.Signals(signum).name}")
        stopping.set()
        watchdog.start()

    before = {number: signal.signal(number, told) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stopping
    finally:
        watchdog.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)


def _give_up(why: str) -> None:
    _log.error("leaving at once: %s", why)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(ExitCode.FAILED)
