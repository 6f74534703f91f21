"""`/api-token-auth/` and `/revoke_token/`: the archive token of a user."""

from aiohttp import web
from pydantic import JsonValue

from http_ingress.archive.answers import Refused, answer
from http_ingress.archive.places import Call
from http_ingress.archive.receiving import read
from http_ingress.archive.visitors import require
from http_ingress.keys import PORTER, PORTS, THREADS

_FIELDS = ("username", "password")
_REQUIRED = "This field is required."
_WRONG = "Unable to log in with provided credentials."
_SECRET = {"Cache-Control": "no-store"}


async def give_token(request: web.Request, call: Call) -> web.StreamResponse:
    """Give the archive token of who is known already, or else of who has this password.

    Raises Refused (400).
    """
    user = call.visitor.user
    if user is None:
        name, password = credentials(await read(request))
        user = await request.app[PORTER].by_password(name, password)
    if user is None or user.disabled:
        raise Refused(400, {"non_field_errors": [_WRONG]})
    token = await request.app[THREADS].query(
        request.app[PORTS].archive.people.users.token, user.name
    )
    return answer({"token": token}, headers=_SECRET)


async def revoke_token(request: web.Request, call: Call) -> web.StreamResponse:
    """End the archive token of who asks; there is another from now on. Raises Refused."""
    user = require(call.visitor)
    await request.app[THREADS].query(request.app[PORTS].archive.people.users.revoke, user.name)
    request.app[PORTER].forget()
    return answer({"message": "API token revoked."})


def credentials(said: JsonValue) -> tuple[str, str]:
    """Return name and password of a body. Raises Refused: 400, naming what is wrong."""
    if not isinstance(said, dict):
        raise no_object(said)
    troubles: dict[str, JsonValue] = {}
    found: list[str] = []
    for field in _FIELDS:
        value = said.get(field, ...)
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, str) and field == "username":
            value = value.strip()
        if isinstance(value, str) and value:
            found.append(value)
        else:
            troubles[field] = [_trouble(value)]
    if troubles:
        raise Refused(400, troubles)
    return found[0], found[1]


def no_object(said: JsonValue) -> Refused:
    """Return what is said of a body that is JSON, and no object."""
    text = f"Invalid data. Expected a dictionary, but got {type(said).__name__}."
    return Refused(400, {"non_field_errors": [text]})


def _trouble(value: object) -> str:
    if value is ...:
        return _REQUIRED
    if value is None:
        return "This field may not be null."
    return "This field may not be blank." if value == "" else "Not a valid string."
