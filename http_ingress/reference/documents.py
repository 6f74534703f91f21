"""`doc`, `licence` and the like: where a component's documents are, or a page of our own.

What is configured is redirected to. What is not: of a capability the page is right there; the
demonstration components redirect to it all the same, as their clients have always known it.
"""

from aiohttp import web
from yarl import URL

from http_ingress.base_urls import base_for
from http_ingress.keys import COMPONENTS, PORTS, THREADS
from http_ingress.reference.answers import STANDING, leading
from http_ingress.reference.examples import EXAMPLES
from http_ingress.reference.pages import page
from http_ingress.reference.places import PREFIX, Call
from schemas.component_settings import SettingError, read_setting
from schemas.components import Component

ASIDE = f"{PREFIX}/documents"
"""Where our own pages are of the components for demonstration."""


async def get_document(request: web.Request, call: Call) -> web.StreamResponse:
    """Lead to the document, or show it."""
    component, name = call.component, call.place.name
    components = request.app[COMPONENTS]
    settings = await request.app[THREADS].query(components.settings, component.name)
    url = _target(component, name, settings.get(name, ""))
    if url is not None:
        return leading(url)
    if component.capability is None:
        return leading(f"{base_for(request)}{ASIDE}/{component.name}/{name}")
    if name == "source":
        return web.Response(status=204, headers=STANDING)
    return await show_document(request, call)


async def show_document(request: web.Request, call: Call) -> web.StreamResponse:
    """Show our own page."""
    component, name = call.component, call.place.name
    components = request.app[COMPONENTS]
    description = await request.app[THREADS].query(components.description, component.name)
    return page(
        name,
        component=component,
        info=description.info(),
        places=[one for one in call.places if one.component is component and not one.aside],
        base=base_for(request),
        example=EXAMPLES.get(component.name),
        guarded=request.app[PORTS].reference.requires_operator,
    )


def _target(component: Component, name: str, text: str) -> str | None:
    """Return where to redirect to; None: nowhere, or not to an address of the web."""
    if not text:
        return None
    try:
        url = read_setting(component.name, name, text)
        return url if url.isascii() else str(URL(url))
    except (SettingError, ValueError):
        return None
