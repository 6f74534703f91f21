"""Who may enter a project: the order of the checks is what Sumatra's client depends on.

A project that is not there is 404, to everybody; then no or wrong credentials are 401, with the
challenge; then a known user without access is 403.
"""

from dataclasses import dataclass

from aiohttp import web

from http_ingress.authentication import basic
from http_ingress.keys import GATE, RECORDS
from http_ingress.records.answers import forbidden, nothing, unauthorised
from store.entrance import User
from store.projects import Project, Standing
from store.user_names import ANONYMOUS


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody in a project."""

    user: User | None
    """None: nobody in particular."""
    standing: Standing

    @property
    def project(self) -> Project:
        """The project."""
        return self.standing.project

    @property
    def member(self) -> bool:
        """Whether everything may be done here; superusers may everywhere."""
        return self.user is not None and (self.standing.member or self.user.superuser)

    @property
    def name(self) -> str:
        """The user's, or that of the pseudo-user."""
        return ANONYMOUS if self.user is None else self.user.name


async def identify(request: web.Request) -> User | None:
    """Return who asks, or None for nobody in particular. Raises Refused: wrong credentials.

    What is malformed or of a scheme that is none of ours counts as absent.
    """
    header = request.headers.get("Authorization", "")
    gate = request.app[GATE]
    if header.lower().startswith("bearer mnt_"):
        user = await gate.identify(header)
    else:
        pair = basic(header)
        if pair is None:
            return None
        # Sumatra's client takes both from its URL, percent escapes and all.
        user = await gate.identify_basic(*pair, decoded_too=True)
    if user is None or user.disabled:
        raise unauthorised()
    return user


async def require(request: web.Request) -> User:
    """Return who asks. Raises Refused: nobody we know."""
    user = await identify(request)
    if user is None:
        raise unauthorised()
    return user


async def enter(request: web.Request, project: str, *, writing: bool = False) -> Visit:
    """Return the visit of who may read the project or, `writing`, change what is in it.

    Raises Refused.
    """
    standings = request.app[RECORDS].standings
    try:
        user = await identify(request)
    except Exception:
        if await standings.get((project, None)) is None:
            raise nothing() from None
        raise
    found = await standings.get((project, None if user is None else user.name))
    if found is None:
        raise nothing()
    visit = Visit(user, found)
    if visit.member or (found.public and not writing):
        return visit
    raise unauthorised() if user is None else forbidden()
