"""The page of one user: how they get in, what they may do, their tokens."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from aiohttp import web

from http_ingress.console.answers import page
from http_ingress.console.places import Call, Change, Fields, Wrong, nothing_here
from http_ingress.console.receiving import line
from http_ingress.console.rights import check_may_change, check_superuser, may_change
from http_ingress.keys import PORTS, THREADS
from store.accounts import SHORTEST_PASSWORD, AccountError, Accounts, Token
from store.entrance import LONGEST_PASSWORD, User

LONGEST_LABEL = 200
"""Characters."""
_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class UserPage:
    """What the page shows."""

    user: User
    tokens: Sequence[Token]
    """Oldest first, revoked ones too."""


def user_path(name: str) -> str:
    """Return where a user's page is."""
    return f"/admin/users/{quote(name, safe='')}/"


async def show(request: web.Request, call: Call, *, secret: str = "") -> web.Response:
    """Show a user; `secret` is that of a token that was made just now. Raises Refused: unknown."""
    found = await _found(request, call)
    return page(
        request,
        "user",
        call,
        found=found,
        may_change=may_change(call.user, found.user),
        new_id=request.app[PORTS].new_id(),
        secret=secret,
        longest_label=LONGEST_LABEL,
    )


async def set_password(request: web.Request, call: Call, fields: Fields) -> None:
    """Give the user another password."""
    user = await _changeable(request, call)
    password = password_of(fields)
    accounts = request.app[PORTS].accounts
    await request.app[THREADS].password(accounts.set_password, user.name, password, by=call.who)


async def disable(request: web.Request, call: Call, _: Fields) -> None:
    """Let the user in no more."""
    user = await _changeable(request, call)
    if user.name == call.user.name:
        raise Wrong({"do": "This is you: who disables themselves cannot undo it. Ask another."})
    accounts = request.app[PORTS].accounts
    try:
        await request.app[THREADS].query(accounts.disable, user.name, by=call.who, spare_last=True)
    except AccountError as error:
        raise Wrong({"do": f"{error}."}) from error


async def enable(request: web.Request, call: Call, _: Fields) -> None:
    """Let the user in again."""
    user = await _changeable(request, call)
    await request.app[THREADS].query(request.app[PORTS].accounts.enable, user.name, by=call.who)


async def give_rights(request: web.Request, call: Call, fields: Fields) -> None:
    """Give the user the rights that are ticked, and no others."""
    check_superuser(call.user)
    user = (await _found(request, call)).user
    superuser, operator = "superuser" in fields, "operator" in fields
    if user.name == call.user.name and not superuser:
        raise Wrong({"superuser": "This is you: only another superuser takes this from you."})
    accounts = request.app[PORTS].accounts
    try:
        await request.app[THREADS].query(
            accounts.set_role,
            user.name,
            superuser=superuser,
            operator=operator,
            by=call.who,
            spare_last=True,
        )
    except AccountError as error:
        raise Wrong({"superuser": f"{error}."}) from error


async def create_token(request: web.Request, call: Call, fields: Fields) -> web.Response:
    """Make a token, and show it, this once; the form names it, so that it is made once."""
    user = await _changeable(request, call)
    label = line(fields, "label", LONGEST_LABEL, needed=False)
    token_id = line(fields, "id")
    if _UUID.fullmatch(token_id) is None:
        raise Wrong({"id": "This is no id of a token: open the page anew."})
    accounts = request.app[PORTS].accounts
    try:
        _, secret = await request.app[THREADS].query(
            accounts.create_token, user.name, label, by=call.who, token_id=token_id
        )
    except AccountError as error:
        why = f"{error}; it was shown then. If nobody has it, revoke it and make another."
        raise Wrong({"label": why}) from error
    return await show(request, call, secret=secret)


async def revoke_token(request: web.Request, call: Call, fields: Fields) -> None:
    """Let nobody in with one of the user's tokens."""
    await _changeable(request, call)
    token_id = line(fields, "id")
    if token_id not in {one.id for one in (await _found(request, call)).tokens}:
        raise Wrong({"id": "The user has no token of this id."})
    accounts = request.app[PORTS].accounts
    await request.app[THREADS].query(accounts.revoke_token, token_id, by=call.who)


CHANGES: Mapping[str, Change] = {
    "password": set_password,
    "disable": disable,
    "enable": enable,
    "rights": give_rights,
    "token": create_token,
    "revoke": revoke_token,
}


def password_of(fields: Fields) -> str:
    """Return a password that was typed twice. Raises Wrong."""
    password = fields.get("password", "")
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        least, most = SHORTEST_PASSWORD, LONGEST_PASSWORD
        raise Wrong({"password": f"A password has {least} to {most} characters."})
    if fields.get("again") != password:
        raise Wrong({"again": "The two differ. Type the same password twice."})
    return password


async def _changeable(request: web.Request, call: Call) -> User:
    user = (await _found(request, call)).user
    check_may_change(call.user, user)
    return user


async def _found(request: web.Request, call: Call) -> UserPage:
    found = await request.app[THREADS].query(_find, request.app[PORTS].accounts, call.parts["name"])
    if found is None:
        raise nothing_here("No user is called this. Names differ by case.")
    return found


def _find(accounts: Accounts, name: str) -> UserPage | None:
    for user in accounts.users():
        if user.name == name:
            tokens = [one for one in accounts.tokens() if one.user == name]
            return UserPage(user=user, tokens=tokens)
    return None
