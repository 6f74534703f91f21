"""What the ingress answers to the SDK; fields it does not know are left out."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, JsonValue
from pydantic_core import to_json

from schemas.base import Event
from schemas.catalogue import decode
from schemas.envelope import Envelope
from schemas.types import ByteCount, Md5Hex, Sha256Hex

State = Literal[
    "accepted", "running", "retrying", "succeeded", "failed", "parked", "discarded", "replaced"
]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)


class Outcome(_Answer):
    """The event that ended an operation."""

    id: str
    type: str
    data: JsonValue

    @property
    def event(self) -> Event:
        """The data as an instance of its class. Raises UnknownTypeError."""
        return decode(Envelope(id=self.id, source="/", type=self.type, data=to_json(self.data)))


class Progress(_Answer):
    """How far long work is, as it last said."""

    done: int
    total: int | None
    """None: nobody knows."""
    unit: str
    """What is counted, in the plural."""


class Operation(_Answer):
    """One accepted request, and what has become of it."""

    id: str
    """Key of the request event."""
    type: str
    state: State = "accepted"
    """`failed` is a refusal for good; `retrying` goes on by itself; `parked` waits for a person,
    who may have it run again, discard it, or have an edited one run in its place (`replaced`)."""
    outcome: Outcome | None = None
    error: str | None = None
    """Why the last try failed, or why it was parked."""
    retry_at: datetime | None = None
    progress: Progress | None = None
    """Of long work that goes on."""
    waiting_for: tuple[str, ...] = ()
    """Where it is and what it waits for, in words."""

    @property
    def ended(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.state not in {"accepted", "running", "retrying"}


class File(_Answer):
    """One version of a file as the archive holds it."""

    id: str
    name: str
    version: int
    """Counts the different contents a name has had, from 1."""
    size: ByteCount
    sha256: Sha256Hex
    md5: Md5Hex
    media_type: str
    metadata: dict[str, Any]
    archived_at: datetime
    unchanged: bool = False
    """The answer to an upload: this version held these bytes before, and nothing was done."""
