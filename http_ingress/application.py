"""The application: every API there is, mounted on what wiring passes in."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web

from http_ingress import (
    assets_api,
    audit_api,
    content_api,
    decisions_api,
    documents_api,
    events_api,
    files_api,
    operations_api,
    packages_api,
    parked_api,
    schedules_api,
    status_api,
    stream_api,
    uploads_api,
    why_api,
)
from http_ingress.accepting import Accepting
from http_ingress.answering import answer
from http_ingress.archive.mounting import archive_room, mount_archive
from http_ingress.archive.porter import Porter
from http_ingress.archive.throttling import telling
from http_ingress.authentication import Gate
from http_ingress.board import look
from http_ingress.console.mounting import mount_console
from http_ingress.fresh import Fresh
from http_ingress.keys import (
    ACCEPTING,
    ARCHIVE,
    BOARD,
    COMPONENTS,
    DECISIONS,
    FOLLOWERS,
    GATE,
    OPERATIONS,
    PACKAGER,
    PORTER,
    PORTS,
    RECORDS,
    REFERENCE,
    STATISTICS,
    TAIL,
    THREADS,
    UPLOADS,
)
from http_ingress.packager.mounting import mount_packager
from http_ingress.packager.room import Room as PackagerRoom
from http_ingress.ports import Ports
from http_ingress.records.mounting import mount_records, records_room
from http_ingress.reference.mounting import mount_reference, reference_room
from http_ingress.routes import Route, mount
from http_ingress.statistics import statistics_api, stream_tables_api
from http_ingress.statistics.room import Room as StatisticsRoom
from http_ingress.tail import Tail
from http_ingress.threads import Threads
from http_ingress.together import Together
from producers.decisions import Decisions
from store.operations import operations
from store.views import events_after

NATIVE: tuple[Route, ...] = (
    *events_api.ROUTES,
    *stream_api.ROUTES,
    *why_api.ROUTES,
    *uploads_api.ROUTES,
    *files_api.ROUTES,
    *content_api.ROUTES,
    *operations_api.ROUTES,
    *packages_api.ROUTES,
    *parked_api.ROUTES,
    *decisions_api.ROUTES,
    *audit_api.ROUTES,
    *schedules_api.ROUTES,
    *status_api.ROUTES,
    *statistics_api.ROUTES,
    *stream_tables_api.ROUTES,
    *documents_api.ROUTES,
    *assets_api.ROUTES,
)
"""The native API."""

_LOOK_SECONDS = 1.0
"""How old the board may be that a page or a probe is given."""


def application(ports: Ports) -> web.Application:
    """Return the application, ready to be run in an event loop."""
    app = web.Application(middlewares=[answer], client_max_size=ports.limits.largest_body)
    app[PORTS] = ports
    app.cleanup_ctx.append(_equip)
    app.on_shutdown.append(_dismiss)
    mount(app, NATIVE)
    mount_records(app)
    mount_packager(app)
    mount_archive(app)
    mount_console(app)
    mount_reference(app)
    return app


async def _equip(app: web.Application) -> AsyncIterator[None]:
    ports = app[PORTS]
    threads = app[THREADS] = Threads()
    tail = app[TAIL] = Tail(
        lambda after, most: threads.query(lambda: events_after(ports.database, after, most).events)
    )
    app[ACCEPTING] = Accepting(ports.acceptor.submit, ports.limits.most_pending, tail.wake)
    app[OPERATIONS] = Together(lambda keys: threads.query(operations, ports.database, keys))
    app[UPLOADS] = asyncio.Semaphore(ports.limits.most_concurrent_uploads)
    app[FOLLOWERS] = asyncio.Semaphore(ports.limits.most_streams)
    app[BOARD] = Fresh(lambda: threads.query(look, ports), _LOOK_SECONDS)
    consumers = frozenset(one.name for one in ports.listeners)
    app[DECISIONS] = Decisions(ports.database, ports.ledger, ports.stamp, ports.clock, consumers)
    app[COMPONENTS] = ports.components
    app[RECORDS] = records_room(app)
    app[PACKAGER] = PackagerRoom()
    app[STATISTICS] = StatisticsRoom(ports.database, ports.clock, threads)
    app[GATE] = Gate(ports.accounts, threads, ports.new_secret())
    app[ARCHIVE] = archive_room(app)
    app[REFERENCE] = reference_room(app)
    app[PORTER] = Porter(ports.archive.people, threads, ports.new_secret())
    async with telling(ports.archive.people.visits, threads):
        yield
    threads.close()


async def _dismiss(app: web.Application) -> None:
    """Let the streams go, which would never end by themselves."""
    app[TAIL].close()
