"""Serves an application from a thread of its own, so that the rest of the process need not wait.

Listening comes first and apart: the address may be needed to build what the application is given.
"""

import asyncio
import socket
from concurrent.futures import Future
from functools import partial
from threading import Thread

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong

from http_ingress import problems
from http_ingress.problems import Kind, Problem
from store.errors import SetupError

_CONNECTIONS_WAITING = 1024
_LARGEST_LINE = 64 * 1024
"""Bytes of the request line, and of each header."""
_KEEPALIVE_SECONDS = 75.0


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 gets any free one.

    Raises SetupError when the address cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_CONNECTIONS_WAITING)
    except OSError as error:
        raise SetupError(
            f"cannot listen on {host}:{port} ({error.strerror or error}); "
            "stop what is there, or choose another MUNIMENT_HTTP_HOST or MUNIMENT_HTTP_PORT"
        ) from error


class HttpServer:
    """Serves one application on a listening socket, from `start` to `stop`."""

    def __init__(
        self, application: web.Application, listening: socket.socket, drain_seconds: float = 5
    ) -> None:
        """Take an application; `drain_seconds` is what its requests get to finish when it stops."""
        self._application = application
        self._listening = listening
        self._drain_seconds = drain_seconds
        self._started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        self._thread = Thread(target=self._run, name="http")

    def start(self) -> None:
        """Begin to answer; raises what keeps it from doing so."""
        self._thread.start()
        self._started.result()

    def stop(self) -> None:
        """Take no more connections, let requests finish, end."""
        loop, stopping = self._started.result()
        loop.call_soon_threadsafe(stopping.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            if self._started.done():
                raise
            # It is raised where it matters, in `start`.
            self._started.set_exception(error)

    async def _serve(self) -> None:
        loop, stopping = asyncio.get_running_loop(), asyncio.Event()
        runner = web.AppRunner(
            self._application, handler_cancellation=True, shutdown_timeout=self._drain_seconds
        )
        await runner.setup()
        if runner.server is None:
            raise RuntimeError("the runner has no server after its setup")
        connected = partial(_Connection, runner.server, loop=loop)
        listener = await loop.create_server(connected, sock=self._listening)
        self._started.set_result((loop, stopping))
        await stopping.wait()
        listener.close()
        await runner.cleanup()


class _Connection(web.RequestHandler):
    """aiohttp's connection, except that what is not even HTTP is answered with a problem, too."""

    __slots__ = ()

    def __init__(self, manager: web.Server, *, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            manager,
            loop=loop,
            access_log=None,  # type: ignore[arg-type] # documented to turn it off
            auto_decompress=False,
            keepalive_timeout=_KEEPALIVE_SECONDS,
            max_line_size=_LARGEST_LINE,
            max_field_size=_LARGEST_LINE,
        )

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what the application never saw, and close the connection."""
        if request.writer.output_size > 0:
            raise ConnectionError("half an answer is out")
        # What follows the first line draws a picture of where the parser stood.
        detail = (message or "This is not HTTP.").partition("\n")[0].rstrip(":")
        response = Problem(_kind(status, exc), detail).response()
        response.force_close()
        return response


def _kind(status: int, error: BaseException | None) -> Kind:
    if isinstance(error, LineTooLong):
        return problems.HEADERS_TOO_LARGE
    return problems.MALFORMED if status < 500 else problems.INTERNAL  # noqa: PLR2004 - HTTP
