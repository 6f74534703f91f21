"""Events in the life of a record: what is known of one run of a computational experiment.

They name what changed, and never hold it: a record's text may be private, large, or a secret.
"""

from typing import ClassVar, Literal

from pydantic import Field

from schemas.base import Event, Outcome
from schemas.types import ByteCount, Sha256Hex

Refusal = Literal["forbidden", "gone", "incomplete", "reused", "superseded", "unreadable"]
"""Why a change of a record was refused:

- `forbidden`: the user has no access to the project (any more);
- `gone`: the project is not there any more;
- `incomplete`: there is no such record yet, and fields are missing that a new one needs;
- `reused`: a new run under the label of another one;
- `superseded`: it comes late, and a later request has been carried out before it;
- `unreadable`: what was to be stored is not there.
"""


class RecordEvent(Event):
    """What every event of a record says."""

    SUBJECT: ClassVar[str] = "project"
    PROJECT: ClassVar[str | None] = "project"

    project: str
    """Id of the project."""
    label: str
    """Names the record in its project."""
    user: str
    """Who did it, or asked for it."""

    @property
    def subject(self) -> str:
        """Project and label; a project's id has no slash."""
        return _subject(self.project, self.label)


class RecordPutRequested(RecordEvent):
    """Someone sent a record, or a part of one."""

    TYPE: ClassVar[str] = "muniment.record.put_requested.v1"
    POSTABLE: ClassVar[bool] = False

    fields: tuple[str, ...]
    """Those that were sent. What they hold is kept until the request has been carried out."""
    size: ByteCount
    """Of what was sent."""
    sha256: Sha256Hex
    """Of what was sent."""


class RecordChanged(RecordEvent):
    """What the facts about a record have in common."""

    revision: int = Field(ge=1)
    """Counts what was done to the record, from 1: its creation."""


class RecordCreated(RecordChanged):
    """There is a new record."""

    TYPE: ClassVar[str] = "muniment.record.created.v1"


class RecordUpdated(RecordChanged):
    """A record says something else."""

    TYPE: ClassVar[str] = "muniment.record.updated.v1"

    fields: tuple[str, ...]
    """Those that changed."""


class RecordClosed(RecordChanged):
    """The run has ended: from now on only reason, outcome and tags change."""

    TYPE: ClassVar[str] = "muniment.record.closed.v1"

    status: str | None = None
    """How it ended, by its tag: `_finished_`, `_failed_`, `_killed_` ...; null: it does not say."""


class RecordRefused(Event):
    """What was asked of a record, or of all with a tag, will not be done."""

    TYPE: ClassVar[str] = "muniment.record.refused.v1"
    SUBJECT: ClassVar[str] = "project"
    PROJECT: ClassVar[str | None] = "project"
    OUTCOME: ClassVar[Outcome] = "failed"

    project: str
    """Id of the project."""
    label: str | None = None
    """The record; null: all with a tag."""
    user: str
    """Who asked."""

    code: Refusal
    fields: tuple[str, ...] = ()
    """Those that are missing, if the record is incomplete."""
    reason: str

    @property
    def subject(self) -> str:
        """Project and label, or the project."""
        return _subject(self.project, self.label)


class RecordDeletionRequested(Event):
    """Someone asked that a record be deleted, or all that have a tag."""

    TYPE: ClassVar[str] = "muniment.record.deletion_requested.v1"
    SUBJECT: ClassVar[str] = "project"
    PROJECT: ClassVar[str | None] = "project"
    POSTABLE: ClassVar[bool] = False

    project: str
    """Id of the project."""
    user: str
    """Who asks."""
    label: str | None = None
    """The one record; null: all with the tag."""
    tag: str | None = None
    """Records that have exactly this tag, if there is no label."""

    @property
    def subject(self) -> str:
        """Project and label, or the project."""
        return _subject(self.project, self.label)


class RecordDeleted(RecordChanged):
    """A record is gone; what it said is in its history."""

    TYPE: ClassVar[str] = "muniment.record.deleted.v1"


def _subject(project: str, label: str | None) -> str:
    return project if label is None else f"{project}/{label}"
