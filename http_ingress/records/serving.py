"""Records as they go over the wire: spliced together, since they are kept as JSON text."""

from collections.abc import AsyncIterator, Callable

from aiohttp import web
from pydantic_core import to_json

from http_ingress.keys import PORTS, THREADS
from http_ingress.records.answers import headers_of
from http_ingress.records.negotiating import Chosen
from schemas.record_document import LONG, as_v3, read_kept, write
from store.keys import content_key
from store.record_ports import LongText
from store.record_views import Stored

_CHUNK = 256 * 1024
_GATHERED = 64 * 1024

Pieces = AsyncIterator[bytes]


async def serve(request: web.Request, chosen: Chosen, stored: Stored) -> web.StreamResponse:
    """Answer with one record."""
    if all(stored.texts[field].literal is not None for field in LONG):
        body = b"".join([piece async for piece in pieces(request, stored, v3=chosen.v3)])
        return web.Response(body=body, headers=headers_of(chosen))
    return await stream(request, chosen, lambda: pieces(request, stored, v3=chosen.v3))


async def stream(
    request: web.Request, chosen: Chosen, body: Callable[[], Pieces]
) -> web.StreamResponse:
    """Answer piece by piece; what is small travels together.

    What cannot be read raises, before the answer has begun; or else in the middle, and breaks the
    connection: half an answer must not look whole.
    """
    response = web.StreamResponse(headers=headers_of(chosen))
    if request.method == "HEAD":
        await response.prepare(request)
        return response
    gathered = bytearray()
    async for piece in body():
        gathered += piece
        if len(gathered) >= _GATHERED:
            await _send(request, response, gathered)
    await _send(request, response, gathered)
    await response.write_eof()
    return response


async def _send(request: web.Request, response: web.StreamResponse, gathered: bytearray) -> None:
    if not response.prepared:
        await response.prepare(request)
    await response.write(bytes(gathered))
    gathered.clear()


async def pieces(request: web.Request, stored: Stored, *, v3: bool = False) -> Pieces:
    """Yield the JSON text of a record."""
    document = stored.document
    if v3:
        document = write(as_v3(read_kept(document)))
    yield document[:-1].encode()
    for field in LONG:
        yield f',"{field}":'.encode()
        async for piece in literal(request, stored.texts[field]):
            yield piece
    yield b',"project_id":%b}' % to_json(stored.project)


async def literal(request: web.Request, text: LongText) -> Pieces:
    """Yield a long text as a JSON string."""
    if text.sha256 is None:
        yield (text.literal or '""').encode()
        return
    threads, objects = request.app[THREADS], request.app[PORTS].objects
    found = await threads.transfer(objects.open, content_key(text.sha256))
    try:
        while chunk := await threads.transfer(found.read, _CHUNK):
            yield chunk
    finally:
        await threads.transfer(found.close)
