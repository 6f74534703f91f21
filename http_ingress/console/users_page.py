"""The page of all users."""

from collections.abc import Mapping

from aiohttp import web

from http_ingress.console.answers import leading, page
from http_ingress.console.places import Call, Change, Fields, Wrong
from http_ingress.console.receiving import line
from http_ingress.console.rights import check_superuser
from http_ingress.console.user_page import password_of, user_path
from http_ingress.keys import PORTS, THREADS
from store.accounts import AccountError
from store.user_names import LONGEST_USER_NAME, RULE, user_name


async def show(request: web.Request, call: Call) -> web.Response:
    """Show who gets in."""
    users = await request.app[THREADS].query(request.app[PORTS].accounts.users)
    return page(request, "users", call, users=users, longest=LONGEST_USER_NAME, rule=RULE)


async def add(request: web.Request, call: Call, fields: Fields) -> web.Response:
    """Add a user, with rights if a superuser gives them, and show them."""
    superuser, operator = "superuser" in fields, "operator" in fields
    if superuser or operator:
        check_superuser(call.user)
    name = line(fields, "name")
    if user_name(name) is None:
        raise Wrong({"name": f"A user name is {RULE}."})
    password = password_of(fields) if fields.get("password") else None
    try:
        kept = await request.app[THREADS].password(
            request.app[PORTS].accounts.add_user,
            name,
            password,
            superuser=superuser,
            operator=operator,
            by=call.who,
        )
    except AccountError as error:
        raise Wrong({"name": f"{error}."}) from error
    return leading(f"{user_path(kept)}?done=add", 303)


CHANGES: Mapping[str, Change] = {"add": add}
