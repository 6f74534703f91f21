"""What runs in a process until it is told to stop: workers, and what has no queue."""

from datetime import datetime
from typing import Protocol


class AtWork(Protocol):
    """One consumer in one process, as those who start and watch it see it."""

    @property
    def name(self) -> str:
        """What it is called where people look."""
        ...

    @property
    def waits(self) -> tuple[str | None, datetime]:
        """The dependency it waits for, or None, and since when."""
        ...

    def start(self) -> None:
        """Begin."""
        ...

    def drain(self) -> None:
        """Take nothing new; what is at work goes on."""
        ...

    def stop(self, seconds: float) -> bool:
        """Drain, wait for what is at work, close. False when it was not done in time."""
        ...
