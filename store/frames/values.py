"""The values in which the store speaks of frames, and who may see which."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Fixity = Literal["sound", "missing", "damaged"]
"""What looking at a version's bytes has shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One content of a frame."""

    id: int
    uid: str
    frame: int
    key: str
    md5: str
    extension: str
    created_at: datetime
    path: str | None
    """Below the file store; None: it is not there, or the frame's fields make none that is safe."""
    object_key: str | None
    """Of our own copy; None: the file store keeps the bytes."""
    size: int | None
    """Bytes; None: not looked at yet."""
    sha256: str | None
    crc32: int | None
    fixity: Fixity | None
    looked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Thumbnail:
    """A small picture of a frame."""

    id: int
    basename: str
    frame: int
    size: str
    extension: str
    key: str
    path: str | None
    object_key: str | None
    drawn: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What is known of one frame; fields are named and meant as columns of `frames`."""

    id: int
    basename: str
    observation_date: datetime | None
    observation_day: str | None
    public_date: datetime | None
    proposal_id: str
    instrument_id: str
    target_name: str
    site_id: str
    telescope_id: str
    primary_optical_element: str
    configuration_type: str
    reduction_level: int
    exposure_time: float | None
    observation_id: int | None
    request_id: int | None
    area: str | None
    """GeoJSON Polygon as it was sent."""
    versions: tuple[Version, ...] = ()
    """Newest first."""
    related: tuple[int, ...] = ()
    """Ids of other frames, visible or not."""
    thumbnails: tuple[Thumbnail, ...] = ()
    """As far as they were asked for."""

    @property
    def newest(self) -> Version | None:
        """The newest version."""
        return self.versions[0] if self.versions else None

    @property
    def filename(self) -> str | None:
        """Name of the newest version's file."""
        return None if self.newest is None else self.basename + self.newest.extension


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody may see: public frames, those of some proposals, or all."""

    now: datetime
    superuser: bool = False
    proposals: frozenset[str] = frozenset()
    """Of which this user is a member."""
    known: bool = False
    """Somebody who is signed in."""
