"""Waiting for a dependency that is down, so that everybody can see it."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from threading import Event

from consumers.runtime.telemetry import Telemetry
from store.errors import UnavailableError

_SHORTEST_PAUSE = 0.5
_LONGEST_PAUSE = 15.0
_log = logging.getLogger(__name__)


class Pauses:
    """What one consumer in one process waits for.

    `probes` maps a dependency (`UnavailableError.dependency`) to a call that raises while it is
    down; one that has no probe is simply tried again, and waited for until `works` says that the
    try went well.
    """

    def __init__(
        self,
        name: str,
        telemetry: Telemetry,
        clock: Callable[[], datetime],
        probes: Mapping[str, Callable[[], None]],
    ) -> None:
        self._name = name
        self._telemetry = telemetry
        self._clock = clock
        self._probes = probes
        self._waits: tuple[str | None, datetime] = (None, clock())
        self.stopping = Event()
        """Set: nothing new is begun, and no pause lasts."""

    @property
    def waits(self) -> tuple[str | None, datetime]:
        """The dependency it waits for, or None, and since when."""
        return self._waits

    def works(self) -> None:
        """Note that deliveries come: what has no probe, and was waited for, is back."""
        dependency, _ = self._waits
        if dependency is not None and dependency not in self._probes:
            self._note(None)

    def pause(self, error: UnavailableError) -> None:
        """Wait until the dependency answers again, or is worth another try."""
        _log.warning("%s waits for its %s: %s", self._name, error.dependency, error)
        self._note(error.dependency)
        probe = self._probes.get(error.dependency)
        if probe is None:
            # To connect may take seconds, in which it is as far away as before.
            self.stopping.wait(_SHORTEST_PAUSE)
            return
        pause = _SHORTEST_PAUSE
        while not self.stopping.wait(pause):
            pause = min(_LONGEST_PAUSE, pause * 2)
            try:
                probe()
            except UnavailableError:
                continue
            break
        self._note(None)

    def breathe(self) -> None:
        """Wait a little after what should not have happened, so that it does not fill the log."""
        self.stopping.wait(_SHORTEST_PAUSE)

    def _note(self, dependency: str | None) -> None:
        if dependency == self._waits[0]:
            return
        self._waits = (dependency, self._clock())
        self._telemetry.paused(self._name, dependency)
