"""Requests to one URL that a user named, over lines that are kept.

Every host on the way, the first and those of redirects, is looked up and judged once; a request
that comes later goes to the same addresses, whatever the name means by then.
"""

from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime
from http import HTTPStatus
from threading import Lock
from typing import BinaryIO, NoReturn, Self
from urllib.parse import urljoin

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError, SSLError

from store.complaints import LONGEST, complaint
from store.errors import SourceNotFoundError, SourceRefusedError, SourceUnavailableError
from store.lines import Line
from store.retry_after import retry_after
from store.streams import whole
from store.targets import Origin, Target, parse_target
from store.web_ports import Download

Dial = Callable[[Origin], Line]
"""Returns a line to where the origin was judged to be.

Raises ValueError with why it may not be asked, and SourceUnavailableError.
"""

_REDIRECTS = 5
_REDIRECTING = {301, 302, 303, 307, 308}
_REPEATING = {307, 308}
"""Redirects that keep the method, RFC 9110 section 15.4."""
_MISSING = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
_BUSY = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
_PIECE = 1024 * 1024
_SECRETS = {"authorization", "cookie"}


class GuardedVisit:
    """The `Visit` of one URL, to wherever `dial` leads."""

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        dial: Dial,
        clock: Callable[[], datetime],
    ) -> None:
        self._url = url
        self._dial = dial
        self._clock = clock
        self._lock = Lock()
        self._closed = False
        self._lines: dict[Origin, Line] = {}
        self._headers = dict(headers)
        for name, value in headers.items():
            # What cannot be sent would come out of the HTTP library in its error, value and all.
            if not (value.isascii() and value.isprintable()):
                raise SourceRefusedError(url, f"no header {name!r} can hold what was given for it")
        self._first, self._first_line = self._reach(url)

    def post(self, body: bytes, *, largest: int) -> bytes:
        """See `Visit`."""
        response = self._follow("POST", body)
        with closing(response):
            if (response.length_remaining or 0) > largest:
                raise self._too_large(largest)
            pieces, size = [], 0
            while piece := self._piece(response):
                pieces.append(piece)
                size += len(piece)
                if size > largest:
                    raise self._too_large(largest)
            return b"".join(pieces)

    def get(self) -> Download:
        """See `Visit`."""
        response = self.response()
        length = response.length_remaining
        chunked = "chunked" in response.headers.get("Transfer-Encoding", "").lower()
        body: BinaryIO = whole(
            response,
            length,
            (HTTPError, OSError),
            lambda reason: SourceUnavailableError(f"reading {self._url!r} broke off: {reason}"),
        )
        return Download(body, length, marked=length is not None or chunked)

    def put(self) -> int:
        """See `Visit`."""
        response = self._send(self._first, self._first_line, "PUT", None)
        self._rest(response)
        return response.status

    def response(self) -> BaseHTTPResponse:
        """Return the response to a GET, its body unread and not decoded; the caller closes it."""
        return self._follow("GET", None)

    def close(self) -> None:
        """See `Visit`."""
        with self._lock:
            self._closed = True
            lines = list(self._lines.values())
        for line in lines:
            line.cut()
        for line in lines:
            line.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- the way there ---------------------------------------------------------------------------

    def _follow(self, method: str, body: bytes | None) -> BaseHTTPResponse:
        here, target, line = self._url, self._first, self._first_line
        for _ in range(1 + _REDIRECTS):
            response = self._send(target, line, method, body)
            status, location = response.status, response.headers.get("Location")
            if status not in _REDIRECTING or location is None:
                if status != HTTPStatus.OK:
                    self._refuse(response)
                return response
            self._rest(response)
            here = self._onward(here, location)
            if body is not None and status not in _REPEATING:
                raise SourceRefusedError(
                    self._url,
                    f"it redirects to {here!r} with status {status}, which would turn the POST "
                    "into a GET; name the address that it leads to",
                )
            target, line = self._reach(here)
        raise SourceRefusedError(self._url, f"it redirects more than {_REDIRECTS} times")

    def _onward(self, here: str, location: str) -> str:
        try:
            return urljoin(here, location)
        except ValueError as error:
            raise SourceRefusedError(self._url, f"it redirects to {location!r}: {error}") from error

    def _reach(self, here: str) -> tuple[Target, Line]:
        try:
            target = parse_target(here)
            line = self._lines.get(target.origin)
            if line is None:
                line = self._dial(target.origin)
        except ValueError as error:
            at = "" if here == self._url else f"it redirects to {here!r}: "
            raise SourceRefusedError(self._url, f"{at}{error}") from error
        with self._lock:
            self._require_open()
            self._lines[target.origin] = line
        return target, line

    def _send(
        self, target: Target, line: Line, method: str, body: bytes | None
    ) -> BaseHTTPResponse:
        self._require_open()
        host = target.origin.host
        try:
            return line.send(method, target.path, self._fields(target.origin, body), body)
        except HTTPError as error:
            if isinstance(error, SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
                reason = f"{host!r} is not trusted: {error}"
                raise SourceRefusedError(self._url, reason) from error
            raise SourceUnavailableError(f"{host!r} does not answer: {_cause(error)}") from error

    def _require_open(self) -> None:
        if self._closed:
            raise SourceUnavailableError(f"the visit to {self._url!r} is over")

    def _fields(self, origin: Origin, body: bytes | None) -> Mapping[str, str]:
        known = origin.stands_for(self._first.origin)
        given = {
            name: value
            for name, value in self._headers.items()
            if known or name.lower() not in _SECRETS
        }
        return {
            **({} if body is None else {"Content-Type": "application/json"}),
            **given,
            "Host": origin.authority,
            "User-Agent": "muniment",
            "Accept-Encoding": "identity",
        }

    # --- what comes back -------------------------------------------------------------------------

    def _piece(self, response: BaseHTTPResponse) -> bytes:
        try:
            return response.read(_PIECE)
        except (HTTPError, OSError) as error:
            broken = f"reading {self._url!r} broke off: {_cause(error)}"
            raise SourceUnavailableError(broken) from error

    def _rest(self, response: BaseHTTPResponse) -> bytes:
        """Return the beginning of a body that does not matter much, and be done with it."""
        with closing(response):
            try:
                return response.read(LONGEST)
            except (HTTPError, OSError):
                return b""

    def _refuse(self, response: BaseHTTPResponse) -> NoReturn:
        status, headers = response.status, response.headers
        said = self._discreet(complaint(self._rest(response)))
        because = f": {said}" if said else ""
        if status in _MISSING and not said:
            raise SourceNotFoundError(self._url)
        if status in _BUSY or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise SourceUnavailableError(
                f"the server of {self._url!r} answers with status {status} for now{because}",
                retry_after(headers, self._clock()),
            )
        reason = f"the server answers with status {status}{because}"
        raise SourceRefusedError(self._url, reason)

    def _discreet(self, said: str) -> str:
        """Return `said` without secrets, should the server repeat those that it was told."""
        for name, value in self._headers.items():
            if name.lower() in _SECRETS and value:
                said = said.replace(value, "…")
        return said

    def _too_large(self, largest: int) -> SourceRefusedError:
        return SourceRefusedError(
            self._url,
            f"its answer is larger than {largest} bytes; "
            "with a smaller MUNIMENT_PACKAGER_PAGE_SIZE it has fewer rows",
        )


def _cause(error: Exception) -> str:
    """Return what happened, in the system's words: urllib3 tells of its own objects as well."""
    inner = error.__cause__ or next(iter(error.args[-1:]), None)
    return inner.strerror or str(inner) if isinstance(inner, OSError) else str(error)
