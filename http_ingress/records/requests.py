"""What every request to `/records` says beside its address."""

from aiohttp import web

from http_ingress.keys import PORTS
from http_ingress.records.addresses import base_url


def accept_of(request: web.Request) -> str | None:
    """Return what the client accepts; None: it does not say."""
    return ", ".join(request.headers.getall("Accept", ())) or None


def format_of(request: web.Request) -> str | None:
    """Return the form that the address asks for; None: `Accept` decides."""
    return request.query.get("format")


def base_of(request: web.Request) -> str:
    """Return the scheme, host and port by which the client reached us."""
    headers = request.headers
    public_url = request.app[PORTS].public_url
    return base_url(headers, request.scheme, headers.get("Host"), public_url)
