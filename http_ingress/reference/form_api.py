"""`app`, `tryme` and `update`: the demonstration, by the buttons of a page."""

from collections.abc import Mapping

from aiohttp import web

from http_ingress.keys import COMPONENTS, THREADS
from http_ingress.reference.answers import leading
from http_ingress.reference.pages import form_token, page
from http_ingress.reference.places import PREFIX, Call, Do
from http_ingress.reference.platform_api import start, stop
from http_ingress.reference.usage_api import add, read_counter, reset
from schemas.component_descriptions import write_moment

BUTTONS: Mapping[str, Mapping[str, Do]] = {
    "service": {"add": add, "reset": reset},
    "platform": {"start": start, "stop": stop, "reset": reset},
}
"""What each button of a component does; of several that are pressed at once, the first counts."""


async def show_counter(request: web.Request, call: Call) -> web.StreamResponse:
    """Show the counter, with its buttons."""
    counter = await read_counter(request, call.component)
    token = await form_token(request)
    return page(
        "counter",
        component=call.component,
        counter=counter,
        since=write_moment(counter.last_reset),
        token=token,
    )


async def show_platform(request: web.Request, call: Call) -> web.StreamResponse:
    """Show the platform's counter, and whether it polls, with its buttons."""
    components, threads = request.app[COMPONENTS], request.app[THREADS]
    counter = await read_counter(request, call.component)
    poll = await threads.query(components.poll)
    token = await form_token(request)
    since = write_moment(counter.last_reset)
    return page(
        "platform",
        component=call.component,
        counter=counter,
        since=since,
        poll=poll,
        token=token,
        moment=write_moment,
    )


async def update(request: web.Request, call: Call) -> web.StreamResponse:
    """Do what the pressed button says, and show the page again."""
    component = call.component
    for button, do in BUTTONS[component.name].items():
        if button in call.fields:
            await do(request, call)
            break
    return leading(f"{PREFIX}/{component.name}/app")
