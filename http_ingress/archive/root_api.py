"""The root of the API, and what is asked by who is no client of it."""

from aiohttp import web
from pydantic_core import to_json

from http_ingress.archive.answers import answer, document
from http_ingress.archive.places import Call
from http_ingress.base_urls import base_for

PREFIX = "/archive"


async def get_root(request: web.Request, _: Call) -> web.Response:
    """Say where the lists are."""
    base = f"{base_for(request)}{PREFIX}"
    return answer({name: f"{base}/{name}/" for name in ("frames", "versions", "thumbnails")})


async def get_health(_request: web.Request, _: Call) -> web.Response:
    """Say that the service is up."""
    return document(to_json("ok"), headers={"Cache-Control": "no-store"})


async def get_robots(_request: web.Request, _: Call) -> web.Response:
    """Keep crawlers out."""
    return web.Response(text="User-agent: *\nDisallow: /", content_type="text/plain")


async def go_to_schema(request: web.Request, _: Call) -> web.Response:
    """Lead to the description of the API."""
    return _go(f"{base_for(request)}{PREFIX}/openapi/")


async def go_to_status(request: web.Request, _: Call) -> web.Response:
    """Lead to the page from which the installation is administered."""
    return _go(f"{base_for(request)}/")


def _go(url: str) -> web.Response:
    return web.Response(status=302, headers={"Location": url})
