"""What adapters of foreign APIs share: all below a prefix is theirs, and every answer is."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

_BELOW = r"{below:(/[\s\S]*)?}"


@dataclass(frozen=True, slots=True)
class Adapter:
    """How one foreign API answers."""

    prefix: str
    do: Callable[[web.Request], Awaitable[web.StreamResponse]]
    """Answers a request, or raises."""
    refuse: Callable[[web.Request, Exception], web.StreamResponse | None]
    """Says what was raised as this API does; None: nobody foresaw it."""
    drain: Callable[[web.Request], Awaitable[None]]
    """Lets the rest of a body pass by, as far as is reasonable."""


def mount_adapter(application: web.Application, adapter: Adapter) -> None:
    """Have the application answer for all that begins with the prefix, by whichever method."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return await _answer(request, adapter)

    application.router.add_route("*", adapter.prefix + _BELOW, answer, expect_handler=_wait)


async def _wait(_: web.Request) -> None:
    """Promise nothing yet: who reads the body says `100 Continue`."""


async def _answer(request: web.Request, adapter: Adapter) -> web.StreamResponse:
    try:
        response = await adapter.do(request)
    except Exception as error:
        if request.writer.output_size > 0:
            # Half an answer is out, and another one must not follow in the midst of it.
            raise
        refusal = adapter.refuse(request, error)
        if refusal is None:
            await adapter.drain(request)
            raise
        response = refusal
    if not response.prepared:
        await adapter.drain(request)
        if "Expect" in request.headers and not request.content.is_eof():
            response.force_close()
    return response
