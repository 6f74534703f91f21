"""The manifest of a zip for nginx with mod_zip, which fetches the files and makes the zip of them.

A line per file: CRC-32 (`-`: not told), size, location, name. As the OCS Science Archive 2.7 has
it, what is in the file store is below `/zip-files/`, which nginx maps onto the store.
"""

from urllib.parse import urlsplit

from aiohttp import web

from http_ingress.archive.linking import Links
from http_ingress.base_urls import base_for
from http_ingress.keys import PORTS
from store.archive.links import Kind, query
from store.frames.zips import Gathered, Wanted

_SECONDS = 24 * 3600
_MADE: dict[str, tuple[Kind, str]] = {
    "funpack": ("frame-funpack", "funpack"),
    "catalogue": ("frame-catalog", "catalog"),
}


def manifest(request: web.Request, gathered: Gathered) -> str:
    """Return the lines; what they lead to may be fetched by who knows no token."""
    lines = [
        f"- {member.size} {_location(request, one)} {member.name}\n"
        for one, member in zip(gathered.found, gathered.members, strict=True)
    ]
    return "".join(lines)


def _location(request: web.Request, one: Wanted) -> str:
    ports, base = request.app[PORTS], base_for(request)
    secret, now = ports.archive.secret, ports.clock()
    if one.how != "stored":
        kind, last = _MADE[one.how]
        signed = query(secret, kind, one.frame.id, "", int(now.timestamp()) + _SECONDS)
        return f"/archive/{kind}/{one.frame.id}/{last}/?{signed}"
    url = Links(ports.archive.file_store, secret, base, _SECONDS, now).version(
        one.version, one.frame.filename
    )
    if url.startswith(f"{base}/archive/"):
        return url.removeprefix(base)
    parts = urlsplit(url)
    return f"/zip-files{parts.path}?{parts.query}"
