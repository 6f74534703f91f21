"""What a request asks of the statistics: which days, by what, of which capability."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar
from urllib.parse import urlencode

from aiohttp import web

from http_ingress import problems
from http_ingress.keys import PORTS
from http_ingress.parameters import check_query, query_text
from http_ingress.problems import Problem
from http_ingress.routes import Parameter
from http_ingress.statistics.report import Asked
from schemas.capabilities import CAPABILITIES
from store.statistics.views import Days, Step

MOST_DAYS: Mapping[Step, int] = {"day": 366, "hour": 31}
"""Days of one report."""
_USUAL: Mapping[Step, int] = {"day": 30, "hour": 2}
_STEPS: Sequence[Step] = ("day", "hour")
_EARLIEST, _LATEST = date(1970, 1, 1), date(9998, 12, 31)

T = TypeVar("T", bound=str)

PARAMETERS = (
    Parameter(
        "since",
        "query",
        "The first day, as 2026-11-21, UTC; by default the 30th before `until`, "
        "by the hour the day before it.",
        {"type": "string", "format": "date"},
    ),
    Parameter(
        "until",
        "query",
        "The last day, which belongs to them; today, when not said.",
        {"type": "string", "format": "date"},
    ),
    Parameter(
        "by",
        "query",
        f"What is told by: at most {MOST_DAYS['day']} days, or "
        f"{MOST_DAYS['hour']} days hour by hour.",
        {"type": "string", "enum": [*_STEPS]},
    ),
    Parameter(
        "capability",
        "query",
        "Of one capability alone.",
        {"type": "string", "enum": [*CAPABILITIES]},
    ),
)
"""The parameters that say it."""
NAMES = tuple(one.name for one in PARAMETERS)


def read_asked(request: web.Request, others: Collection[str] = ()) -> Asked:
    """Return what is asked for; `others` are parameters that are read elsewhere. Raises a Problem.

    A parameter that says nothing, as an empty field of a form, was not given.
    """
    check_query(request, (*NAMES, *others))
    by = choice(request, "by", _STEPS, "day")
    today = request.app[PORTS].clock().date()
    last = _day(request, "until") or today
    usual = max(_EARLIEST, last - timedelta(days=_USUAL[by] - 1))
    first = _day(request, "since") or usual
    if first > last:
        wanted = f"until ({last}) must not be before since ({first})."
        raise Problem(problems.MALFORMED, wanted, field="until")
    if (last - first).days >= MOST_DAYS[by]:
        wanted = f"since must be at most {MOST_DAYS[by]} days back by the {by}: the first may be "
        earliest = last - timedelta(days=MOST_DAYS[by] - 1)
        raise Problem(problems.MALFORMED, f"{wanted}{earliest}.", field="since")
    capability = choice(request, "capability", [*CAPABILITIES], "")
    return Asked(Days(first, last), by, capability or None)


def choice(request: web.Request, name: str, offered: Sequence[T], default: T) -> T:
    """Return one of what a parameter may say. Raises a Problem."""
    text = query_text(request, name)
    if not text:
        return default
    found = next((one for one in offered if one == text), None)
    if found is None:
        wanted = f"{name} must be one of {', '.join(offered)}."
        raise Problem(problems.MALFORMED, wanted, field=name)
    return found


def query_of(asked: Asked, **more: str) -> str:
    """Return the query that asks for it, and for `more`."""
    said = {
        "since": asked.days.first.isoformat(),
        "until": asked.days.last.isoformat(),
        "by": asked.by,
        **({} if asked.capability is None else {"capability": asked.capability}),
    }
    return urlencode({**said, **more})


def _day(request: web.Request, name: str) -> date | None:
    text = query_text(request, name)
    if not text:
        return None
    try:
        # Other forms of ISO 8601 name weeks, and days of the year.
        day = datetime.strptime(text, "%Y-%m-%d").date() if re.fullmatch(_FORM, text) else None  # noqa: DTZ007
    except ValueError:
        day = None
    if day is None or not _EARLIEST <= day <= _LATEST:
        wanted = f"{name} must be a day from {_EARLIEST} on, as 2026-11-21."
        raise Problem(problems.MALFORMED, wanted, field=name)
    return day


_FORM = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
