"""The first page of the console: every component, users, the latest changes."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from http_ingress.console.answers import page
from http_ingress.console.places import Call
from http_ingress.keys import COMPONENTS, PORTS, THREADS
from http_ingress.representations.audit import AuditLineBody
from producers.components import Components
from producers.polling import PollState
from schemas import components
from schemas.component_descriptions import Description
from schemas.components import Component
from store import audit
from store.components.counters import Counter
from store.entrance import User

_LATEST = 10


@dataclass(frozen=True, slots=True)
class Standing:
    """A component as it is now."""

    component: Component
    description: Description
    counter: Counter


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What the page shows."""

    standings: Sequence[Standing]
    poll: PollState
    users: Sequence[User]
    lines: Sequence[AuditLineBody]


async def show(request: web.Request, call: Call) -> web.Response:
    """Show how everything stands."""
    found = await request.app[THREADS].query(_find, request)
    return page(request, "overview", call, found=found)


def _find(request: web.Request) -> Overview:
    known, ports = request.app[COMPONENTS], request.app[PORTS]
    lines = audit.page(ports.database, most=_LATEST)
    return Overview(
        standings=_standings(known),
        poll=known.poll(),
        users=ports.accounts.users(),
        lines=[AuditLineBody.of(one) for one in lines],
    )


def _standings(known: Components) -> list[Standing]:
    current = known.current()
    return [
        Standing(one, current[name], known.counter(name))
        for name, one in components.COMPONENTS.items()
    ]
