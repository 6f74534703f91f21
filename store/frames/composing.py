"""What a post makes of the rows of a frame: pure, and the same for whoever writes them."""

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import JsonValue

from schemas.frame_checks import LARGEST_TEXT
from schemas.frame_post import PLAIN_FIELDS, Field, Post, PostedVersion
from schemas.frames import FrameVersion
from store.columns import Row
from store.fits.paths import UnsafePathError, store_path
from store.frames.ports import Copy
from store.record_rows import plain

SUBMITTER = "USERID"
"""The header that says whose observation it is."""

EVERYTHING = (*PLAIN_FIELDS, "area", "headers")
"""What a post says of a frame."""

_COMPARED = (*PLAIN_FIELDS, "area")
_IN_PATHS = (
    "site_id",
    "instrument_id",
    "observation_day",
    "reduction_level",
    "configuration_type",
)


def empty_row(number: int, basename: str, now: datetime) -> Row:
    """Return the row of a frame of which nothing but a name is known."""
    return {
        "id": number,
        "basename": basename,
        "basename_folded": folded(basename),
        "observation_date": None,
        "observation_day": None,
        "public_date": None,
        "proposal_id": "",
        "instrument_id": "",
        "target_name": "",
        "target_folded": "",
        "site_id": "",
        "telescope_id": "",
        "primary_optical_element": "",
        "configuration_type": "",
        "reduction_level": 0,
        "exposure_time": None,
        "observation_id": None,
        "request_id": None,
        "submitter": "",
        "area": None,
        "newest": None,
        "created_at": now,
        "modified_at": now,
    }


def is_placeholder(row: Row) -> bool:
    """Whether nothing but the name has ever been said: whatever is posted has a day."""
    return row["observation_day"] is None and row["newest"] is None


def filled(row: Row, post: Post, now: datetime) -> dict[str, Any]:
    """Return a frame's row after a post: what is given overwrites, what is not stays."""
    said = {**post.fields, "area": post.area, "submitter": submitter_of(post.headers)}
    return changed(row, said, now)


def changed(row: Row, said: Mapping[str, Field], now: datetime) -> dict[str, Any]:
    """Return a frame's row with some columns changed, and those that follow from them."""
    after = {**row, **said, "modified_at": now}
    after["target_folded"] = folded(after["target_name"])
    return after


def differing(before: Row, after: Row) -> tuple[str, ...]:
    """Return which of the fields that a frame is described by differ, in the order of answers."""
    return tuple(name for name in _COMPARED if before[name] != after[name])


def submitter_of(headers: Mapping[str, JsonValue]) -> str:
    """Return who observed, as far as the headers say; empty: they do not, or say too much."""
    said = headers.get(SUBMITTER)
    text = "" if said is None else plain(str(said))
    return text if len(text.encode()) <= LARGEST_TEXT else ""


def folded(text: str) -> str:
    """Return text as it is searched where case does not matter: no two databases fold alike."""
    # In ASCII there is nothing to compose, and nearly all names are.
    return plain(text if text.isascii() else unicodedata.normalize("NFC", text)).casefold()


def path_of(
    said: Row, headers: Mapping[str, JsonValue], basename: str, extension: str
) -> str | None:
    """Return where clients put these bytes, by what is known of the frame; None: nowhere safe.

    `basename` is the file's: a thumbnail has its own.
    """
    fields = {
        **{name: said[name] for name in _IN_PATHS if name in said},
        "headers": dict(headers),
        "basename": basename,
        "version_set": [{"extension": extension}],
    }
    try:
        return store_path(fields)
    except UnsafePathError:
        return None


def version_row(  # noqa: PLR0913 - what a version is made of
    number: int,
    uid: str,
    frame: int,
    version: PostedVersion,
    *,
    path: str | None,
    copy: Copy | None,
    now: datetime,
) -> Row:
    """Return the row of a new version; `copy` was made of bytes that have its digest."""
    return {
        "id": number,
        "uid": uid,
        "frame": frame,
        "key": version.key,
        "md5": version.md5,
        "extension": version.extension,
        "created_at": now,
        "path": path,
        "object_key": version.object_key if copy is None else copy.object_key,
        "size": None if copy is None else copy.size,
        "sha256": None if copy is None else copy.sha256,
        "crc32": None if copy is None else copy.crc32,
        "fixity": None if copy is None else "sound",
        "looked_at": None if copy is None else now,
    }


def told(row: Row) -> FrameVersion:
    """Return what events say of a row of `frame_versions`."""
    return FrameVersion.model_validate({name: row[name] for name in FrameVersion.model_fields})
