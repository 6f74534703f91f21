"""What a consumer that polls may ask of polling."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Poll:
    """The polling of one component."""

    name: str
    running: bool
    """What start and stop have asked for."""
    generation: int
    round: int
    """The poll that comes next, from 1."""
    url: str
    """As it was at the start."""
    claimed_by: str | None
    """Key of the event that makes the next poll; None: none yet."""
    changed_at: datetime
    next_at: datetime | None
    """When the next poll is due; None: none is."""
    polled_at: datetime | None
    outcome: str | None
    """What came of the last poll, in words."""
    succeeded: int
    failed: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a poll."""

    status: int | None
    """The HTTP status; None: there was no answer."""
    words: str
    """For people; names no more of the URL than its host."""
    seconds: float
    """How long it took."""

    @property
    def succeeded(self) -> bool:
        """Whether the service says that it did what it was asked to."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - 2xx


class Pollster(Protocol):
    """Polls services (outside the transaction)."""

    def poll(self, url: str) -> Answer:
        """Send a PUT without a body, and return within seconds what came of it; never raises."""
        ...


class Polls(Protocol):
    """The polling of components."""

    def next(self, component: str, generation: int, number: int) -> Poll | None:
        """Return the poll that comes next, where it is that round of that generation, or None.

        Read outside of the transaction: right before the poll is made.
        """
        ...

    def claim(self, due: Poll) -> bool:
        """Let this event make the poll that comes next; False: it is another's.

        Committed at once, before the first row of the work is touched. Safe to repeat.
        """
        ...

    def advance(self, made: Poll, answer: Answer, polled_at: datetime) -> bool:
        """Note what came of the poll, and have the next made after as long as the settings say.

        False: polling was stopped or started anew meanwhile, and nothing is touched.
        """
        ...


class HasPolls(Protocol):
    """Work that may poll."""

    @property
    def polls(self) -> Polls: ...  # noqa: D102 - the protocol's docstring says it

    @property
    def pollster(self) -> Pollster: ...  # noqa: D102
