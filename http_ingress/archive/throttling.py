"""How often somebody may come: so many requests in 24 hours by one user, or from one address."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from ipaddress import IPv6Address, ip_address

from aiohttp import web

from http_ingress.archive.answers import Refused, detail
from http_ingress.archive.user_ports import Network
from http_ingress.archive.visitors import Visitor
from http_ingress.keys import PORTS
from http_ingress.threads import Threads
from store.archive.visits import ArchiveVisits
from store.errors import UnavailableError

_TELL_SECONDS = 1.0
"""How often processes tell one another how often somebody has come."""
_SITE_BITS = 64
"""What one customer has of IPv6: to count each of its addresses apart would be to count none."""

_log = logging.getLogger(__name__)


def throttle(request: web.Request, visitor: Visitor) -> None:
    """Count the request, unless by staff. Raises Refused: 429, one too many."""
    people = request.app[PORTS].archive.people
    if visitor.staff:
        return
    if visitor.name is None:
        who, limit = (
            f"address:{_address(request)}",
            people.anonymous_per_day,
        )
    else:
        who, limit = f"user:{visitor.name}", people.users_per_day
    seconds = people.visits.visit(who, limit) if limit else None
    if seconds is not None:
        raise _too_often(seconds)


def _address(request: web.Request) -> str:
    passed_on = ",".join(request.headers.getall("X-Forwarded-For", []))
    trusted = request.app[PORTS].archive.people.trusted_proxies
    return address_of(request.remote or "", passed_on, trusted)


def address_of(peer: str, passed_on: str, trusted: Sequence[Network]) -> str:
    """Return the address that a request comes from, or the network, of IPv6.

    `passed_on` is `X-Forwarded-For`, which is believed as far as those are who wrote it: from its
    end to the first address that is no trusted proxy.
    """
    way = [part.strip() for part in passed_on.split(",") if part.strip()]
    here = peer
    while way and _is_trusted(here, trusted):
        here = way.pop()
    return _counted(here)


def _too_often(seconds: int) -> Refused:
    unit = "second" if seconds == 1 else "seconds"
    text = f"Request was throttled. Expected available in {seconds} {unit}."
    return detail(429, text, {"Retry-After": str(seconds)})


def _is_trusted(text: str, trusted: Sequence[Network]) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return any(address in network for network in trusted)


def _counted(text: str) -> str:
    try:
        address = ip_address(text)
    except ValueError:
        return "unknown"
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    spare = 128 - _SITE_BITS
    return f"{IPv6Address(int(address) >> spare << spare)}/{_SITE_BITS}"


@asynccontextmanager
async def telling(visits: ArchiveVisits, threads: Threads) -> AsyncIterator[None]:
    """Have counts shared with other processes for as long as the block lasts, and at its end."""
    task = asyncio.create_task(_tell(visits, threads))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await _flush(visits, threads)


async def _tell(visits: ArchiveVisits, threads: Threads) -> None:
    while True:
        await asyncio.sleep(_TELL_SECONDS)
        await _flush(visits, threads)


async def _flush(visits: ArchiveVisits, threads: Threads) -> None:
    if visits.idle:
        return
    try:
        await threads.query(visits.flush)
    except UnavailableError as error:
        _log.warning("visits to the archive are counted in this process alone for now: %s", error)
