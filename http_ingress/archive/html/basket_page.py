"""`/basket/`: what somebody has put by, to be looked at, thinned out, and had as one zip."""

from collections.abc import Mapping

from aiohttp import web
from pydantic import JsonValue

from http_ingress.archive import sessions
from http_ingress.archive.answers import Refused, answer
from http_ingress.archive.html.basket import MOST, basket_of, keep, numbers
from http_ingress.archive.html.rows import rows
from http_ingress.archive.html.surroundings import ROOT, page, surroundings
from http_ingress.archive.html.turning import plain_columns
from http_ingress.archive.places import Call
from http_ingress.archive.receiving import read
from http_ingress.archive.seeing import sight_of
from http_ingress.archive.session_api import onward
from http_ingress.archive.throttling import throttle
from http_ingress.archive.visitors import Visitor, identify
from http_ingress.keys import PORTS, THREADS
from store.frames import views as frame_views
from store.frames.values import Frame, Sight
from store.frames.views import Beside

BASKET = f"{ROOT}/basket/"
_BESIDE = Beside(related=False, pictures=True)
_FIELD = "frame_ids"
_NO_FORM: Mapping[str, JsonValue] = {}


async def get_basket(request: web.Request, _: Call) -> web.Response:
    """Say which frames are in this browser's basket, as far as they may be seen."""
    frames = await _seen(request, await _enter(request))
    return answer(
        {_FIELD: [one.id for one in frames]}, headers={"Cache-Control": "private, no-store"}
    )


async def show_basket(request: web.Request, _: Call) -> web.Response:
    """Show the frames in the basket."""
    visitor = await _enter(request)
    frames = await _seen(request, visitor)
    sizes = [None if one.newest is None else one.newest.size for one in frames]
    return page(
        "basket",
        surroundings(request, visitor),
        rows=rows(request, frames),
        gone=len(basket_of(request)) - len(frames),
        size=sum(one or 0 for one in sizes),
        unsized=sizes.count(None),
        most_uncompressed=request.app[PORTS].archive.zip_most_uncompressed,
        action=BASKET,
        columns=plain_columns(),
    )


async def post_basket(request: web.Request, _: Call) -> web.Response:
    """Put frames in (`do=add`), take some out (`take`), or all (`empty`).

    Then lead back to where the form was. Raises Refused: the basket is full (400), or the form
    was another site's (403).
    """
    sessions.check_origin(request.headers, request.host, request.app[PORTS].public_url)
    said = await read(request, (_FIELD,))
    fields: Mapping[str, JsonValue] = said if isinstance(said, dict) else {}
    await _enter(request, fields)
    basket = _changed(basket_of(request), _told(fields), str(fields.get("do", "")))
    following = fields.get("next")
    leads = onward(following if isinstance(following, str) else None)
    response = web.Response(status=303, headers={"Location": leads, "Cache-Control": "no-store"})
    keep(request, response, basket)
    return response


async def _enter(request: web.Request, form: Mapping[str, JsonValue] = _NO_FORM) -> Visitor:
    visitor = await identify(request, form)
    throttle(request, visitor)
    return visitor


def _changed(basket: list[int], told: list[int], do: str) -> list[int]:
    match do:
        case "add":
            found = list(dict.fromkeys([*basket, *told]))
            if len(found) > MOST:
                text = f"The basket holds {MOST} frames: download those, or empty it, before more."
                raise Refused(400, {"detail": text})
            return found
        case "take":
            return [one for one in basket if one not in told]
        case "empty":
            return []
    raise Refused(400, {"do": ["This is one of add, take and empty."]})


def _told(fields: Mapping[str, JsonValue]) -> list[int]:
    told = fields.get(_FIELD, [])
    return numbers([str(one) for one in told]) if isinstance(told, list) else []


async def _seen(request: web.Request, visitor: Visitor) -> list[Frame]:
    sight: Sight = sight_of(request, visitor)
    database, basket = request.app[PORTS].database, basket_of(request)
    return await request.app[THREADS].query(frame_views.many, database, basket, sight, _BESIDE)
