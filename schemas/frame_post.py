"""What is sent for a frame or a thumbnail, once it has been checked: `Post`.

It waits in the database as JSON until its request event has been carried out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from pydantic import JsonValue
from pydantic_core import from_json, to_json

PLAIN_FIELDS = (
    "reduction_level",
    "observation_day",
    "observation_date",
    "proposal_id",
    "instrument_id",
    "target_name",
    "site_id",
    "telescope_id",
    "exposure_time",
    "primary_optical_element",
    "public_date",
    "configuration_type",
    "observation_id",
    "request_id",
)
"""What says something about a frame in a column of its own, in the order of answers to POST."""

TIMES = ("observation_date", "public_date")

Field = str | int | float | datetime | None
"""`observation_day` is a text, YYYY-MM-DD; times are UTC."""


@dataclass(frozen=True, slots=True)
class PostedVersion:
    """One content, as its sender names it."""

    key: str
    """The file store's: its version id."""
    md5: str
    """Lowercase hex."""
    extension: str
    """With its dots."""
    object_key: str | None = None
    """Where our own object store has the bytes already; None: they are in the file store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What was sent."""

    basename: str
    fields: Mapping[str, Field]
    """Those of `PLAIN_FIELDS` that were given: absent ones stay as they are."""
    headers: Mapping[str, JsonValue]
    area: str | None
    """GeoJSON Polygon, as it was sent."""
    related: tuple[str, ...] = ()
    """Basenames."""
    versions: tuple[PostedVersion, ...] = ()
    frame_basename: str | None = None
    """Of a thumbnail: the frame it shows."""
    size: str = ""
    """Of a thumbnail: one of the configured sizes."""
    file_id: str | None = None
    """The archived file (`files.id`) that this was read from; None: somebody sent it."""

    def write(self) -> str:
        """Return it as JSON text."""
        return to_json(self).decode()

    @classmethod
    def read(cls, text: str) -> Self:
        """Return what `write` wrote."""
        said: dict[str, Any] = from_json(text)
        for name in TIMES:
            if said["fields"].get(name) is not None:
                moment = datetime.fromisoformat(said["fields"][name])
                said["fields"][name] = moment.astimezone(UTC)
        said["related"] = tuple(said["related"])
        said["versions"] = tuple(PostedVersion(**one) for one in said["versions"])
        return cls(**said)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRules:
    """What an operator decides of what may be sent."""

    configuration_types: tuple[str, ...]
    thumbnail_sizes: tuple[str, ...]
    extensions: tuple[str, ...] = field(
        default=(".fits.fz", ".fits", ".tar.gz", ".pdf", ".jpg", ".jpeg")
    )
    """Those of files that clients know how to name; another one is refused."""
