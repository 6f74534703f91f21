"""Events of polling: a platform uses a service again and again, poll after poll.

What is polled is in no event: a URL may hold what is not for everybody.
"""

from typing import Annotated, ClassVar

from pydantic import Field

from schemas.base import Event, Outcome
from schemas.types import Line

_Number = Annotated[int, Field(ge=1, le=2**63 - 1)]


class PollEvent(Event):
    """What every event of a poll says."""

    SUBJECT: ClassVar[str] = "component"

    component: Line = Field(min_length=1, max_length=255)
    """Who polls."""
    generation: _Number
    """How often polling has been started: polls of an earlier start are made no more."""
    round: _Number
    """Which poll since that start."""


class PollRequested(PollEvent):
    """A poll is due. It is made once, and only if it is the one that comes next."""

    TYPE: ClassVar[str] = "muniment.poll.requested.v1"


class PollSucceeded(PollEvent):
    """The service has answered that it did what it was asked to."""

    TYPE: ClassVar[str] = "muniment.poll.succeeded.v1"

    status: int
    """The HTTP status of the answer, 200 to 299."""


class PollFailed(PollEvent):
    """The service has not answered, or something else. Polling goes on."""

    TYPE: ClassVar[str] = "muniment.poll.failed.v1"
    OUTCOME: ClassVar[Outcome] = "failed"

    reason: str
    """What happened, in words; the host may be named, and no more of the URL."""
    status: int | None = None
    """The HTTP status of the answer; None: there was none."""
