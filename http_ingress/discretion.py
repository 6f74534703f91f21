"""Discretion: events of a project are shown to those only who may read the project.

Whoever may administer sees every event: somebody has to decide about what is parked. What a
dependency that is down says of itself is for them, too.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from math import inf
from typing import TypeVar

from aiohttp import web

from http_ingress import problems
from http_ingress.keys import GATE, PORTS, THREADS
from http_ingress.outages import in_public
from http_ingress.problems import Problem
from http_ingress.tail import Line
from schemas.catalogue import NOBODYS, project_of
from store.entrance import User
from store.errors import UnavailableError
from store.projects import readable
from store.views import Recorded

REMEMBERED_SECONDS = 5.0
"""So long may somebody go on seeing events of a project that he may not read any more."""

Shown = TypeVar("Shown", Recorded, Line)
Who = Callable[[], Awaitable[User | None]]
"""Returns who looks; None: nobody in particular."""
Read = Callable[[str | None, Collection[str]], Awaitable[set[str]]]
"""Takes the name of who looks; returns those of the projects that this user may read."""


class Eyes:
    """Those of one client: what they have been allowed to see they remember for some seconds.

    Nothing is asked before there is something that not everybody may see. Every method raises
    UnavailableError when it cannot be told: nothing is hidden, or shown, for want of an answer.
    """

    def __init__(self, who: Who, read: Read, clock: Callable[[], float]) -> None:
        """`clock` returns seconds since whenever."""
        self._who = who
        self._read = read
        self._clock = clock
        self._user: User | None = None
        self._known: dict[str, bool] = {}
        self._until = -inf

    async def seen(self, events: Sequence[Shown]) -> list[Shown]:
        """Return those of the events that may be shown, in their order."""
        projects = [project_of(one.envelope) for one in events]
        open_to_them = await self._among({one for one in projects if one is not None})
        pairs = zip(events, projects, strict=True)
        return [one for one, project in pairs if project is None or project in open_to_them]

    async def see(self, *projects: str | None) -> bool:
        """Whether what belongs to all of these projects may be shown; None is no project."""
        named = {one for one in projects if one is not None}
        return await self._among(named) == named

    async def _among(self, projects: AbstractSet[str]) -> AbstractSet[str]:
        if not projects:
            return projects
        now = self._clock()
        if now >= self._until:
            # An account may have changed as well as a permission.
            self._user = await self._who()
            self._known = {}
            self._until = now + REMEMBERED_SECONDS
        if self._user is not None and self._user.may_administer:
            return projects
        unknown = projects - self._known.keys() - {NOBODYS}
        if unknown:
            name = None if self._user is None else self._user.name
            found = await self._read(name, unknown)
            self._known.update({project: project in found for project in unknown})
        return {project for project in projects if self._known.get(project)}


async def viewer_of(request: web.Request) -> User | None:
    """Return who looks; None: nobody in particular."""
    if "Authorization" not in request.headers:
        return None
    try:
        return await request.app[GATE].admit(request)
    except Problem as problem:
        if problem.kind in {problems.UNAUTHENTICATED, problems.FORBIDDEN}:
            # Let in at the beginning of a stream, and not any more.
            return None
        raise


async def troubles_for(
    request: web.Request, troubles: Mapping[str, str | None]
) -> Mapping[str, str | None]:
    """Return what is wrong with each dependency in words that are for the client.

    Never raises for what is merely down: who cannot be known is nobody in particular.
    """
    if not any(troubles.values()):
        return troubles
    try:
        user = await viewer_of(request)
    except (UnavailableError, Problem):
        user = None
    return troubles if user is not None and user.may_administer else in_public(troubles)


def eyes_of(request: web.Request) -> Eyes:
    """Return the eyes of the client, for as long as it is being answered."""
    app = request.app

    async def who() -> User | None:
        return await viewer_of(request)

    async def read(user: str | None, projects: Collection[str]) -> set[str]:
        return await app[THREADS].query(readable, app[PORTS].database, user, projects)

    return Eyes(who, read, asyncio.get_running_loop().time)
