"""`stats`, `add` and `reset`: how often a component has been used.

A registry takes `stats` for the probe of whether a service is there: of a capability that cannot
do its work it says so with 503 (contract section 11).
"""

import asyncio

from aiohttp import web

from http_ingress.keys import COMPONENTS, REFERENCE, THREADS
from http_ingress.outages import tell
from http_ingress.problems import RETRY_SOON
from http_ingress.reference.answers import answer
from http_ingress.reference.health import Health, store_down
from http_ingress.reference.looking import look_at
from http_ingress.reference.pages import page
from http_ingress.reference.places import Call
from schemas.component_descriptions import write_moment
from schemas.components import Component
from store.components.counters import Counter
from store.errors import DatabaseUnavailableError, UnavailableError

_PATIENCE_SECONDS = 2.0
"""How long a database may take to tell a number until it counts as down."""


async def get_stats(request: web.Request, call: Call) -> web.StreamResponse:
    """Tell how often the component has been used since when."""
    component = call.component
    health = None
    if component.capability is not None:
        health = await look_at(request.app, component.capability)
        if not health.ok:
            return _down(call, health)
    try:
        counter = await read_counter(request, component)
    except UnavailableError as error:
        if health is None:
            raise
        return _down(call, store_down(health, tell(error)))
    if call.form == "json":
        return answer(told(component, counter))
    since = write_moment(counter.last_reset)
    return page("stats", component=component, counter=counter, since=since)


async def read_counter(request: web.Request, component: Component) -> Counter:
    """Return the counter as it is now. Raises UnavailableError, also when that takes very long."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            counter = await request.app[REFERENCE].counters.get(component.name)
    except TimeoutError as error:
        reason = f"database: no answer within {_PATIENCE_SECONDS:g} s"
        raise DatabaseUnavailableError(reason) from error
    if counter is None:
        raise RuntimeError(f"{component.name} has no counter")
    return counter


async def add(request: web.Request, call: Call) -> web.StreamResponse:
    """Count one."""
    counter = await request.app[REFERENCE].adding.add()
    key = call.component.usage_key
    # The first is what is documented, the second what clients have always been sent.
    said = {key: counter.value, "usagename": counter.value}
    return answer({**said, "lastReset": write_moment(counter.last_reset)})


async def reset(request: web.Request, call: Call) -> web.StreamResponse:
    """Begin at zero again."""
    components, name = request.app[COMPONENTS], call.component.name
    counter = await request.app[THREADS].query(components.reset, name, call.who)
    return answer(told(call.component, counter))


def told(component: Component, counter: Counter) -> dict[str, object]:
    """Return what is told of a counter."""
    return {"lastReset": write_moment(counter.last_reset), component.usage_key: counter.value}


def _down(call: Call, health: Health) -> web.Response:
    if call.form == "html":
        down = page("down", 503, component=call.component, health=health)
        down.headers.update(RETRY_SOON)
        return down
    monitoring = {
        name: {"status": part.status, "message": part.message}
        for name, part in health.parts.items()
    }
    said = {"service": call.component.name, "monitoring": monitoring}
    return answer(said, 503, RETRY_SOON)
