"""`/packager/status`: who works, what waits, and what has been done; `clear_caches`."""

from collections.abc import Mapping
from datetime import datetime

from aiohttp import web

from http_ingress.keys import PORTS, THREADS
from http_ingress.packager.answers import answer
from http_ingress.packager.receiving import Fields
from store.database import Database
from store.package_log import ALL
from store.package_statistics import open_requests, totals
from store.package_tidying import remove_all
from store.workers import living

_WORKERS = "zip-dataset."
"""What the names of the consumers begin with that make packages."""


async def get_status(request: web.Request, _: Fields) -> web.Response:
    """Count who works, what waits, and what has been done."""
    ports = request.app[PORTS]
    threads = {one.name: one.threads for one in ports.listeners if one.name.startswith(_WORKERS)}
    now = ports.clock()
    return answer(await request.app[THREADS].query(_status, ports.database, now, threads))


def _status(database: Database, now: datetime, threads: Mapping[str, int]) -> dict[str, int]:
    """Return the figures; `threads` is how many each consumer has in one process."""
    done = totals(database, ALL)[ALL]
    return {
        "worker_count": sum(threads.get(one.consumer, 0) for one in living(database, now)),
        "queue_length": open_requests(database),
        "processed_requests": done["requests"] + done["errors"],
    }


async def clear_caches(request: web.Request, _: Fields) -> web.Response:
    """Remove every zip; links to them work no more, and whoever asks again has it built again."""
    ports = request.app[PORTS]
    await request.app[THREADS].transfer(remove_all, ports.database, ports.objects, ports.clock())
    return answer({"status": "success", "message": "Done."})
