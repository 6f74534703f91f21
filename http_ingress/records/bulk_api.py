"""Many records at once, one a line: taken in and answered while they come."""

from collections.abc import AsyncIterator, Sequence

from aiohttp import web
from pydantic_core import to_json

from http_ingress.awaiting import Asked
from http_ingress.bodies import expect_body, pieces
from http_ingress.keys import PORTS, RECORDS
from http_ingress.records.answers import Refused
from http_ingress.records.asking import ask, is_new, outcome
from http_ingress.records.drafting import understand
from http_ingress.records.receiving import too_large
from http_ingress.records.record_api import putting
from http_ingress.records.visitors import Visit
from schemas.record_names import is_reserved

LINES = "application/x-ndjson"

_AT_ONCE = 50
_BYTES_AT_ONCE = 4 * 1024**2


async def import_records(request: web.Request, visit: Visit) -> web.StreamResponse:
    """Store each line as if it had been sent by itself; say of each how that went, a line each.

    What is wrong with one line is no matter of the others. A line that was answered is durable;
    what cannot be stored for now breaks off the answer, or is a 503 when there is none yet.
    """
    async with request.app[RECORDS].imports:
        await expect_body(request, 2**62)
        return await _import(request, visit)


async def _import(request: web.Request, visit: Visit) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": LINES, "Cache-Control": "no-store"})
    response.enable_chunked_encoding()
    async for lines in _batches(request):
        said = await _store(request, visit, lines)
        if not response.prepared:
            await response.prepare(request)
        for one in said:
            await response.write(to_json(one) + b"\n")
    await response.prepare(request)
    await response.write_eof()
    return response


async def _store(
    request: web.Request, visit: Visit, lines: Sequence[tuple[int, bytes | None]]
) -> list[dict[str, object]]:
    said: dict[int, dict[str, object]] = {}
    asked: list[tuple[int, Asked]] = []
    for number, line in lines:
        said[number] = {"line": number}
        try:
            if line is None:
                raise too_large(request.app[PORTS].limits.largest_record)
            sent = await understand(request, line)
            said[number]["label"] = sent.label
            _expect_address(sent.label)
        except Refused as refused:
            said[number] |= {"status": refused.status, "error": refused.text}
            continue
        asked.append((number, await putting(request, visit, sent)))
    operations = await ask(request, visit.name, [one for _, one in asked]) if asked else []
    for (number, _), operation in zip(asked, operations, strict=True):
        try:
            said[number]["status"] = 201 if is_new(outcome(operation)) else 200
        except Refused as refused:
            said[number] |= {"status": refused.status, "error": refused.text}
    return list(said.values())


def _expect_address(label: str) -> None:
    if is_reserved(label):
        # Stored, it could never be read: its address means something else.
        raise Refused(400, f"label: {label!r} is reserved")


async def _batches(request: web.Request) -> AsyncIterator[list[tuple[int, bytes | None]]]:
    """Yield numbered lines, as many together as share a commit well."""
    batch: list[tuple[int, bytes | None]] = []
    size = 0
    number = 0
    async for line in _lines(request):
        number += 1
        if line is None or line.strip():
            batch.append((number, line))
            size += len(line or b"")
        if len(batch) >= _AT_ONCE or size >= _BYTES_AT_ONCE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


async def _lines(request: web.Request) -> AsyncIterator[bytes | None]:
    """Yield line after line; None in the place of one that is too long."""
    largest = request.app[PORTS].limits.largest_record
    line: list[bytes] = []
    size = 0
    async for piece in pieces(request, 2**62):
        *ends, rest = piece.split(b"\n")
        for end in ends:
            yield b"".join([*line, end]) if size + len(end) <= largest else None
            line, size = [], 0
        line.append(rest)
        size += len(rest)
        if size > largest:
            line.clear()
    if size:
        yield b"".join(line) if size <= largest else None
