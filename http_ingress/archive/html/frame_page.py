"""The page of one frame: picture, place on the sky, versions, related frames and headers."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web
from pydantic import JsonValue
from pydantic_core import from_json, to_json

from http_ingress.archive.answers import no_match
from http_ingress.archive.html.basket import basket_of
from http_ingress.archive.html.footprints import footprint_of
from http_ingress.archive.html.rows import rows
from http_ingress.archive.html.surroundings import (
    page,
    picture,
    pictures,
    surroundings,
    who,
)
from http_ingress.archive.places import Call
from http_ingress.archive.seeing import FRAME, links, seen
from http_ingress.keys import PORTS, THREADS
from store.database import Database
from store.frames import views as frame_views
from store.frames.values import Frame, Sight, Version
from store.frames.views import Beside

_BESIDE = Beside(related=True, pictures=True)
_OTHERS = Beside(related=False, pictures=True)
MOST_RELATED = 100
"""Related frames on the page; as JSON there are all."""
_LONGEST_VALUE = 2000


@dataclass(frozen=True, slots=True)
class _Seen:
    """A frame with what is around it."""

    frame: Frame
    headers: str
    related: Sequence[Frame]


async def show_frame(request: web.Request, call: Call) -> web.Response:
    """Show one frame. Raises Refused: there is none, or not for these eyes."""
    database = request.app[PORTS].database
    found = await seen(request, call.visitor, lambda sight: _look(database, call.id, sight))
    if found is None:
        raise no_match(FRAME)
    # Ten thousand headers take their time to be written; the loop is everybody's.
    return await request.app[THREADS].transfer(_show, request, found)


def _look(database: Database, number: int, sight: Sight) -> _Seen | None:
    frame = frame_views.frame(database, number, sight, _BESIDE)
    if frame is None:
        return None
    headers = frame_views.headers(database, number, sight) or "{}"
    some = frame_views.many(database, frame.related[:MOST_RELATED], sight, _OTHERS)
    return _Seen(frame, headers, some)


def _show(request: web.Request, found: _Seen) -> web.Response:
    frame, urls = found.frame, links(request)
    shown = picture(frame, large=True)
    return page(
        "frame",
        surroundings(request, who(request)),
        frame=frame,
        picture="" if shown is None else pictures(request)(shown),
        footprint=None if frame.area is None else footprint_of(frame.area),
        versions=[
            (one, urls.version(one, frame.basename + one.extension)) for one in frame.versions
        ],
        fixity=_fixity,
        related=rows(request, found.related),
        more_related=len(frame.related) > MOST_RELATED,
        headers=_cards(found.headers),
        in_basket=frame.id in basket_of(request),
    )


def _fixity(version: Version) -> tuple[str, str]:
    """Return what looking at the bytes has shown: the tone, and the words."""
    if version.fixity is None:
        return "", "not looked at yet"
    words = {
        "sound": ("good", "Sound"),
        "missing": ("bad", "Missing"),
        "damaged": ("bad", "Damaged"),
    }
    return words[version.fixity]


def _cards(document: str) -> list[tuple[str, str]]:
    said: JsonValue = from_json(document)
    return (
        [(name, _written(value)) for name, value in said.items()] if isinstance(said, dict) else []
    )


def _written(value: JsonValue) -> str:
    text = value if isinstance(value, str) else to_json(value).decode()
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
