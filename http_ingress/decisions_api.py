"""Native API, decisions about parked events: replay, edit, discard; one by one or many at once."""

from aiohttp import web
from pydantic_core import to_json

from http_ingress import problems
from http_ingress.asking import FORM, Asked, is_form, judged, read_asked, read_json, read_said
from http_ingress.keys import DECISIONS, THREADS, USER
from http_ingress.negotiation import JSON
from http_ingress.parameters import path_text
from http_ingress.parked_api import ITEM, find_detail, item_page
from http_ingress.problems import Problem
from http_ingress.representations.base import Body
from http_ingress.representations.decisions import (
    RATE,
    DiscardAsked,
    DiscardOneAsked,
    EditAsked,
    ReplayAsked,
    ReplayOneAsked,
)
from http_ingress.representations.parked import DecidedBody, EditedBody
from http_ingress.routes import Answer, Handler, Route
from producers.decisions import Done, Refused, RefusedError
from schemas.catalogue import InvalidDataError, UnknownTypeError
from schemas.envelope import LARGEST_DATA
from schemas.routing import is_request
from store.parked import Filter


async def replay_parked(request: web.Request) -> web.Response:
    """Have many parked events delivered to their consumers again, at a bounded rate.

    What `ids` or `filter` choose and still waits. Each goes to the consumer that parked it, and to
    no other; its tries go on counting, and the retry policy begins anew. When this fails half-way,
    the same again goes on with the rest.
    """
    asked = await read_asked(request, ReplayAsked)
    done = await request.app[THREADS].query(
        request.app[DECISIONS].replay,
        asked.chosen,
        _who(request),
        rate=asked.rate,
        note=asked.note,
        dry_run=asked.dry_run,
    )
    return _decided(request, DecidedBody.of(done, dry_run=asked.dry_run, rate=asked.rate))


async def discard_parked(request: web.Request) -> web.Response:
    """Decide that many parked items are not to be handled, and say why."""
    asked = await read_asked(request, DiscardAsked)
    done = await request.app[THREADS].query(
        request.app[DECISIONS].discard,
        asked.chosen,
        _who(request),
        reason=asked.reason,
        dry_run=asked.dry_run,
    )
    return _decided(request, DecidedBody.of(done, dry_run=asked.dry_run))


async def replay_parked_item(request: web.Request) -> web.Response:
    """Have one parked event delivered to its consumer again, now."""
    asked = await read_asked(request, ReplayOneAsked)
    done = await request.app[THREADS].query(
        request.app[DECISIONS].replay,
        _this(request),
        _who(request),
        rate=RATE,
        note=asked.note,
        dry_run=False,
    )
    return _decided_one(request, done)


async def discard_parked_item(request: web.Request) -> web.Response:
    """Decide that one parked item is not to be handled, and say why."""
    asked = await read_asked(request, DiscardOneAsked)
    done = await request.app[THREADS].query(
        request.app[DECISIONS].discard,
        _this(request),
        _who(request),
        reason=asked.reason,
        dry_run=False,
    )
    return _decided_one(request, done)


async def edit_parked_item(request: web.Request) -> web.Response:
    """Have an event with other data handled in the place of a parked one.

    It is a new event, caused by the parked one, and goes to the consumer that parked that, and to
    no other.
    """
    said = await read_said(request)
    try:
        edited = await _edit(request, said)
    except Problem as problem:
        if not is_form(request) or problem.kind is not problems.INVALID:
            raise
        # What was typed is shown again, with what is wrong with it.
        return item_page(request, await find_detail(request), problem, str(said.get("data", "")))
    if is_form(request):
        return _see(edited.href)
    return web.Response(
        body=edited.json_bytes(), headers={"Content-Type": JSON, "Location": edited.href}
    )


async def _edit(request: web.Request, said: object) -> EditedBody:
    if is_form(request) and isinstance(said, dict) and isinstance(said.get("data"), str):
        said = {**said, "data": read_json(said["data"].encode(), "data")}
    asked = judged(EditAsked, said)
    data = to_json(asked.data)
    if len(data) > LARGEST_DATA:
        raise Problem(
            problems.TOO_LARGE, f"must not be larger than {LARGEST_DATA} bytes.", field="data"
        )
    try:
        event = await request.app[THREADS].query(
            request.app[DECISIONS].edit, path_text(request, "id"), data, _who(request), asked.note
        )
    except RefusedError as error:
        raise _refusal(error.refused) from error
    except InvalidDataError as error:
        faults = [{"field": field, "message": message} for field, message in error.problems]
        raise Problem(
            problems.INVALID, f"{error}.", field=faults[0]["field"], errors=faults
        ) from error
    except UnknownTypeError as error:
        raise Problem(problems.DECIDED, f"{error}; discard it.") from error
    return EditedBody(
        id=event.key,
        type=event.type,
        subject=event.subject,
        href=f"/events/{event.key}",
        operation=f"/operations/{event.key}" if is_request(event.type) else None,
    )


def _who(request: web.Request) -> str:
    return f"user:{request[USER].name}"


def _this(request: web.Request) -> Filter:
    return Filter(ids=[path_text(request, "id")])


def _decided(request: web.Request, body: DecidedBody) -> web.Response:
    if is_form(request):
        return _see("/parked")
    return web.Response(body=body.json_bytes(), headers={"Content-Type": JSON})


def _decided_one(request: web.Request, done: Done) -> web.Response:
    if done.refused:
        raise _refusal(done.refused[0])
    if is_form(request):
        return _see(f"/parked/{done.ids[0]}")
    body = DecidedBody.of(done, dry_run=False)
    return web.Response(body=body.json_bytes(), headers={"Content-Type": JSON})


def _see(path: str) -> web.Response:
    return web.Response(status=303, headers={"Location": path, "Cache-Control": "no-store"})


def _refusal(refused: Refused) -> Problem:
    if refused.item is None:
        return Problem(problems.NOT_FOUND, f"There is no parked item {refused.id!r}.", field="id")
    return Problem(
        problems.DECIDED,
        f"{refused.why}.",
        field="id",
        ending=refused.item.ending,
        ended_by=refused.item.ended_by,
        ended_at=refused.item.ended_at,
    )


def _route(
    path: str, handler: Handler, asked: type[Asked], answer: type[Body], *, one: bool
) -> Route:
    own = (problems.NOT_FOUND, problems.DECIDED, problems.TOO_LARGE)
    return Route(
        method="POST",
        path=path,
        handler=handler,
        access="administer",
        tag="parked",
        parameters=(ITEM,) if one else (),
        body={JSON: asked, FORM: None},
        answers={
            200: Answer("What was done.", {JSON: answer}),
            303: Answer("Done; for forms.", headers={"Location": "The page that shows it."}),
        },
        problems=(problems.UNSUPPORTED, problems.INVALID, problems.FORGED, *(own if one else ())),
    )


ROUTES = (
    _route("/parked/replay", replay_parked, ReplayAsked, DecidedBody, one=False),
    _route("/parked/discard", discard_parked, DiscardAsked, DecidedBody, one=False),
    _route("/parked/{id}/replay", replay_parked_item, ReplayOneAsked, DecidedBody, one=True),
    _route("/parked/{id}/edit", edit_parked_item, EditAsked, EditedBody, one=True),
    _route("/parked/{id}/discard", discard_parked_item, DiscardOneAsked, DecidedBody, one=True),
)
