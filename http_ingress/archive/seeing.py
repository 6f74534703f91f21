"""What a visitor sees of the archive, and what is made of it for an answer."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from aiohttp import web

from http_ingress.archive.linking import Links
from http_ingress.archive.visitors import Visitor, see_again
from http_ingress.base_urls import base_for
from http_ingress.keys import PORTS, THREADS
from store.database import Database
from store.frames.rows import rows_of, whole
from store.frames.values import Frame, Sight

T = TypeVar("T")
FRAME = "Frame"
"""What clients are told that there is none of."""


async def seen(
    request: web.Request, visitor: Visitor, look: Callable[[Sight], T | None]
) -> T | None:
    """Return what a visitor sees who looks; who sees nothing may be a member by now."""
    query: Callable[..., Awaitable[T | None]] = request.app[THREADS].query
    found = await query(look, sight_of(request, visitor))
    if found is not None:
        return found
    again = await see_again(request, visitor)
    return None if again is None else await query(look, sight_of(request, again))


def as_they_are(database: Database, numbers: Sequence[int]) -> Mapping[int, Frame]:
    """Return frames by id, whoever may see them, for who has changed them."""
    return {frame.id: frame for frame in whole(database, rows_of(database, numbers))}


def sight_of(request: web.Request, visitor: Visitor) -> Sight:
    """Return what a visitor may see now."""
    return visitor.sight(request.app[PORTS].clock())


def links(request: web.Request) -> Links:
    """Return what makes the URLs of bytes in an answer."""
    ports = request.app[PORTS]
    archive = ports.archive
    return Links(
        archive.file_store, archive.secret, base_for(request), archive.link_seconds, ports.clock()
    )
