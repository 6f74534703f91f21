"""`/admin`: every page, who gets in, and how a form is taken."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace

from aiohttp import web

from http_ingress.console import (
    audit_page,
    component_page,
    overview,
    sessions,
    signing_in,
    user_page,
    users_page,
)
from http_ingress.console.answers import HOME, leading, refusal_of
from http_ingress.console.places import Call, Page, Refused, Typed, Wrong, nothing_here
from http_ingress.console.receiving import check_texts, drain, read_form
from http_ingress.foreign import Adapter, mount_adapter
from http_ingress.sealing import CSRF_FIELD
from store.entrance import User

PREFIX = "/admin"

PAGES: tuple[Page, ...] = (
    Page(re.compile("/"), overview.show),
    Page(re.compile("/audit/"), audit_page.show),
    Page(re.compile("/components/(?P<name>[^/]+)/"), component_page.show, component_page.CHANGES),
    Page(re.compile("/users/"), users_page.show, users_page.CHANGES),
    Page(re.compile("/users/(?P<name>[^/]+)/"), user_page.show, user_page.CHANGES),
)

_Answer = Callable[[web.Request], Awaitable[web.Response]]

_DO = "do"
_NOT_TYPED = {_DO, CSRF_FIELD}


def mount_console(application: web.Application) -> None:
    """Have the application answer for `/admin`."""
    mount_adapter(application, Adapter(PREFIX, _do, refusal_of, drain))


async def _do(request: web.Request) -> web.StreamResponse:
    match PREFIX + request.match_info["below"]:
        case "/admin":
            return leading(HOME, 301)
        case signing_in.LOGIN:
            return await _by_method(request, signing_in.show, signing_in.sign_in)
        case signing_in.LOGOUT:
            return await _by_method(request, None, signing_in.sign_out)
    user = await sessions.person(request)
    return signing_in.to_login(request) if user is None else await _on_page(request, user)


async def _on_page(request: web.Request, user: User) -> web.StreamResponse:
    below = request.match_info["below"]
    page, parts = _find(below)
    if page is None:
        if _find(f"{below}/")[0] is not None:
            return leading(f"{request.rel_url.raw_path}/", 301)
        raise nothing_here()
    call = Call(user, parts)
    if request.method in {"GET", "HEAD"}:
        return await page.show(request, call)
    if request.method == "OPTIONS":
        return web.Response(headers={"Allow": page.allowed})
    if request.method != "POST" or not page.changes:
        raise _not_allowed(page.allowed)
    return await _change(request, page, call)


async def _change(request: web.Request, page: Page, call: Call) -> web.StreamResponse:
    """Take a form: lead to the page again if it was taken, else show it with what was typed."""
    fields = await read_form(request)
    await sessions.check_csrf(request, fields)
    do = fields.get(_DO, "")
    try:
        check_texts(fields)
        change = page.changes.get(do)
        if change is None:
            raise Refused(
                422,
                "This cannot be done here",
                f"The field `do` says none of: {', '.join(page.changes)}.",
            )
        answer = await change(request, call, fields)
    except Wrong as wrong:
        values = {name: value for name, value in fields.items() if name not in _NOT_TYPED}
        typed = Typed(do if do in page.changes else "", values, wrong.errors)
        return await page.show(request, replace(call, typed=typed))
    return answer or leading(f"{request.rel_url.raw_path}?done={do}", 303)


async def _by_method(request: web.Request, show: _Answer | None, change: _Answer) -> web.Response:
    if request.method == "POST":
        return await change(request)
    if show is not None and request.method in {"GET", "HEAD"}:
        return await show(request)
    allowed = "OPTIONS, POST" if show is None else "GET, HEAD, OPTIONS, POST"
    if request.method == "OPTIONS":
        return web.Response(headers={"Allow": allowed})
    raise _not_allowed(allowed)


def _find(path: str) -> tuple[Page | None, dict[str, str]]:
    for page in PAGES:
        found = page.pattern.fullmatch(path)
        if found is not None:
            return page, found.groupdict()
    return None, {}


def _not_allowed(allowed: str) -> Refused:
    text = f"This address takes {allowed}."
    return Refused(405, "This cannot be done here", text, {"Allow": allowed})
