"""What every request to `/records` says beside its address."""

from aiohttp import web


def accept_of(request: web.Request) -> str | None:
    """Return what the client accepts; None: it does not say."""
    return ", ".join(request.headers.getall("Accept", ())) or None


def format_of(request: web.Request) -> str | None:
    """Return the form that the address asks for; None: `Accept` decides."""
    return request.query.get("format")
