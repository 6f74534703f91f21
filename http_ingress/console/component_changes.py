"""What operators change of a component; each change is audited where it is made."""

from collections.abc import Mapping

from aiohttp import web

from http_ingress.console.places import Call, Change, Fields, Wrong, nothing_here
from http_ingress.console.receiving import line
from http_ingress.keys import COMPONENTS, PORTS, THREADS
from schemas.component_descriptions import DescriptionError, read_description, read_moment
from schemas.component_settings import LARGEST_COUNT, SETTINGS, SettingsError
from schemas.components import COMPONENTS as ALL
from schemas.components import PLATFORM, Component

WAS = "was."
"""Before the name of a setting: what it was when the page was shown."""
_INFO = (
    *("name", "synopsis", "version", "institution", "releaseTime", "supportEmail", "category"),
    *("researchSubject", "tags"),
)
_DIGITS = 19


def component_of(call: Call) -> Component:
    """Return the component of the path. Raises Refused: there is none."""
    found = ALL.get(call.parts["name"])
    if found is None:
        raise nothing_here(f"No component is called this; there are: {', '.join(ALL)}.")
    return found


async def describe(request: web.Request, call: Call, fields: Fields) -> None:
    """Have another description served. The one that is served already changes nothing."""
    component = component_of(call)
    known, query = request.app[COMPONENTS], request.app[THREADS].query
    said: dict[str, object] = {name: fields[name].strip() for name in _INFO if name in fields}
    said["synopsis"] = fields.get("synopsis", "").replace("\r\n", "\n").strip()
    said["tags"] = [tag for one in fields.get("tags", "").splitlines() if (tag := one.strip())]
    try:
        description = read_description(component, said)
        if description != await query(known.description, component.name):
            await query(known.describe, component.name, description, call.who)
    except DescriptionError as error:
        raise Wrong({field: _sentence(text) for field, text in error.errors.items()}) from error


async def drop(request: web.Request, call: Call, fields: Fields) -> None:
    """Fall back to the description before the newest, which the form names; safe to repeat."""
    component = component_of(call)
    newest = _number(line(fields, "newest"), "newest")
    await request.app[THREADS].query(
        request.app[COMPONENTS].drop_newest, component.name, call.who, newest
    )


async def correct(request: web.Request, call: Call, fields: Fields) -> None:
    """Set the counter, and since when it counts, if that is given."""
    component = component_of(call)
    value = _number(line(fields, "value"), "value")
    text = line(fields, "last_reset", needed=False)
    try:
        last_reset = read_moment(text) if text else None
    except ValueError as error:
        raise Wrong({"last_reset": _sentence(str(error))}) from error
    if last_reset is not None and last_reset > request.app[PORTS].clock():
        raise Wrong({"last_reset": "This is in the future; times are UTC."})
    await request.app[THREADS].query(
        request.app[COMPONENTS].correct, component.name, value, last_reset, call.who
    )


async def zero(request: web.Request, call: Call, _: Fields) -> None:
    """Let the counter begin again."""
    component = component_of(call)
    await request.app[THREADS].query(request.app[COMPONENTS].reset, component.name, call.who)


async def change(request: web.Request, call: Call, fields: Fields) -> None:
    """Set what was changed on the page; what somebody else has set meanwhile stays, and is told."""
    component = component_of(call)
    asked: dict[str, tuple[str, str | None]] = {}
    for name in SETTINGS[component.name]:
        text, was = fields.get(name), fields.get(WAS + name)
        if text is not None and text.strip() != was:
            asked[name] = (line(fields, name, needed=False), was)
    try:
        await request.app[THREADS].query(
            request.app[COMPONENTS].change_settings, component.name, asked, call.who
        )
    except SettingsError as error:
        raise Wrong({name: _sentence(text) for name, text in error.errors.items()}) from error


async def start(request: web.Request, call: Call, _: Fields) -> None:
    """Have the platform poll."""
    _check_polls(call)
    await request.app[THREADS].query(request.app[COMPONENTS].start, call.who)


async def stop(request: web.Request, call: Call, _: Fields) -> None:
    """Have the platform poll no more."""
    _check_polls(call)
    await request.app[THREADS].query(request.app[COMPONENTS].stop, call.who)


CHANGES: Mapping[str, Change] = {
    "describe": describe,
    "drop": drop,
    "correct": correct,
    "zero": zero,
    "change": change,
    "start": start,
    "stop": stop,
}


def _check_polls(call: Call) -> None:
    if component_of(call).name != PLATFORM:
        raise Wrong({"do": f"Only {PLATFORM} polls."})


def _number(text: str, field: str) -> int:
    value = int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else -1
    if not 0 <= value <= LARGEST_COUNT:
        raise Wrong({field: f"This has to be a whole number from 0 to {LARGEST_COUNT}."})
    return value


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
