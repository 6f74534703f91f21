"""Native API, schedules: requests that are accepted at a time, once or again and again."""

import re
from datetime import datetime, timedelta
from random import random
from urllib.parse import urlencode

from aiohttp import web
from pydantic_core import to_json

from http_ingress import problems
from http_ingress.asking import read_asked
from http_ingress.incoming import check
from http_ingress.keys import PORTS, THREADS, USER
from http_ingress.negotiation import JSON
from http_ingress.parameters import check_query, page_size, path_text, query_text
from http_ingress.problems import Problem
from http_ingress.representations.schedules import ScheduleAsked, ScheduleBody, SchedulesBody
from http_ingress.routes import LIMIT, Answer, Parameter, Route
from schemas.envelope import Envelope
from store import schedules
from store.database import Database
from store.errors import ConflictError
from store.schedules import Schedule

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_HEADERS = {"Content-Type": JSON, "Cache-Control": "no-store"}


async def get_schedules(request: web.Request) -> web.Response:
    """Page through the schedules, by name."""
    check_query(request, ("after", "limit"))
    after, most = query_text(request, "after") or "", page_size(request)
    database = request.app[PORTS].database
    found = await request.app[THREADS].query(schedules.find, database, after=after, most=most + 1)
    following = None
    if len(found) > most:
        following = f"/schedules?{urlencode({**request.query, 'after': found[most - 1].name})}"
    body = SchedulesBody(
        schedules=[ScheduleBody.of(schedule) for schedule in found[:most]], next=following
    )
    return web.Response(body=body.json_bytes(), headers=_HEADERS)


async def get_schedule(request: web.Request) -> web.Response:
    """Show one schedule."""
    return _shown(await _find(request))


async def put_schedule(request: web.Request) -> web.Response:
    """Make a schedule, or change it; with `If-None-Match: *` only make it.

    Due times go on as they were, unless `at` or another `every` is said. Each due time is fired
    once, however many processes there are; the event is as if posted then.
    """
    name = path_text(request, "name")
    if _NAME.fullmatch(name) is None:
        raise Problem(
            problems.INVALID,
            "must be 1 to 100 of a-z, 0-9, '.', '_' and '-', and begin with a letter or digit.",
            field="name",
        )
    asked = await read_asked(request, ScheduleAsked)
    event_type, data = f"muniment.{asked.type.removeprefix('muniment.')}", to_json(asked.data)
    check(Envelope(id="scheduled", source="/schedules", type=event_type, data=data))
    database, query = request.app[PORTS].database, request.app[THREADS].query
    known = await query(schedules.get, database, name)
    now = request.app[PORTS].clock()
    due_at = _due(asked, known, now)
    schedule = Schedule(
        name=name,
        type=event_type,
        data=data.decode(),
        due_at=due_at,
        next_at=due_at + asked.spread * random(),  # noqa: S311 - guards no secret
        every_seconds=None if asked.interval is None else asked.interval.total_seconds(),
        jitter_seconds=asked.spread.total_seconds(),
        catch_up=asked.catch_up,
        paused=known is not None and known.paused if asked.paused is None else asked.paused,
        changed_at=now,
        changed_by=f"user:{request[USER].name}",
    )
    replace = request.headers.get("If-None-Match") != "*"
    try:
        is_new = await query(_put, database, schedule, replace=replace)
    except ConflictError as error:
        raise Problem(
            problems.PRECONDITION_FAILED, f"{error.message}.", field="If-None-Match"
        ) from error
    response = _shown(await _find(request))
    response.set_status(201 if is_new else 200)
    response.headers["Location"] = f"/schedules/{name}"
    return response


