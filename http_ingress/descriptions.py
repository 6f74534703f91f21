"""What an upload says of itself: name, media type, metadata, digests. Read and checked first."""

import re
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote_to_bytes

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from http_ingress import problems
from http_ingress.digests import announced
from http_ingress.forms import Part, parameter
from http_ingress.problems import Problem
from schemas.files import Metadata
from schemas.types import LONGEST_NAME, MediaType, check_file_name
from store.fixity import Fixity

LARGEST_METADATA = 32 * 1024
"""Bytes of JSON; an event has to carry it."""
METADATA_HEADER = "Muniment-Metadata"

_METADATA: TypeAdapter[Metadata] = TypeAdapter(Metadata)
_MEDIA_TYPE: TypeAdapter[str] = TypeAdapter(MediaType)
_MEANINGLESS = {"application/octet-stream", "application/x-www-form-urlencoded"}
"""What clients say who have not been told; the name is then the better source."""


@dataclass(frozen=True, slots=True)
class Description:
    """What is said of a file; None: nothing."""

    name: str | None = None
    media_type: str | None = None
    metadata: Metadata | None = None
    sha256: str | None = None
    md5: str | None = None

    def check(self, fixity: Fixity) -> None:
        """Compare bytes with the digests that were announced. Raises DigestMismatchError."""
        fixity.check(sha256=self.sha256, md5=self.md5)

    def said(self, field: str, value: Any) -> "Description":  # noqa: ANN401 - one type per field
        """Return the description with one thing more. Raises a Problem when it is said twice."""
        if getattr(self, field) is not None:
            raise Problem(problems.INVALID, f"{field} is given twice.", field=field)
        return replace(self, **{field: value})


def of_path(request: web.Request, prefix: str) -> Description:
    """Return what the request says, the name being the rest of its path."""
    raw = request.rel_url.raw_path.removeprefix(prefix)
    try:
        name = unquote_to_bytes(raw).decode()
    except UnicodeDecodeError as error:
        raise Problem(problems.INVALID, "must be UTF-8, percent-encoded.", field="name") from error
    return replace(_of_headers(request), name=check_name(name))


def of_query(request: web.Request) -> Description:
    """Return what the request says, the name being `?name=` or that of Content-Disposition."""
    name = request.query.get("name")
    if name is None:
        name = parameter(request.headers.get("Content-Disposition", ""), "filename")
    if name is None:
        raise Problem(
            problems.INVALID, "name is missing; say ?name= or send PUT /files/NAME.", field="name"
        )
    return replace(_of_headers(request), name=check_name(name))


def _of_headers(request: web.Request) -> Description:
    metadata = request.headers.get(METADATA_HEADER)
    return Description(
        media_type=check_media_type(request.headers.get("Content-Type", "")),
        metadata=None if metadata is None else check_metadata(metadata, METADATA_HEADER),
        **announced(request.headers),
    )


def check_name(name: str) -> str:
    """Return a file name in its normal form. Raises a Problem."""
    try:
        return check_file_name(name)
    except ValueError as error:
        raise Problem(problems.INVALID, f"name {error}", field="name") from error


def check_media_type(value: str) -> str | None:
    """Return a media type that says something, or None. Raises a Problem."""
    if not value or value.partition(";")[0].strip().lower() in _MEANINGLESS:
        return None
    try:
        return _MEDIA_TYPE.validate_python(value)
    except ValidationError as error:
        raise Problem(
            problems.INVALID, f"{value[:80]!r} is not a media type.", field="media_type"
        ) from error


def check_metadata(text: str, field: str) -> Metadata:
    """Return metadata from its JSON. Raises a Problem."""
    if len(text.encode(errors="surrogateescape")) > LARGEST_METADATA:
        raise Problem(
            problems.TOO_LARGE, f"{field} is at most {LARGEST_METADATA} bytes.", field=field
        )
    try:
        return _METADATA.validate_json(text.encode(errors="surrogateescape"))
    except ValidationError as error:
        raise Problem(problems.INVALID, f"{field} must be a JSON object.", field=field) from error


async def add_field(description: Description, part: Part) -> Description:
    """Return what is known after one more field of a form, other than the file.

    Raises a Problem, also for fields that have no meaning here.
    """
    match part.name:
        case "name":
            return description.said("name", check_name(await part.text(LONGEST_NAME)))
        case "media_type":
            return description.said("media_type", check_media_type(await part.text(255)))
        case "metadata":
            text = await part.text(LARGEST_METADATA)
            return description.said("metadata", check_metadata(text, "metadata"))
        case "sha256" | "md5" as field:
            return description.said(field, _check_digest(field, await part.text(64)))
    raise Problem(
        problems.INVALID,
        "A form has the fields file, name, media_type, metadata, sha256 and md5.",
        field=part.name[:64],
    )


def _check_digest(field: str, text: str) -> str:
    digits = {"sha256": 64, "md5": 32}[field]
    if not re.fullmatch(f"[0-9a-f]{{{digits}}}", text.lower()):
        raise Problem(problems.INVALID, f"{field} must be {digits} hex digits.", field=field)
    return text.lower()
