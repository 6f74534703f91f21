"""Receives files: the body itself, or the one file of a form. Both end up staged and hashed."""

from dataclasses import dataclass

from aiohttp import web

from http_ingress import problems
from http_ingress.bodies import expect_body, pieces
from http_ingress.descriptions import (
    Description,
    add_field,
    check_media_type,
    check_name,
)
from http_ingress.digests import announced
from http_ingress.forms import Form, Part, boundary_of
from http_ingress.keys import PORTS, THREADS
from http_ingress.problems import Problem
from http_ingress.staging import stage
from store.fixity import Fixity


@dataclass(frozen=True, slots=True)
class Received:
    """Bytes that are staged, and what is said of them."""

    description: Description
    fixity: Fixity


async def receive_body(request: web.Request, description: Description, key: str) -> Received:
    """Stage the body; it appears only if it has the digests that were announced."""
    ports, largest = request.app[PORTS], request.app[PORTS].limits.largest_upload
    await expect_body(request, largest)
    incoming, threads = pieces(request, largest), request.app[THREADS]
    fixity = await stage(incoming, ports.objects, key, description.check, threads)
    return Received(description, fixity)


async def receive_form(request: web.Request, key: str) -> Received:
    """Stage the field `file`; the other fields may stand before or behind it."""
    boundary = boundary_of(request.headers["Content-Type"])
    if announced(request.headers):
        raise Problem(
            problems.MALFORMED,
            "A digest header covers the whole form; put the file's into the field sha256 or md5.",
            field="Repr-Digest",
        )
    ports, largest = request.app[PORTS], request.app[PORTS].limits.largest_upload
    await expect_body(request, largest)
    description, file_part, fixity = Description(), None, None
    async for part in Form(pieces(request, largest), boundary).parts():
        if part.name != "file":
            description = await add_field(description, part)
        elif file_part is not None:
            raise Problem(problems.INVALID, "One request takes one file.", field="file")
        else:
            file_part = part
            fixity = await stage(part.data, ports.objects, key, _unchecked, request.app[THREADS])
    if file_part is None or fixity is None:
        raise Problem(problems.INVALID, "The form has no field file.", field="file")
    description = _completed(description, file_part)
    description.check(fixity)
    return Received(description, fixity)


def _completed(description: Description, part: Part) -> Description:
    if description.name is None:
        if part.file_name is None:
            raise Problem(problems.INVALID, "The form says no name.", field="name")
        description = description.said("name", check_name(part.file_name))
    if description.media_type is None:
        media_type = check_media_type(part.headers.get("Content-Type", ""))
        description = description.said("media_type", media_type)
    return description


def _unchecked(fixity: Fixity) -> None:
    """Leave the check for later: the digests may stand behind the file."""