def _due(asked: ScheduleAsked, known: Schedule | None, now: datetime) -> datetime:
    """Return the (first) due time. Raises a Problem."""
    every = asked.interval
    if every is None:
        if asked.at is None or asked.at < now:
            raise Problem(problems.INVALID, "at must be in the future.", field="at")
        return asked.at
    if asked.at is not None:
        # What is past is not caught up with: the due times go on from there.
        passed = max(timedelta(0), now - asked.at)
        return asked.at + -(-passed // every) * every
    if known is not None and known.every_seconds == every.total_seconds():
        return known.due_at
    return now + every


def _put(database: Database, schedule: Schedule, *, replace: bool) -> bool:
    with database.transaction() as transaction:
        return schedules.put(transaction, schedule, replace=replace)


async def delete_schedule(request: web.Request) -> web.Response:
    """Remove a schedule; what it has fired goes on."""
    name = path_text(request, "name")
    if not await request.app[THREADS].query(_remove, request.app[PORTS].database, name):
        raise _unknown(name)
    return web.Response(status=204)


def _remove(database: Database, name: str) -> int:
    with database.transaction() as transaction:
        return schedules.remove(transaction, [name])


async def pause_schedule(request: web.Request) -> web.Response:
    """Let a schedule not fire until it is resumed."""
    return await _pause(request, paused=True)


async def resume_schedule(request: web.Request) -> web.Response:
    """Let a schedule fire again; `catch_up` says what becomes of the times it has missed."""
    return await _pause(request, paused=False)


async def _pause(request: web.Request, *, paused: bool) -> web.Response:
    database, name = request.app[PORTS].database, path_text(request, "name")
    who, now = f"user:{request[USER].name}", request.app[PORTS].clock()

    def change() -> bool:
        with database.transaction() as transaction:
            return schedules.pause(transaction, name, paused=paused, by=who, at=now)

    if not await request.app[THREADS].query(change):
        raise _unknown(name)
    return _shown(await _find(request))


async def _find(request: web.Request) -> Schedule:
    name = path_text(request, "name")
    found = await request.app[THREADS].query(schedules.get, request.app[PORTS].database, name)
    if found is None:
        raise _unknown(name)
    return found


def _shown(schedule: Schedule) -> web.Response:
    return web.Response(body=ScheduleBody.of(schedule).json_bytes(), headers=_HEADERS)


def _unknown(name: str) -> Problem:
    return Problem(
        problems.NOT_FOUND,
        f"There is no schedule {name!r}; what was to fire once is gone when it has.",
        field="name",
    )


NAME = Parameter("name", "path", "Name of a schedule.")

ROUTES = (
    Route(
        method="GET",
        path="/schedules",
        handler=get_schedules,
        access="read",
        tag="schedules",
        parameters=(Parameter("after", "query", "Name that the page comes after."), LIMIT),
        answers={200: Answer("A page.", {JSON: SchedulesBody})},
    ),
    Route(
        method="GET",
        path="/schedules/{name}",
        handler=get_schedule,
        access="read",
        tag="schedules",
        parameters=(NAME,),
        answers={200: Answer("The schedule.", {JSON: ScheduleBody})},
        problems=(problems.NOT_FOUND,),
    ),
    Route(
        method="PUT",
        path="/schedules/{name}",
        handler=put_schedule,
        access="administer",
        tag="schedules",
        parameters=(
            NAME,
            Parameter("If-None-Match", "header", "`*`: refuse when there is one of that name."),
        ),
        body={JSON: ScheduleAsked},
        answers={
            200: Answer("Changed.", {JSON: ScheduleBody}),
            201: Answer("Made.", {JSON: ScheduleBody}, {"Location": "The schedule."}),
        },
        problems=(
            problems.PRECONDITION_FAILED,
            problems.TOO_LARGE,
            problems.UNSUPPORTED,
            problems.INVALID,
            problems.FORGED,
        ),
    ),
    Route(
        method="DELETE",
        path="/schedules/{name}",
        handler=delete_schedule,
        access="administer",
        tag="schedules",
        parameters=(NAME,),
        answers={204: Answer("Removed.")},
        problems=(problems.NOT_FOUND, problems.FORGED),
    ),
    *(
        Route(
            method="POST",
            path=f"/schedules/{{name}}/{verb}",
            handler=handler,
            access="administer",
            tag="schedules",
            parameters=(NAME,),
            answers={200: Answer("The schedule as it is now.", {JSON: ScheduleBody})},
            problems=(problems.NOT_FOUND, problems.FORGED),
        )
        for verb, handler in (("pause", pause_schedule), ("resume", resume_schedule))
    ),
)
