"""`/authprofile/addupdateuser/`: the observation portal tells of a user."""

from collections.abc import Mapping
from hmac import compare_digest

from aiohttp import web
from pydantic import JsonValue, ValidationError
from pydantic_core import ErrorDetails

from http_ingress.archive.answers import Refused, answer, detail
from http_ingress.archive.places import Call
from http_ingress.archive.receiving import read
from http_ingress.archive.tokens_api import no_object
from http_ingress.keys import PORTER, PORTS, THREADS
from store.accounts import AccountError
from store.archive.portal import ProfileBody
from store.archive.users import NameTakenError

_MESSAGES: Mapping[str, str] = {
    "missing": "This field is required.",
    "string_too_short": "This field may not be blank.",
    "string_type": "Not a valid string.",
    "bool_type": "Must be a valid boolean.",
    "bool_parsing": "Must be a valid boolean.",
    "null_character": "Null characters are not allowed.",
}
_TAKEN = "A user with that username already exists."
_NO_NAME = (
    "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ "
    "characters."
)


async def add_or_update_user(request: web.Request, _: Call) -> web.StreamResponse:
    """Create or update a user as the portal says. Raises Refused: 403, 400."""
    _check_key(request)
    said = await read(request)
    if not isinstance(said, dict):
        raise no_object(said)
    try:
        profile = ProfileBody.model_validate(said).profile()
    except ValidationError as error:
        raise Refused(400, _troubles(error.errors())) from None
    users = request.app[PORTS].archive.people.users
    try:
        await request.app[THREADS].query(users.keep, profile)
    except NameTakenError:
        raise Refused(400, {"username": [_TAKEN]}) from None
    except AccountError:
        raise Refused(400, {"username": [_NO_NAME]}) from None
    request.app[PORTER].forget()
    return answer({"message": "User account updated"})


def _check_key(request: web.Request) -> None:
    key = request.app[PORTS].archive.people.server_key
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    same = compare_digest(given.strip().encode(errors="replace"), key.encode())
    if not key or scheme.lower() != "server" or not same:
        raise detail(403, "Invalid or missing API Key.")


def _troubles(errors: list[ErrorDetails]) -> JsonValue:
    found: dict[str, JsonValue] = {}
    for error in errors:
        field = str(error["loc"][0])
        longest = error.get("ctx", {}).get("max_length")
        text = _MESSAGES.get(error["type"], "Not a valid value.")
        if error["type"] == "string_too_long":
            text = f"Ensure this field has no more than {longest} characters."
        found[field] = [text]
    return found
