"""`/reference/`: every component, and where it can be asked what."""

from collections.abc import Mapping

from aiohttp import web

from http_ingress.base_urls import base_for
from http_ingress.keys import COMPONENTS, THREADS
from http_ingress.reference.answers import answer
from http_ingress.reference.pages import page
from http_ingress.reference.places import Call
from schemas.component_descriptions import Description

_HEADINGS = {"service": "Services", "platform": "Platforms"}


async def get_index(request: web.Request, call: Call) -> web.StreamResponse:
    """Tell of every component, and of all that can be read of it."""
    described = await request.app[THREADS].query(request.app[COMPONENTS].current)
    base = base_for(request)
    names = _names(described)
    index: dict[str, dict[str, dict[str, str]]] = {one: {} for one in _HEADINGS.values()}
    for place in call.places:
        if place.component is not None and place.method == "GET" and not place.aside:
            shelf = index[_HEADINGS[place.component.kind]]
            endpoints = shelf.setdefault(names[place.component.name], {})
            endpoints[place.name] = f"{base}{place.path}"
    if call.form == "json":
        return answer(index)
    synopses = {names[name]: one.synopsis for name, one in described.items()}
    return page("index", index=index, synopses=synopses)


def _names(described: Mapping[str, Description]) -> Mapping[str, str]:
    """Return what each component is called here: no two the same."""
    taken: dict[str, str] = {}
    for name, description in described.items():
        called = description.name
        while called in taken.values():
            called = f"{called} ({name})"
        taken[name] = called
    return taken
