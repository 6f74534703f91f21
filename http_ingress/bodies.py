"""Request bodies: whether they may come, and how they are read."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web

from http_ingress import problems
from http_ingress.keys import PORTS
from http_ingress.problems import Problem


async def read_body(request: web.Request, largest: int) -> bytes:
    """Return the whole body. Raises a Problem: too large, too slow, encoded, of no length."""
    await expect_body(request, largest)
    if request.content.is_eof():
        # All of it has come already, as it does with most events: no timer is worth its while.
        return await request.read()
    return b"".join([piece async for piece in pieces(request, largest)])


async def expect_body(request: web.Request, largest: int) -> None:
    """Look at what is announced, and tell a client that waits for it to go on. Raises a Problem."""
    headers = request.headers
    if "Content-Encoding" in headers and headers["Content-Encoding"].lower() != "identity":
        raise Problem(
            problems.UNSUPPORTED,
            "Compressed bodies are not read here; send the bytes as they are.",
            field="Content-Encoding",
            headers={"Accept-Encoding": "identity"},
        )
    length = request.content_length
    if length is None and "Transfer-Encoding" not in headers:
        raise Problem(problems.LENGTH_REQUIRED, "Neither Content-Length nor chunked encoding.")
    if length is not None and length > largest:
        raise too_large(largest)
    if "Expect" in headers:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        # aiohttp takes written bytes for the beginning of the response.
        request.writer.output_size = 0


async def pieces(request: web.Request, largest: int) -> AsyncIterator[bytes]:
    """Yield the body as it comes. Raises a Problem: too large, or silent for too long."""
    seconds = request.app[PORTS].limits.request_seconds
    received = 0
    while True:
        try:
            async with asyncio.timeout(seconds):
                piece = await request.content.readany()
        except TimeoutError as error:
            raise Problem(
                problems.TIMEOUT, f"Nothing came for {seconds:g} s in the middle of the body."
            ) from error
        if not piece:
            return
        received += len(piece)
        if received > largest:
            raise too_large(largest)
        yield piece


def too_large(largest: int) -> Problem:
    """Return the problem of a body of more than `largest` bytes."""
    return Problem(problems.TOO_LARGE, f"At most {largest} bytes are taken here.", limit=largest)
