"""What values occur: in the whole archive, or in a time of at most a year."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from aiohttp import web
from multidict import MultiMapping
from pydantic import JsonValue

from http_ingress.archive.answers import Refused, answer
from http_ingress.archive.places import Call
from http_ingress.archive.seeing import sight_of
from http_ingress.keys import PORTS, THREADS
from schemas import frame_checks as checks
from schemas.frame_checks import Check, Wrong
from store.frames import aggregates as frame_aggregates
from store.frames.aggregates import Window
from store.frames.combinations import DIMENSIONS

_NAMES = {
    "sites": "site_id",
    "telescopes": "telescope_id",
    "filters": "primary_optical_element",
    "instruments": "instrument_id",
    "obstypes": "configuration_type",
    "proposals": "proposal_id",
}
_LONGEST = timedelta(days=365)
_LONGEST_TIMEOUT = 20_000
_YES = {"t", "y", "yes", "true", "on", "1"}
_NO = {"f", "n", "no", "false", "off", "0"}
_ANONYMOUS_SECONDS = 86_400
_USER_SECONDS = 300


def _flag(value: JsonValue) -> bool:
    said = str(value).lower()
    if said not in _YES | _NO:
        raise Wrong("Must be a valid boolean.")
    return said in _YES


_READERS: Mapping[str, Check[object]] = {
    "start": checks.time,
    "end": checks.time,
    "public": _flag,
    "query_timeout": checks.integer(0, _LONGEST_TIMEOUT),
    **{name: checks.text(1000) for name in DIMENSIONS},
}


async def get_aggregate(request: web.Request, call: Call) -> web.Response:
    """Say which sites, telescopes, filters, instruments, types and proposals there are."""
    ports = request.app[PORTS]
    asked = read_aggregate(request.query)
    sight = sight_of(request, call.visitor)
    query = request.app[THREADS].query
    if not asked:
        values = await query(frame_aggregates.everything, ports.database, sight)
    else:
        values = await query(
            frame_aggregates.aggregate,
            ports.database,
            sight,
            _window(asked),
            {name: str(asked[name]) for name in DIMENSIONS if name in asked},
            public=bool(asked.get("public")),
        )
    said: dict[str, object] = {name: values[column] for name, column in _NAMES.items()}
    return answer({**said, "generated_at": _stamp(sight.now)}, headers=_caching(call, sight.now))


def read_aggregate(query: MultiMapping[str]) -> dict[str, object]:
    """Return what is asked for, by parameter; nothing: everything. Raises Refused (400)."""
    found: dict[str, object] = {}
    errors: dict[str, JsonValue] = {}
    for name, read in _READERS.items():
        values = query.getall(name, ())
        if not values or not values[-1].strip():
            continue
        try:
            found[name] = read(values[-1].strip())
        except Wrong as error:
            errors[name] = error.says
    if errors:
        raise Refused(400, errors)
    # What is kept up to date needs no time to be found, and no limit of it.
    found.pop("query_timeout", None)
    return found


def _window(asked: Mapping[str, object]) -> Window:
    start, end = asked.get("start"), asked.get("end")
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        raise Refused(400, "both start & end must be specified")
    if end - start > _LONGEST:
        raise Refused(400, "time range must be less than or equal to a year (365 days)")
    return Window(start, end)


def _stamp(now: datetime) -> str:
    return now.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _caching(call: Call, now: datetime) -> Mapping[str, str]:
    seconds = _ANONYMOUS_SECONDS if call.visitor.user is None else _USER_SECONDS
    return {
        "Cache-Control": f"max-age={seconds}",
        "Expires": format_datetime(now + timedelta(seconds=seconds), usegmt=True),
        "Vary": "Accept, Cookie, Authorization, origin",
    }
