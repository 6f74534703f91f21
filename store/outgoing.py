"""The one guard for requests to addresses that a user named.

A name is resolved once, its addresses are judged, and the connection goes to a judged address:
what the name means a moment later changes nothing. Only the public internet can be reached, and
what the settings list. No proxy or cookie takes part, and no credential but what a visit is given.
"""

import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from ipaddress import ip_address

from urllib3 import BaseHTTPResponse, Timeout

from store.addresses import Address, AllowList, is_public
from store.errors import SourceUnavailableError
from store.lines import Line
from store.targets import Origin
from store.visits import GuardedVisit

Resolve = Callable[[str, int], Sequence[str]]

_CONNECT_SECONDS = 10
_NO_HOST = {socket.EAI_NONAME, socket.EAI_NODATA}
_NO_HEADERS: Mapping[str, str] = {}


def resolve_host(host: str, port: int) -> Sequence[str]:
    """Return the addresses of `host`, best first. Raises socket.gaierror, UnicodeError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Outgoing:
    """Requests to places that a user named: the one `Web`.

    `allow` lists what may be reached besides the public internet, and by plain `http:` (see
    `AllowList`); `verify` is a file of CA certificates that replaces those of the system.
    `read_timeout` is how many seconds a server may say nothing; a connection it has to take within
    that time, too, and within ten seconds.
    """

    def __init__(
        self,
        allow: Sequence[str],
        verify: str | None = None,
        resolve: Resolve = resolve_host,
        read_timeout: float = 60,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._allow = AllowList(allow)
        self._tls = ssl.create_default_context(cafile=verify)
        self._resolve = resolve
        self._timeout = Timeout(connect=min(_CONNECT_SECONDS, read_timeout), read=read_timeout)
        self._clock = clock

    def visit(self, url: str, headers: Mapping[str, str] = _NO_HEADERS) -> GuardedVisit:
        """See `Web`."""
        return GuardedVisit(url, headers, self._dial, self._clock)

    def get(self, url: str) -> BaseHTTPResponse:
        """Return a successful response, its body unread and not decoded; the caller closes it.

        At most five redirects are followed, each judged anew. Raises SourceRefusedError,
        SourceNotFoundError, SourceUnavailableError.
        """
        return self.visit(url).response()

    def _dial(self, origin: Origin) -> Line:
        return Line(origin, self._judged(origin), self._tls, self._timeout)

    def _judged(self, origin: Origin) -> Sequence[Address]:
        """Return the addresses that a request may go to, at least one, or raise ValueError."""
        try:
            found = [ip_address(text) for text in self._resolve(origin.host, origin.port)]
        except socket.gaierror as error:
            if error.errno in _NO_HOST:
                raise ValueError(f"there is no host {origin.host!r}") from error
            raise SourceUnavailableError(
                f"cannot look up {origin.host!r}: {error.strerror}"
            ) from error
        judged = [address for address in found if self._may(origin, address)]
        if not judged:
            # The address is not told: whoever asks must not learn the names of our network.
            missing = "listed" if origin.scheme == "http" else "on the public internet"
            raise ValueError(
                f"by {origin.scheme}: {origin.host!r} cannot be read, as it is not {missing}; "
                f"whoever runs this archive can list {origin.authority!r} in MUNIMENT_FETCH_ALLOW"
            )
        return judged

    def _may(self, origin: Origin, address: Address) -> bool:
        if self._allow.allows(origin.host, origin.port, address):
            return True
        return origin.scheme == "https" and is_public(address)
