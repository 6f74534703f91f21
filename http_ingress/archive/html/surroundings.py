"""What every page of the archive shows around its matter."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

from aiohttp import web

from http_ingress.archive import sessions
from http_ingress.archive.html import positions
from http_ingress.archive.html.basket import basket_of
from http_ingress.archive.ports import ArchivePorts
from http_ingress.archive.visitors import NOBODY, VISITOR, Visitor
from http_ingress.keys import PORTS
from http_ingress.pages import render
from schemas.frame_moments import write_time
from store.archive.links import link
from store.frames.values import Frame, Thumbnail

ROOT: Final = "/archive"
_LINK_SECONDS = 3600
"""How long a page may be looked at before its pictures are asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Who looks, and where."""

    title: str
    """Of the archive."""
    terms_url: str
    documentation_url: str
    name: str | None
    """Of who is signed in."""
    administrator: bool
    here: str
    """Path and query of the page."""
    json: str
    """Where the same is in JSON."""
    csrf: str
    """What forms bring along; empty: they need not."""
    basket: int
    """Frames in it."""

    @property
    def sign_in(self) -> str:
        """Where somebody signs in, and comes back from."""
        return f"{ROOT}/api-auth/login/?{urlencode({'next': self.here})}"

    @property
    def sign_out(self) -> str:
        """Where somebody signs out, and comes back from."""
        return f"{ROOT}/api-auth/logout/?{urlencode({'next': self.here})}"


def surroundings(request: web.Request, visitor: Visitor, json: str | None = None) -> Surroundings:
    """Return them for a page; `json` is its twin, if that is not at the very same address."""
    archive = request.app[PORTS].archive
    return Surroundings(
        title=archive.title,
        terms_url=archive.terms_url,
        documentation_url=archive.documentation_url,
        name=visitor.name,
        administrator=visitor.superuser,
        here=request.rel_url.raw_path_qs,
        json=json or in_json(request),
        csrf=_csrf(request, visitor),
        basket=len(basket_of(request)),
    )


def who(request: web.Request) -> Visitor:
    """Return who looks, as far as that is known already."""
    found: Visitor = request.get(VISITOR, NOBODY)
    return found


def in_json(request: web.Request) -> str:
    """Return the address of the same in JSON."""
    pairs = [pair for pair in request.query.items() if pair[0] != "format"]
    query = urlencode([*pairs, ("format", "json")], errors="replace")
    return f"{request.rel_url.raw_path}?{query}"


def page(name: str, around: Surroundings, status: int = 200, **values: object) -> web.Response:
    """Return a page of the archive."""
    response = render(
        f"archive_{name}.html",
        around=around,
        frame_url=frame_url,
        quoted=lambda text: quote(text, safe=""),
        write_time=write_time,
        hours=positions.hours,
        arc=positions.arc,
        **values,
    )
    response.set_status(status)
    # Said of every answer of the archive alike.
    del response.headers["Vary"]
    return response


def frame_url(number: int) -> str:
    """Return the address of a frame's page."""
    return f"{ROOT}/frames/{number}/"


def pictures(request: web.Request) -> Callable[[Thumbnail], str]:
    """Return what gives a picture's address.

    Ours always, since pages show no pictures of other sites (their policy); empty: no bytes.
    """
    archive: ArchivePorts = request.app[PORTS].archive
    now = int(request.app[PORTS].clock().timestamp())
    expires = (now // _LINK_SECONDS + 2) * _LINK_SECONDS
    keeps = archive.file_store.kind != "dummy"

    def url(thumbnail: Thumbnail) -> str:
        if thumbnail.object_key is None and not (keeps and thumbnail.path is not None):
            return ""
        name = thumbnail.basename + thumbnail.extension
        return link(archive.secret, "thumbnail-content", thumbnail.id, name, expires)

    return url


_BY_SIZE = {"small": 0, "medium": 1, "large": 2}


def picture(frame: Frame, *, large: bool = False) -> Thumbnail | None:
    """Return the picture of a frame that is nearest to what is wanted."""
    ordered = sorted(frame.thumbnails, key=lambda one: (_BY_SIZE.get(one.size, 1), -one.id))
    return None if not ordered else ordered[-1 if large else 0]


def _csrf(request: web.Request, visitor: Visitor) -> str:
    cookie = request.cookies.get(sessions.COOKIE)
    if visitor.scheme != "session" or cookie is None:
        return ""
    return sessions.csrf_token(request.app[PORTS].archive.people.secret, cookie)
