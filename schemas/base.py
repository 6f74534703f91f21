"""The base of every event's data."""

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

Outcome = Literal["succeeded", "failed"]
"""How an operation ended: the request's effect is there, or it was refused for good."""


class Event(BaseModel):
    """The data of one event: frozen, and tolerant of fields it does not know.

    A subclass states one fact in the past tense. What surrounds the data (id, source, time,
    correlation) is the envelope's business (`schemas.envelope`) and never repeated here.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    TYPE: ClassVar[str]
    """The CloudEvents type, `muniment.<subject>.<fact>.v<major>`; a literal, for grep."""

    SUBJECT: ClassVar[str]
    """The field whose value becomes the CloudEvents `subject`."""

    OUTCOME: ClassVar[Outcome] = "succeeded"
    """What it means for the operation that this event ends."""

    PROJECT: ClassVar[str | None] = None
    """The field that names the project whose readers alone may see such events; None: anybody
    who may read events."""

    HIDDEN: ClassVar[bool] = False
    """Whether such events are shown to those alone who may administer."""

    HIDDEN_WITH: ClassVar[str | None] = None
    """The field that hides an event, too, unless it is null; None: there is none."""

    POSTABLE: ClassVar[bool] = True
    """Whether a request of this type may be posted; False where an adapter has to check who asks,
    and has to take in what the event speaks of."""

    @property
    def subject(self) -> str:
        """What this event is about, for the envelope."""
        return str(getattr(self, self.SUBJECT))
