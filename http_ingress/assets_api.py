"""What pages need beside themselves: one stylesheet, one script, one icon."""

from functools import cache
from importlib.resources import files

from aiohttp import web

from http_ingress import pages, problems
from http_ingress.parameters import path_text
from http_ingress.problems import Problem
from http_ingress.routes import Answer, Parameter, Route

_TYPES = {
    "style.css": "text/css; charset=utf-8",
    "live.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


async def get_asset(request: web.Request) -> web.Response:
    """Give the stylesheet, the script or the icon of the pages."""
    name = path_text(request, "name")
    if name not in _TYPES:
        raise Problem(problems.NOT_FOUND, f"There is no {name!r} here.", field="name")
    headers = {
        "Content-Type": _TYPES[name],
        "Cache-Control": "max-age=300",
        "X-Content-Type-Options": "nosniff",
    }
    return web.Response(body=_read(name), headers=headers)


@cache
def _read(name: str) -> bytes:
    return files(pages).joinpath(name).read_bytes()


ROUTES = (
    Route(
        method="GET",
        path="/assets/{name}",
        handler=get_asset,
        access="open",
        tag="pages",
        parameters=(Parameter("name", "path", f"One of {', '.join(_TYPES)}."),),
        answers={200: Answer("The asset.", dict.fromkeys(_TYPES.values()))},
        problems=(problems.NOT_FOUND,),
    ),
)
