"""The HTTP server on a thread of its own, so that the rest of the process stays synchronous."""

import asyncio
import socket
from concurrent.futures import Future
from threading import Thread

from aiohttp import web

from store.errors import SetupError

_CONNECTIONS_WAITING = 1024


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 gets any free one.

    Raises SetupError when the address cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_CONNECTIONS_WAITING)
    except OSError as error:
        raise SetupError(
            f"cannot listen on {host}:{port} ({error.strerror}); "
            "stop what is there, or choose another MUNIMENT_HTTP_PORT"
        ) from error


class HttpServer:
    """Serves one application on a listening socket, from `start` to `stop`."""

    def __init__(self, application: web.Application, listening: socket.socket) -> None:
        self._application = application
        self._listening = listening
        self._started: Future[None] = Future()
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._thread = Thread(target=self._run, name="http")

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()
        self._started.result()

    def stop(self) -> None:
        """Close the door, let requests finish, end."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        runner = web.AppRunner(
            self._application, access_log=None, shutdown_timeout=5, handler_cancellation=True
        )
        try:
            await runner.setup()
            await web.SockSite(runner, self._listening).start()
        except BaseException as error:
            self._started.set_exception(error)
            raise
        self._started.set_result(None)
        await self._stopping.wait()
        await runner.cleanup()
