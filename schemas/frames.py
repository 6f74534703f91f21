"""Events in the life of a frame: one exposure, or what was made of it, under one name.

A frame is a file name up to its first dot (`basename`); each content it ever had is a version of
it. Events name what changed; headers, and what they say of a proposal, may be private, and stay in
the database. Even names may be private for a year, so frames' events are for administrators' eyes.
"""

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.base import Event, Outcome
from schemas.types import ByteCount, JsonObject, Md5Hex, UtcTime


class FrameVersion(BaseModel):
    """One content that a frame has or had."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    id: int
    """What it is called in URLs."""
    uid: str
    """Names it for ever: `GET /files/{uid}` once its bytes have been looked at."""
    key: str
    """What the file store calls these bytes: an S3 version id, or their MD5."""
    md5: Md5Hex
    extension: str
    """With its dots, e.g. `.fits.fz`."""
    path: str | None = None
    """Below the file store; null: it is not there, or the fields make none that is safe."""


class FrameEvent(Event):
    """What every fact about a frame says."""

    SUBJECT: ClassVar[str] = "basename"
    HIDDEN: ClassVar[bool] = True

    frame_id: int
    """What it is called in URLs."""
    basename: str
    """The file name up to its first dot."""
    user: str
    """Who did it, or asked for it."""


class FramePostRequested(Event):
    """Someone sent what is known of a frame, and of the version that is in the file store."""

    TYPE: ClassVar[str] = "muniment.frame.post_requested.v1"
    SUBJECT: ClassVar[str] = "basename"
    HIDDEN: ClassVar[bool] = True
    POSTABLE: ClassVar[bool] = False

    basename: str
    user: str
    draft: str
    """What was sent is kept under this id until the request has been carried out."""
    md5s: tuple[str, ...]
    """Of the versions that were sent."""
    size: ByteCount
    """Of what was sent."""


class FrameArchived(FrameEvent):
    """A frame has a new version; its record, headers and relations are durable."""

    TYPE: ClassVar[str] = "muniment.frame.archived.v1"

    versions: tuple[FrameVersion, ...] = Field(min_length=1)
    """The new ones, as they were sent: mostly one."""
    created: bool
    """Whether nothing was known of the frame before."""


class FrameUpdated(FrameEvent):
    """Something else is known of a frame; its bytes are the same."""

    TYPE: ClassVar[str] = "muniment.frame.updated.v1"

    fields: tuple[str, ...]
    """Those that changed."""


class FrameDeleted(FrameEvent):
    """A frame is gone, with its versions; what holds their bytes will be removed."""

    TYPE: ClassVar[str] = "muniment.frame.deleted.v1"

    versions: tuple[FrameVersion, ...]
    """All it had."""
    thumbnails: tuple[tuple[str, str], ...] = ()
    """Path and key of each in the file store."""
    objects: tuple[str, ...] = ()
    """Keys of the object store: our own copies, and the thumbnails that we drew."""
    deleted_at: UtcTime
    """Bytes that are younger are not its bytes."""


class FrameRejected(Event):
    """What was sent for a frame will not be stored; sending it again unchanged cannot help."""

    TYPE: ClassVar[str] = "muniment.frame.rejected.v1"
    SUBJECT: ClassVar[str] = "basename"
    HIDDEN: ClassVar[bool] = True
    OUTCOME: ClassVar[Outcome] = "failed"

    basename: str
    user: str
    errors: JsonObject
    """By field: what is wrong with it, as the answer to `POST /archive/frames/` has it."""


class FrameFixityFailed(FrameEvent):
    """The bytes of a version are not where they should be, or are others."""

    TYPE: ClassVar[str] = "muniment.frame.fixity_failed.v1"

    version: FrameVersion
    problem: Literal["missing", "damaged"]
    reason: str


class ThumbnailStored(FrameEvent):
    """A frame has a picture: somebody sent it, or it was drawn from the frame."""

    TYPE: ClassVar[str] = "muniment.thumbnail.stored.v1"

    thumbnail_id: int
    name: str
    """The picture's own basename."""
    size: str
    """`small`, `medium`, `large`."""
    extension: str
    """With its dot."""
    drawn: bool
    """By us, from the frame."""
