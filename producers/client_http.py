"""HTTP as the SDK speaks it: one pool of connections, and patience.

Every request the SDK makes may be repeated: events carry the ids they were given before the first
try, uploads an Idempotency-Key. So everything that fails in between is tried again until it
succeeds, is refused, or `patience_seconds` are over.
"""

import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import uniform
from typing import Any, Protocol
from urllib.parse import urlsplit

import urllib3
from pydantic_core import from_json
from urllib3.exceptions import HTTPError, LocationParseError, SSLError

from producers.client_errors import IngressUnavailableError, ProblemError
from store.errors import MunimentError, SetupError, UnavailableError

_NOT_NOW = frozenset((408, 429, 502, 503, 504))
_SHORTEST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0
_CONNECT_SECONDS = 10.0
_ANSWER_SECONDS = 60.0
_CONNECTIONS = 64

_CONNECTION = re.compile(r"^(<.*? at 0x[0-9a-f]+>|\w+\(host=.*?\)): ")

_log = logging.getLogger(__name__)


class Body(Protocol):
    """A request's body that is read while it is sent."""

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes, in pieces."""
        ...

    def rewind(self) -> bool:
        """Begin again; False when what has been read cannot be had again."""
        ...


class Tries:
    """Pauses between the tries of one thing, ever longer, until patience is over.

    It is counted from the first failure: what fails after an hour is tried again, too.
    """

    def __init__(self, seconds: float, sleep: Callable[[float], object] = time.sleep) -> None:
        self._seconds = seconds
        self._sleep = sleep
        self._deadline = 0.0
        self._failures = 0

    def succeeded(self) -> None:
        """Have all patience again."""
        self._failures = 0

    def failed(self, error: UnavailableError) -> None:
        """Pause before the next try; raise `error` if there is no time for one."""
        if self._failures == 0:
            self._deadline = time.monotonic() + self._seconds
        self._failures += 1
        longest = min(_LONGEST_PAUSE, _SHORTEST_PAUSE * 2.0 ** min(self._failures, 10))
        asked = getattr(error, "retry_after", None) or 0.0
        # What failed together must not come back together.
        pause = max(asked, uniform(longest / 2, longest))  # noqa: S311 - guards no secret
        if time.monotonic() + pause > self._deadline:
            raise error
        _log.info("trying again in %.1f s: %s", pause, error)
        self._sleep(pause)


class Http:
    """Requests to one ingress. Safe to use from many threads."""

    def __init__(self, url: str, token: str | None, patience_seconds: float) -> None:
        """Raise SetupError when `url` is none."""
        self.url = url.rstrip("/")
        if urlsplit(self.url).scheme not in {"http", "https"}:
            raise SetupError(f"{url!r} is no http:// or https:// URL; set --url or MUNIMENT_URL")
        self._headers = {"user-agent": "muniment"}
        if token is not None:
            self._headers["authorization"] = f"Bearer {token}"
        self.patience_seconds = patience_seconds
        self._pool = urllib3.PoolManager(maxsize=_CONNECTIONS)

    def close(self) -> None:
        """Close every connection that is not in use."""
        self._pool.clear()

    def json(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | Body | None = None,
        waits: float = 0.0,
    ) -> tuple[int, Any]:
        """Return the status and the JSON of the answer; `waits` is how long it may take longer.

        Raises ProblemError or IngressUnavailableError.
        """
        tries = Tries(self.patience_seconds)
        while True:
            try:
                response = self.once(method, path, headers=headers, body=body, waits=waits)
                return response.status, self._read(response)
            except IngressUnavailableError as error:
                if not (body is None or isinstance(body, bytes) or body.rewind()):
                    raise
                tries.failed(error)

    def once(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | Body | None = None,
        waits: float = 0.0,
    ) -> urllib3.BaseHTTPResponse:
        """Try once, and return the answer with its body not yet read. Raises like `json`."""
        try:
            response = self._pool.request(
                method,
                self.url + path,
                headers={**self._headers, **(headers or {})},
                body=body,
                timeout=urllib3.Timeout(connect=_CONNECT_SECONDS, read=_ANSWER_SECONDS + waits),
                retries=False,
                redirect=False,
                preload_content=False,
            )
        except LocationParseError as error:
            raise SetupError(f"{self.url}: {error}") from error
        except SSLError as error:
            raise SetupError(f"{self.url}: {_reason(error)}") from error
        except (HTTPError, OSError) as error:
            raise IngressUnavailableError(f"{self.url}: {_reason(error)}") from error
        if response.status < 300:  # noqa: PLR2004 - HTTP's own line
            return response
        raise _refusal(self.url, response)

    def _read(self, response: urllib3.BaseHTTPResponse) -> Any:  # noqa: ANN401 - JSON is what it is
        try:
            return _json(response.read())
        except HTTPError as error:
            raise IngressUnavailableError(f"{self.url}: {_reason(error)}") from error
        except ValueError as error:
            raise MunimentError(
                f"{self.url} does not answer like Muniment; is the URL right?"
            ) from error
        finally:
            response.release_conn()


def _refusal(url: str, response: urllib3.BaseHTTPResponse) -> MunimentError:
    try:
        problem = _json(response.read())
    except (HTTPError, ValueError):
        problem = {}
    finally:
        response.release_conn()
    refused = ProblemError(response.status, problem if isinstance(problem, dict) else {})
    if response.status in _NOT_NOW:
        after = _retry_after(response.headers.get("retry-after"))
        return IngressUnavailableError(f"{url}: {refused}", after)
    return refused


def _retry_after(value: str | None) -> float | None:
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _json(data: bytes) -> Any:  # noqa: ANN401 - JSON is what it is
    return from_json(data) if data else {}


def _reason(error: Exception) -> str:
    # urllib3 begins with its connection, by address or by arguments; the URL says that already.
    return _CONNECTION.sub("", str(error)) or type(error).__name__
