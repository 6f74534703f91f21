"""`/frames/<id>/sky.svg`: where a frame is on the sky, with its neighbours."""

from collections.abc import Sequence

from aiohttp import web

from http_ingress.archive.answers import detail, no_match
from http_ingress.archive.html.footprints import Footprint, footprint_of
from http_ingress.archive.html.positions import arc, hours
from http_ingress.archive.html.sky_chart import draw
from http_ingress.archive.places import Call
from http_ingress.archive.seeing import FRAME, seen
from http_ingress.keys import PORTS, THREADS
from store.database import Database
from store.frames import views as frame_views
from store.frames.search import Search, Sky
from store.frames.values import Sight
from store.frames.views import Beside
from store.sky.geometry import GeometryError, read_geometry

_NEIGHBOURS = 40
"""That are looked for, the newest ones."""
_BESIDE = Beside(related=False)
_HEADERS = {
    "Content-Type": "image/svg+xml; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, max-age=300",
}


async def get_sky(request: web.Request, call: Call) -> web.Response:
    """Draw the frame's footprint, and those of frames that it overlaps with."""
    database = request.app[PORTS].database
    found = await seen(request, call.visitor, lambda sight: _look(database, call.id, sight))
    if found is None:
        raise no_match(FRAME)
    if not found:
        raise detail(404, "This frame has no area that can be drawn.")
    own, *neighbours = found
    title = f"Footprint at RA {hours(own.ra)}, DEC {arc(own.dec)}, {own.extent}"
    text = await request.app[THREADS].transfer(draw, own, neighbours, title)
    return web.Response(body=text.encode(), headers=_HEADERS)


def _look(database: Database, number: int, sight: Sight) -> Sequence[Footprint] | None:
    """Return the footprint and its neighbours'; none: it has none; None: there is no such frame."""
    frame = frame_views.frame(database, number, sight, _BESIDE)
    if frame is None:
        return None
    own = None if frame.area is None else footprint_of(frame.area)
    if own is None or frame.area is None:
        return []
    return [own, *_neighbours(database, number, frame.area, sight)]


def _neighbours(database: Database, number: int, area: str, sight: Sight) -> list[Footprint]:
    try:
        search = Search((Sky("intersects", read_geometry(area)),))
    except GeometryError:
        # A ring that crosses itself can be drawn, and overlaps with nothing.
        return []
    near = frame_views.find_after(database, search, sight, limit=_NEIGHBOURS, beside=_BESIDE)
    # Many are of the same field to the last digit; each is drawn once.
    areas = dict.fromkeys(one.area for one in near.found if one.id != number)
    found = [footprint_of(one) for one in areas if one is not None and one != area]
    return [one for one in found if one is not None]
