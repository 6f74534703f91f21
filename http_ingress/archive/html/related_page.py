"""The page of the frames that one is related to."""

from collections.abc import Sequence

from aiohttp import web

from http_ingress.archive.answers import no_match
from http_ingress.archive.html.rows import rows
from http_ingress.archive.html.surroundings import page, surroundings, who
from http_ingress.archive.html.turning import plain_columns
from http_ingress.archive.places import Call
from http_ingress.archive.seeing import FRAME, seen
from http_ingress.keys import PORTS, THREADS
from store.database import Database
from store.frames import views as frame_views
from store.frames.values import Frame, Sight
from store.frames.views import Beside

MOST = 1000
"""Frames on the page; as JSON there are all."""
_OTHERS = Beside(related=False, pictures=True)


async def show_related(request: web.Request, call: Call) -> web.Response:
    """Show the frames that one is related to. Raises Refused: there is no such frame."""
    database = request.app[PORTS].database
    found = await seen(request, call.visitor, lambda sight: _look(database, call.id, sight))
    if found is None:
        raise no_match(FRAME)
    return await request.app[THREADS].transfer(_show, request, *found)


def _look(database: Database, number: int, sight: Sight) -> tuple[Frame, Sequence[Frame]] | None:
    frame = frame_views.frame(database, number, sight)
    if frame is None:
        return None
    return frame, frame_views.many(database, frame.related[:MOST], sight, _OTHERS)


def _show(request: web.Request, frame: Frame, others: Sequence[Frame]) -> web.Response:
    return page(
        "related",
        surroundings(request, who(request)),
        frame=frame,
        rows=rows(request, others),
        columns=plain_columns(),
        cut=len(frame.related) > MOST,
        most_uncompressed=request.app[PORTS].archive.zip_most_uncompressed,
    )
