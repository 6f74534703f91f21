"""Who asks: credentials and sessions count when they are sent, and are wanted of nobody.

An installation may want an operator's where something is changed (contract section 9).
"""

from collections.abc import Mapping

from aiohttp import web

from http_ingress.authentication import basic
from http_ingress.console.sessions import check_csrf, person
from http_ingress.forgery import check_origin
from http_ingress.keys import GATE, PORTS
from http_ingress.reference.answers import not_authenticated, not_known, not_permitted
from http_ingress.reference.places import Place
from http_ingress.sealing import SAFE
from store.entrance import TOKEN_PREFIX, User


async def enter(request: web.Request, place: Place, fields: Mapping[str, str]) -> User | None:
    """Return who asks, if that visitor may; None: nobody in particular.

    `fields` are those of a form that was sent: a session's token may be among them. Raises
    Refused, Forged, a Problem and UnavailableError.
    """
    changing = request.method not in SAFE
    if changing:
        await check_csrf(request, fields)
    user = await _known(request)
    if user is not None and changing:
        # Browsers send Basic credentials with whatever another site's page makes them send.
        check_origin(request)
    if user is None and changing:
        user = await person(request)
    if place.guarded and request.app[PORTS].reference.requires_operator:
        _require_operator(user)
    return user


async def _known(request: web.Request) -> User | None:
    """Return whose credentials were sent; None: none that are any of ours."""
    credentials = request.headers.get("Authorization", "")
    scheme, _, value = credentials.partition(" ")
    gate = request.app[GATE]
    match scheme.lower():
        case "basic":
            pair = basic(credentials)
            user = None if pair is None else await gate.identify_basic(*pair)
        case "bearer" if value.strip().startswith(TOKEN_PREFIX):
            user = await gate.identify(credentials)
        case _:
            return None
    if user is None or user.disabled:
        raise not_known()
    return user


def _require_operator(user: User | None) -> None:
    if user is None:
        raise not_authenticated()
    if not user.may_administer:
        raise not_permitted()
