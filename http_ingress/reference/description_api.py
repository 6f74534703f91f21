"""`info` and `setinfo`: what a component says of itself."""

from aiohttp import web

from http_ingress.conditional import is_known, tag_of
from http_ingress.keys import COMPONENTS, THREADS
from http_ingress.reference.answers import STANDING, answer, invalid
from http_ingress.reference.pages import page
from http_ingress.reference.places import Call
from http_ingress.reference.receiving import read_json
from schemas.component_descriptions import Description, DescriptionError, read_description


async def get_info(request: web.Request, call: Call) -> web.StreamResponse:
    """Tell what the component is."""
    components, name = request.app[COMPONENTS], call.component.name
    description = await request.app[THREADS].query(components.description, name)
    info = description.info()
    shown = (
        answer(info) if call.form == "json" else page("info", component=call.component, info=info)
    )
    tag = tag_of(shown.body if isinstance(shown.body, bytes) else b"")
    if is_known(request, tag):
        return web.Response(status=304, headers={**STANDING, "ETag": tag})
    shown.headers["ETag"] = tag
    return shown


async def set_info(request: web.Request, call: Call) -> web.StreamResponse:
    """Describe the component anew; what it said before is kept."""
    said = await read_json(request)
    components, component = request.app[COMPONENTS], call.component

    def describe() -> Description:
        return components.describe(component.name, read_description(component, said), call.who)

    try:
        description = await request.app[THREADS].query(describe)
    except DescriptionError as error:
        raise invalid(error.errors) from error
    return answer(description.info())
