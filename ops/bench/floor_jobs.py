"""Work for a floor's threads: all of it known beforehand, each piece timed."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from queue import Empty, SimpleQueue
from time import monotonic

from sqlalchemy import create_engine, make_url

from ops.bench.loading import Posted
from ops.bench.processes import wait_for_end
from store.database import Database, open_database

_MOST_CONNECTIONS = 40
"""A server has a hundred, of which it needs some for others; more make nothing faster."""

DONE = "done"
"""How everything is answered here."""

Job = Callable[[Database], object]


def work_off(pipe: Connection, database: Database, jobs: Sequence[Job], threads: int) -> None:
    """Say that everything is built, wait, do it all, say a Posted; close the database."""
    waiting: SimpleQueue[Job] = SimpleQueue()
    for job in jobs:
        waiting.put(job)
    pipe.send(None)
    pipe.recv()
    started = monotonic()
    with ThreadPoolExecutor(threads) as pool:
        taken = [pool.submit(_do_all, database, waiting) for _ in range(threads)]
        times = [time for one in taken for time in one.result()]
    pipe.send(Posted(started, monotonic(), {DONE: len(times)}, times))
    database.close()
    wait_for_end(pipe)


def open_for(url: str, threads: int) -> Database:
    """Open a database, with a connection for each thread where there is a server, within reason."""
    if make_url(url).get_backend_name() == "sqlite":
        return open_database(url)
    return Database(create_engine(url, pool_size=min(threads, _MOST_CONNECTIONS), max_overflow=0))


def _do_all(database: Database, waiting: SimpleQueue[Job]) -> list[float]:
    times: list[float] = []
    while True:
        try:
            job = waiting.get_nowait()
        except Empty:
            return times
        started = monotonic()
        job(database)
        times.append(1000 * (monotonic() - started))
