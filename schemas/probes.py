"""Events of the probe, the bus's end-to-end canary and its shortest example."""

from typing import ClassVar

from pydantic import Field

from schemas.base import Event
from schemas.types import AnyJson, Line


class ProbeRequested(Event):
    """Someone asked whether an event gets all the way through."""

    TYPE: ClassVar[str] = "muniment.probe.requested.v1"
    SUBJECT: ClassVar[str] = "probe"

    probe: Line = Field(min_length=1, max_length=255)
    """A name for the probe, chosen by who asks."""
    payload: AnyJson = None


class ProbeAnswered(Event):
    """The probe arrived and its row is durable."""

    TYPE: ClassVar[str] = "muniment.probe.answered.v1"
    SUBJECT: ClassVar[str] = "probe"

    probe: str
    position: int = Field(ge=1)
    """Where the request stands in the ledger."""
