"""Events in the life of a file, from the request to ingest it to its archival.

Sizes are bytes; digests are lowercase hex of the whole file.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field, JsonValue

from schemas.base import Event, Outcome
from schemas.types import (
    ByteCount,
    FileName,
    JsonObject,
    Line,
    Md5Hex,
    MediaType,
    ObjectKey,
    Sha256Hex,
    UtcTime,
)

Metadata = JsonObject
"""Free-form description of a file, kept as it was given."""


LONGEST_INSTRUMENT = 100
"""Characters."""


def instrument_of(metadata: Mapping[str, JsonValue]) -> str | None:
    """Return the instrument that a file's metadata name, under `INSTRUME` or `instrument`."""
    for name in ("INSTRUME", "instrument"):
        said = metadata.get(name)
        if isinstance(said, str) and said.strip() and said.isprintable():
            return said.strip()[:LONGEST_INSTRUMENT]
    return None


class FileIngestRequested(Event):
    """Someone asked that a file be archived under a name."""

    TYPE: ClassVar[str] = "muniment.file.ingest_requested.v1"
    SUBJECT: ClassVar[str] = "name"

    name: FileName
    source: Line = Field(min_length=1, max_length=2048)
    """Where the bytes are: `upload:<id>`, a path below an inbox directory, `https:` or `s3:`."""
    size: ByteCount | None = None
    """When given, anything else is refused."""
    sha256: Sha256Hex | None = None
    """When given, anything else is refused."""
    md5: Md5Hex | None = None
    """When given, anything else is refused."""
    media_type: MediaType | None = None
    """When not given, guessed from the name."""
    metadata: Metadata = Field(default_factory=dict)
    """Free-form; kept as it is given."""


class ArchivedFile(Event):
    """One version of a file as the archive holds it; shared by the facts that speak of one."""

    HIDDEN_WITH: ClassVar[str | None] = "frame"

    file_id: str
    """Names this version for ever: `GET /files/{file_id}`."""
    name: FileName
    version: int = Field(ge=1)
    """Counts the different contents a name has had, from 1."""
    object_key: ObjectKey
    """Where the object store has the bytes."""
    size: ByteCount
    sha256: Sha256Hex
    md5: Md5Hex
    media_type: MediaType
    """As it was given, or guessed from the name."""
    metadata: Metadata = Field(default_factory=dict)
    """As it was given with the request."""
    archived_at: UtcTime
    """When the version was added to the catalogue."""
    url: str
    """Where the bytes can be downloaded."""
    instrument: str | None = Field(default=None, max_length=LONGEST_INSTRUMENT)
    """What it was made with, where that is known: of a frame, its `instrument_id`; of any other
    file, what its metadata say under `INSTRUME` or `instrument`."""
    frame: int | None = None
    """Id of the frame whose version this is; then the event is for administrators' eyes."""


class FileArchived(ArchivedFile):
    """Bytes and catalogue row of a new version are both durable."""

    TYPE: ClassVar[str] = "muniment.file.archived.v1"
    SUBJECT: ClassVar[str] = "name"


class FileUnchanged(ArchivedFile):
    """The newest version under this name already holds exactly these bytes; nothing was done."""

    TYPE: ClassVar[str] = "muniment.file.unchanged.v1"
    SUBJECT: ClassVar[str] = "name"


class FileRejected(Event):
    """The file will not be archived as requested; asking again unchanged cannot help."""

    TYPE: ClassVar[str] = "muniment.file.rejected.v1"
    SUBJECT: ClassVar[str] = "name"
    OUTCOME: ClassVar[Outcome] = "failed"

    name: FileName
    source: str
    field: Literal["source", "size", "sha256", "md5"]
    """The field of the request that could not be honoured."""
    reason: str
