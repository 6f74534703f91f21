"""Native API, parked events: what waits for a person, and why."""

from collections.abc import Sequence
from urllib.parse import urlencode

from aiohttp import web

from http_ingress import problems
from http_ingress.asking import judged
from http_ingress.discretion import Eyes, eyes_of
from http_ingress.forgery import form_token, hand_out
from http_ingress.keys import PORTS, THREADS, USER
from http_ingress.negotiation import HTML, JSON, wants_html
from http_ingress.pages import ParkedItem, ParkedList, parked_item_page, parked_page
from http_ingress.parameters import MOST, check_query, page_size, path_text, query_text
from http_ingress.problems import Problem
from http_ingress.representations.decisions import ListAsked
from http_ingress.representations.parked import (
    ParkedDetailBody,
    ParkedGroupBody,
    ParkedGroupsBody,
    ParkedItemBody,
    ParkedPageBody,
)
from http_ingress.routes import LIMIT, Answer, Parameter, Route
from schemas.catalogue import CONFIDENTIAL, project_of
from store.parked import Filter, Listed, counts, find
from store.parked_views import Group, get, groups, history
from store.views import events_by_key

_FILTER = ("consumer", "type", "reason", "fingerprint", "since", "before", "state")
_NO_STORE = {"Content-Type": JSON, "Cache-Control": "no-store"}


async def get_parked(request: web.Request) -> web.Response:
    """Page through what is parked, in order of parking; what waits, if `state` says nothing else.

    Nothing that is parked is ever removed: what was decided stays with it. What is of a project is
    there for those only who may read it, and for whoever may decide about it.
    """
    chosen = _chosen(request, "after", "limit")
    database, query = request.app[PORTS].database, request.app[THREADS].query
    most = page_size(request)
    after = query_text(request, "after") or ""
    found = await _find(request, chosen, after, most + 1)
    items, following = found[:most], None
    if len(found) > most:
        following = f"/parked?{urlencode({**request.query, 'after': items[-1].item.id})}"
    if not wants_html(request.headers.get("Accept")):
        body = ParkedPageBody(items=[ParkedItemBody.of(one) for one in items], next=following)
        return web.Response(body=body.json_bytes(), headers=_NO_STORE)
    shown = ParkedList(
        said={name: value for name in _FILTER if (value := request.query.get(name))},
        groups=await _groups(request, chosen),
        items=items,
        following=following,
        waiting=sum((await query(counts, database)).values()),
        may_decide=request[USER].may_administer,
        now=request.app[PORTS].clock(),
    )
    token = form_token(request)
    response = parked_page(shown, token)
    hand_out(request, response, token)
    return response


async def _find(request: web.Request, chosen: Filter, after: str, most: int) -> list[Listed]:
    """Return chosen items that the client may see, from behind the id `after`."""
    database, query = request.app[PORTS].database, request.app[THREADS].query
    kept: list[Listed] = []
    eyes, at_once = eyes_of(request), most
    # Until there are enough: a short page with a next one would betray what the filter has found.
    while len(kept) < most:
        found = await query(find, database, chosen, after=after, most=at_once)
        kept += await _seen(request, eyes, found)
        if len(found) < at_once:
            break
        after, at_once = found[-1].item.id, MOST
    return kept[:most]


async def _seen(request: web.Request, eyes: Eyes, found: Sequence[Listed]) -> Sequence[Listed]:
    """Return those of the items that the client may see; what is no event is of no project."""
    keys = {one.item.event_key or "" for one in found if one.type in CONFIDENTIAL}
    if not keys:
        return found
    events = await request.app[THREADS].query(events_by_key, request.app[PORTS].database, keys)
    hidden = keys - {one.envelope.key for one in await eyes.seen(events)}
    return [one for one in found if one.item.event_key not in hidden]


async def _groups(request: web.Request, chosen: Filter) -> list[Group]:
    """Return the groups; a group has events of several projects, and shows the reason of one."""
    found = await request.app[THREADS].query(groups, request.app[PORTS].database, chosen)
    if request[USER].may_administer:
        return found
    return [group for group in found if group.type not in CONFIDENTIAL]


