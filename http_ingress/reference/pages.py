"""Pages of the reference service: scrapers rely on their titles, classes and words (section 6)."""

from urllib.parse import quote

from aiohttp import web

from http_ingress.console import sessions
from http_ingress.keys import PORTS
from http_ingress.pages import render
from http_ingress.reference.answers import STANDING


def page(template: str, /, status: int = 200, **values: object) -> web.Response:
    """Return a page made from `reference_<template>.html`."""
    response = render(f"reference_{template}.html", mailto=mailto, **values)
    response.set_status(status)
    response.headers.update(STANDING)
    return response


async def form_token(request: web.Request) -> str:
    """Return what the forms of a page bring; who has no session needs none, and gets any."""
    if await sessions.person(request) is None:
        return request.app[PORTS].new_secret()
    return sessions.token(request)


def mailto(address: str) -> str:
    """Return the link by which people write to an address."""
    return f"mailto:{quote(address, safe='@!$*+-._~')}"
