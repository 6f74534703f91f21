"""The search page: a form with the filters, and what was found, as a table or as pictures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web

from http_ingress.archive import pagination
from http_ingress.archive.html import turning
from http_ingress.archive.html.asked import Asked, read_asked
from http_ingress.archive.html.basket import MOST
from http_ingress.archive.html.rows import rows
from http_ingress.archive.html.surroundings import ROOT, page, surroundings
from http_ingress.archive.parameters import Types
from http_ingress.archive.places import Call
from http_ingress.archive.seeing import sight_of
from http_ingress.keys import PORTS, THREADS
from store.frames import views as frame_views
from store.frames.aggregates import Values, everything
from store.frames.search import Search
from store.frames.values import Frame, Sight
from store.frames.views import Beside

_BESIDE = Beside(related=False, pictures=True)
MOST_PROPOSALS = 2000
"""That are suggested."""
_LABELS = {
    "site_id": "Site",
    "telescope_id": "Telescope",
    "instrument_id": "Instrument",
    "primary_optical_element": "Filter",
    "configuration_type": "Type",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What was found of a page."""

    frames: Sequence[Frame]
    pages: turning.Pages
    count: int | None
    """On all pages; None: not counted."""
    first: int
    """Frames before those of this page."""


async def go_to_search(_request: web.Request, _: Call) -> web.Response:
    """Lead to the search page."""
    return web.Response(status=302, headers={"Location": turning.SEARCH})


async def show_search(request: web.Request, call: Call) -> web.Response:
    """Show the form, and what it finds. Raises Refused: a cursor that is none."""
    sight = sight_of(request, call.visitor)
    return await request.app[THREADS].query(_show, request, call, sight)


def _show(request: web.Request, call: Call, sight: Sight) -> web.Response:
    ports = request.app[PORTS]
    archive = ports.archive
    types = Types(archive.rules().configuration_types, archive.science_types)
    asked = read_asked(request.query, types)
    choices = everything(ports.database, sight)
    found = None if asked.search is None else _find(request, asked, asked.search, sight)
    around = surroundings(request, call.visitor, turning.in_json(asked))
    table, gallery = turning.views(asked)
    return page(
        "search",
        around,
        status=200 if found is not None else 400,
        asked=asked,
        action=turning.SEARCH,
        choices=_choices(asked, choices),
        proposals=choices["proposal_id"][:MOST_PROPOSALS],
        chips=turning.chips(asked),
        rows=() if found is None else rows(request, found.frames),
        found=found,
        columns=[] if asked.search is None else turning.columns(asked, asked.search.order),
        as_table=table,
        as_pictures=gallery,
        is_gallery=request.query.get("view") == "pictures",
        aggregate=f"{ROOT}/frames/aggregate/",
        most_uncompressed=archive.zip_most_uncompressed,
        most_in_basket=MOST,
    )


def _find(request: web.Request, asked: Asked, search: Search, sight: Sight) -> _Found:
    database, limits = request.app[PORTS].database, request.app[PORTS].archive.pages
    query = asked.query
    if pagination.by_cursor(query):
        place = pagination.read_place(query, search.order)
        stretch = frame_views.find_after(
            database,
            search,
            sight,
            limit=pagination.read_limit(query, limits),
            place=place,
            beside=_BESIDE,
        )
        turns = pagination.around(stretch, place)
        return _Found(
            frames=stretch.found, pages=turning.by_cursor(asked, turns), count=None, first=0
        )
    window = pagination.read_window(query, limits)
    some = frame_views.find(
        database, search, sight, limit=window.limit, offset=window.offset, beside=_BESIDE
    )
    pages = turning.by_offset(asked, window, some.count)
    return _Found(frames=some.frames, pages=pages, count=some.count, first=window.offset)


def _choices(asked: Asked, values: Values) -> Mapping[str, tuple[str, Sequence[str]]]:
    """Return by field what it is called, and its values, with that which was chosen."""
    return {
        name: (label, sorted({*values[name], asked.typed[name]} - {""}))
        for name, label in _LABELS.items()
    }
