"""An event as a subscriber receives it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic_core import from_json

from schemas.base import Event
from schemas.catalogue import decode
from schemas.envelope import Envelope


@dataclass(frozen=True)
class Received:
    """One event, its envelope, and where it stands."""

    envelope: Envelope
    position: int | None = None
    """Its place in the ledger: what a later `subscribe(after=…)` goes on behind. Not over AMQP."""
    redelivered: bool = False
    """Over AMQP: it may have been received before, by a subscriber that did not finish it."""

    @cached_property
    def event(self) -> Event:
        """The data as an instance of its class.

        Raises UnknownTypeError for an event that this version does not know; see `data`.
        """
        return decode(self.envelope)

    @property
    def data(self) -> Any:  # noqa: ANN401 - JSON is what it is
        """The data as plain JSON values."""
        return from_json(self.envelope.data)

    @property
    def type(self) -> str:
        """The event's type, e.g. `muniment.file.archived.v1`."""
        return self.envelope.type

    @property
    def key(self) -> str:
        """The event's one name inside Muniment."""
        return self.envelope.key
