"""Frames, versions and thumbnails as JSON, with their fields in the order that clients have seen.

Written by hand from rows that were checked when they came: a list has a thousand of them.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from pydantic_core import to_json

from schemas.frame_moments import write_time
from schemas.frame_post import PLAIN_FIELDS
from store.frames.values import Frame, Thumbnail, Version

_Said = dict[str, object]

GIVEN = (
    "observation_date",
    "observation_day",
    "proposal_id",
    "instrument_id",
    "target_name",
    "reduction_level",
    "site_id",
    "telescope_id",
    "exposure_time",
    "primary_optical_element",
    "public_date",
    "configuration_type",
    "observation_id",
    "request_id",
)
"""The plain fields, in the order of answers to GET."""

COPIES = {
    "DATE_OBS": "observation_date",
    "DAY_OBS": "observation_day",
    "PROPID": "proposal_id",
    "INSTRUME": "instrument_id",
    "OBJECT": "target_name",
    "RLEVEL": "reduction_level",
    "SITEID": "site_id",
    "TELID": "telescope_id",
    "EXPTIME": "exposure_time",
    "FILTER": "primary_optical_element",
    "L1PUBDAT": "public_date",
    "OBSTYPE": "configuration_type",
    "BLKUID": "observation_id",
    "REQNUM": "request_id",
}
"""Under what name of a header old clients read which field."""


class Urls(Protocol):
    """Where bytes are given to anybody who has the URL."""

    def version(self, version: Version, filename: str | None = None) -> str:
        """Return the URL of a version; empty: there are no bytes."""
        ...

    def thumbnail(self, thumbnail: Thumbnail) -> str:
        """Return the URL of a picture; empty: there are no bytes."""
        ...


def shown(frame: Frame, urls: Urls, *, related: bool = True, thumbnails: bool = False) -> bytes:
    """Return a frame as GET has it; `related`, `thumbnails`: with these lists."""
    plain = _plain(frame, GIVEN)
    versions = [
        {
            "id": one.id,
            "key": one.key,
            "md5": one.md5,
            "extension": one.extension,
            "url": urls.version(one, frame.basename + one.extension),
            "created": write_time(one.created_at),
        }
        for one in frame.versions
    ]
    said: _Said = {"id": frame.id, "basename": frame.basename, **plain, "version_set": versions}
    said["url"] = versions[0]["url"] if versions else None
    said["filename"] = frame.filename
    said.update((copy, plain[name]) for copy, name in COPIES.items())
    pieces = [to_json(said)[:-1]]
    if frame.area is not None:
        pieces.append(b',"area":' + frame.area.encode())
    if related:
        pieces.append(b',"related_frames":' + to_json(frame.related))
    if thumbnails:
        pieces.append(b',"thumbnails":' + many(shown_thumbnail(t, urls) for t in frame.thumbnails))
    return b"".join(pieces) + b"}"


def posted(frame: Frame, urls: Urls) -> bytes:
    """Return a frame as answers to POST and PATCH have it, and lists of related ones."""
    versions = [version_said(one, urls, frame.basename + one.extension) for one in frame.versions]
    head = {"id": frame.id, "basename": frame.basename}
    rest: _Said = {
        "related_frames": frame.related,
        "version_set": versions,
        "filename": frame.filename,
        "url": versions[0]["url"] if versions else None,
        **_plain(frame, PLAIN_FIELDS),
    }
    area = b"null" if frame.area is None else frame.area.encode()
    return b'%b,"area":%b,%b' % (to_json(head)[:-1], area, to_json(rest)[1:])


def version_said(version: Version, urls: Urls, filename: str | None = None) -> _Said:
    """Return a version as answers to POST have it, and lists of versions."""
    return {
        "id": version.id,
        "created": write_time(version.created_at),
        "key": version.key,
        "md5": version.md5,
        "extension": version.extension,
        "url": urls.version(version, filename),
    }


def shown_thumbnail(thumbnail: Thumbnail, urls: Urls) -> bytes:
    """Return a picture as GET has it."""
    said = {
        "id": thumbnail.id,
        "frame": thumbnail.frame,
        "size": thumbnail.size,
        "basename": thumbnail.basename,
        "extension": thumbnail.extension,
        "key": thumbnail.key,
        "url": urls.thumbnail(thumbnail),
    }
    return to_json(said)


def posted_thumbnail(thumbnail: Thumbnail, frame: Frame, urls: Urls) -> bytes:
    """Return a picture as answers to POST have it, with its frame."""
    said = {
        "size": thumbnail.size,
        "basename": thumbnail.basename,
        "url": urls.thumbnail(thumbnail),
        "key": thumbnail.key,
        "extension": thumbnail.extension,
    }
    return b'{"frame":%b,%b' % (posted(frame, urls), to_json(said)[1:])


def many(items: Iterable[bytes]) -> bytes:
    """Return a list of what is JSON already."""
    return b"[%b]" % b",".join(items)


def _plain(frame: Frame, names: Sequence[str]) -> _Said:
    values = ((name, getattr(frame, name)) for name in names)
    return {
        name: write_time(value) if hasattr(value, "tzinfo") else value for name, value in values
    }