async def get_parked_groups(request: web.Request) -> web.Response:
    """Group what is parked by failure: the same consumer, error and place in the code.

    Events of projects are counted for those only who may decide about them.
    """
    found = await _groups(request, _chosen(request))
    body = ParkedGroupsBody(groups=[ParkedGroupBody.of(group) for group in found])
    return web.Response(body=body.json_bytes(), headers=_NO_STORE)


async def get_parked_item(request: web.Request) -> web.Response:
    """Show a parked item: its event's data, the traceback, and all that happened to it before."""
    body = await find_detail(request)
    if not wants_html(request.headers.get("Accept")):
        return web.Response(body=body.json_bytes(), headers=_NO_STORE)
    return item_page(request, body)


async def find_detail(request: web.Request) -> ParkedDetailBody:
    """Return all that is known of the item that the path names. Raises a Problem: unknown."""
    item_id = path_text(request, "id")
    database, query = request.app[PORTS].database, request.app[THREADS].query
    found = await query(get, database, item_id)
    if found is None or (
        found[1] is not None and not await eyes_of(request).see(project_of(found[1]))
    ):
        raise Problem(problems.NOT_FOUND, f"There is no parked item {item_id!r}.", field="id")
    past = await query(history, database, found[0])
    return ParkedDetailBody.whole(*found, past)


def item_page(
    request: web.Request, body: ParkedDetailBody, refused: Problem | None = None, entered: str = ""
) -> web.Response:
    """Return an item's page; `refused` says why the data that was `entered` was not taken."""
    token = form_token(request)
    known = {one.name for one in request.app[PORTS].listeners}
    shown = ParkedItem(
        item=body,
        may_decide=request[USER].may_administer and body.ending is None,
        may_deliver=body.type is not None and body.consumer in known,
        refused=refused,
        entered=entered,
    )
    response = parked_item_page(shown, token)
    if refused is not None:
        response.set_status(refused.kind.status)
    hand_out(request, response, token)
    return response


def _chosen(request: web.Request, *more: str) -> Filter:
    check_query(request, (*_FILTER, *more))
    said = {name: query_text(request, name) for name in _FILTER}
    # A form sends its empty fields too; they select nothing.
    asked = judged(ListAsked, {name: value for name, value in said.items() if value})
    return asked.filter(asked.state)


ITEM = Parameter("id", "path", "Id of a parked item.")
SELECTED = (
    Parameter("consumer", "query", "Name of a consumer."),
    Parameter("type", "query", "Type of the event, with or without `muniment.`."),
    Parameter("reason", "query", "Text within the reason; case does not matter."),
    Parameter("fingerprint", "query", "What failures that look alike have in common."),
    Parameter("since", "query", "Parked then or later: ISO 8601 with a zone."),
    Parameter("before", "query", "Parked before then: ISO 8601 with a zone."),
    Parameter(
        "state",
        "query",
        "`waiting`, unless said: `replayed`, `edited`, `discarded` or `any`.",
        {"enum": ["waiting", "replayed", "edited", "discarded", "any"]},
    ),
)

ROUTES = (
    Route(
        method="GET",
        path="/parked",
        handler=get_parked,
        access="write",
        tag="parked",
        parameters=(*SELECTED, Parameter("after", "query", "Id that the page comes after."), LIMIT),
        answers={200: Answer("A page.", {JSON: ParkedPageBody, HTML: None})},
        problems=(problems.INVALID,),
    ),
    Route(
        method="GET",
        path="/parked/groups",
        handler=get_parked_groups,
        access="write",
        tag="parked",
        parameters=SELECTED,
        answers={200: Answer("The groups.", {JSON: ParkedGroupsBody})},
        problems=(problems.INVALID,),
    ),
    Route(
        method="GET",
        path="/parked/{id}",
        handler=get_parked_item,
        access="write",
        tag="parked",
        parameters=(ITEM,),
        answers={200: Answer("The item.", {JSON: ParkedDetailBody, HTML: None})},
        problems=(problems.NOT_FOUND,),
    ),
)
