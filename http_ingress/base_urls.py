"""What the URLs in an answer begin with: scheme, host and port by which the client reached us."""

import re
from collections.abc import Mapping
from typing import Literal, get_args

from aiohttp import web

from http_ingress.keys import PORTS

Scheme = Literal["http", "https"]

_HOST = re.compile(
    r"""(?: [a-z0-9_] [a-z0-9_.-]{0,252} | \[ [0-9a-f:.]{2,45} \] )
        (?: : (?P<port> [0-9]{1,5} ) )?""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)
_LARGEST_PORT = 65_535


def base_for(request: web.Request) -> str:
    """Return the scheme, host and port by which the client reached us."""
    headers, public_url = request.headers, request.app[PORTS].public_url
    return base_url(headers, request.scheme, headers.get("Host"), public_url)


def base_of(scheme: Scheme, host: str) -> str:
    """Return what stands in front of every path; `host` may have a port."""
    return f"{scheme}://{host}"


def base_url(
    headers: Mapping[str, str], scheme_of_connection: str, host_header: str | None, fallback: str
) -> str:
    """Return the scheme, host and port by which the client reached us, without a path.

    Some clients send their password only to the host and port they were configured with, so the
    URLs in an answer must have the same. `X-Forwarded-Proto` and `X-Forwarded-Host` say it when a
    proxy is in between (of several, the first, which the client met), else the connection and
    `Host`. What is not well-formed is passed over; when no host is left, `fallback`, a whole base
    such as the public URL of the installation, is returned, less a slash at its end.
    """
    scheme = _scheme(_first(headers, "X-Forwarded-Proto")) or _scheme(scheme_of_connection)
    for host in (_first(headers, "X-Forwarded-Host"), host_header or ""):
        if scheme is not None and _is_host(host):
            return base_of(scheme, host)
    return fallback.removesuffix("/")


def _first(headers: Mapping[str, str], name: str) -> str:
    return headers.get(name, "").partition(",")[0].strip(" \t")


def _scheme(text: str) -> Scheme | None:
    return next((scheme for scheme in get_args(Scheme) if scheme == text.lower()), None)


def _is_host(text: str) -> bool:
    found = _HOST.fullmatch(text)
    return found is not None and int(found["port"] or 0) <= _LARGEST_PORT
