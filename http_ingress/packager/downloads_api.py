"""`/packager/resources/NAME.zip`: the zips, for whoever has been told the name."""

import re
from functools import partial

from aiohttp import web

from http_ingress.attachments import Attachment, send
from http_ingress.digests import repr_digest
from http_ingress.keys import PORTS, THREADS
from http_ingress.packager.answers import nothing_here
from http_ingress.ranges import Validators
from store.errors import ObjectNotFoundError
from store.keys import package_key
from store.package_ports import Package
from store.package_views import downloadable

_NAME = re.compile(r"[A-Za-z0-9_-]{16,128}\.zip")


async def get_zip(request: web.Request, name: str) -> web.StreamResponse:
    """Send a zip, or one range of it."""
    if _NAME.fullmatch(name) is None:
        raise nothing_here()
    ports = request.app[PORTS]
    package = await request.app[THREADS].query(downloadable, ports.database, name, ports.clock())
    if package is None:
        raise nothing_here()
    attachment = Attachment(
        open=partial(ports.objects.open, package_key(name)),
        size=package.size,
        validators=Validators(f'"{package.sha256}"', package.built_at),
        name=saved_as(package),
        media_type="application/zip",
        # The name is a secret: nobody on the way may keep it. It may be gone tomorrow.
        cache_control="private, no-cache",
        headers={
            "Repr-Digest": repr_digest(package.sha256),
            "Referrer-Policy": "no-referrer",
            "X-Robots-Tag": "noindex",
        },
    )
    try:
        return await send(request, attachment)
    except ObjectNotFoundError as error:
        raise nothing_here() from error


def saved_as(package: Package) -> str:
    """Return what a person's computer calls the zip: what it is of, and when it was built."""
    return f"{package.resource_id}-{package.built_at:%Y-%m-%d}.zip"
