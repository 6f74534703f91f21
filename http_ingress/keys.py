"""Typed keys of what hangs on the application and on a request. There are no string keys."""

import asyncio

from aiohttp import web

from http_ingress.accepting import Accepting
from http_ingress.archive.porter import Porter
from http_ingress.archive.room import Room as ArchiveRoom
from http_ingress.authentication import Gate
from http_ingress.board import Board
from http_ingress.fresh import Fresh
from http_ingress.packager.room import Room as PackagerRoom
from http_ingress.ports import Ports
from http_ingress.records.room import Room
from http_ingress.reference.room import Room as ReferenceRoom
from http_ingress.statistics.room import Room as StatisticsRoom
from http_ingress.tail import Tail
from http_ingress.threads import Threads
from http_ingress.together import Together
from producers.components import Components
from producers.decisions import Decisions
from store.entrance import User
from store.operations import Operation

PORTS = web.AppKey("ports", Ports)
THREADS = web.AppKey("threads", Threads)
ACCEPTING = web.AppKey("accepting", Accepting)
GATE = web.AppKey("gate", Gate)
TAIL = web.AppKey("tail", Tail)
BOARD: web.AppKey[Fresh[Board]] = web.AppKey("board", Fresh)
OPERATIONS: web.AppKey[Together[str, Operation]] = web.AppKey("operations", Together)
"""What has become of requests that somebody waits for."""
DECISIONS = web.AppKey("decisions", Decisions)
COMPONENTS = web.AppKey("components", Components)
RECORDS = web.AppKey("records", Room)
PACKAGER = web.AppKey("packager", PackagerRoom)
STATISTICS = web.AppKey("statistics", StatisticsRoom)
ARCHIVE = web.AppKey("archive", ArchiveRoom)
REFERENCE = web.AppKey("reference", ReferenceRoom)
PORTER = web.AppKey("porter", Porter)
"""Knows the users of /archive."""
UPLOADS = web.AppKey("uploads", asyncio.Semaphore)
"""One slot per upload that may go on at once."""
FOLLOWERS = web.AppKey("followers", asyncio.Semaphore)
"""One slot per client that may follow an operation live."""

USER: web.RequestKey[User] = web.RequestKey("user", User)
"""Who asks; there on every route that needs somebody."""
