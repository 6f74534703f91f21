"""What consumers may ask of web servers that a user named: every request passes the one guard."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import BinaryIO, Protocol, Self


@dataclass(frozen=True, slots=True)
class Download:
    """A file on its way."""

    body: BinaryIO
    """The bytes as the server sends them; reading raises SourceUnavailableError when it breaks off.

    The caller closes it.
    """
    length: int | None
    """How many bytes the server announces."""
    marked: bool
    """Whether the end is marked, by a length or by chunks.

    Where it is not, a connection that broke off looks like the end of the file.
    """


class Visit(Protocol):
    """Requests to one URL, one after another, over a connection that is kept.

    What the URL's host means is looked up and judged once: later requests go to the same address.
    Redirects are followed, at most five, each judged by itself; a header `Authorization` goes to
    no other host. Both requests raise SourceRefusedError (the guard, a status that will not
    change), SourceNotFoundError, and SourceUnavailableError for what may go away by itself.
    """

    def post(self, body: bytes, *, largest: int) -> bytes:
        """Send `body` as JSON and return the whole answer, of at most `largest` bytes.

        A larger answer is refused, and a redirect that would turn the POST into a GET
        (RFC 9110 section 15.4: 301, 302, 303).
        """
        ...

    def get(self) -> Download:
        """Return the file at the URL."""
        ...

    def put(self) -> int:
        """Send a PUT without a body, and return the status of the answer, whatever it is.

        Redirects are not followed.
        """
        ...

    def close(self) -> None:
        """Let go of the connection.

        Another thread may call this while a request waits: the request raises
        SourceUnavailableError, as does every later one.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None: ...


class Web(Protocol):
    """The web, as far as the settings allow."""

    def visit(self, url: str, headers: Mapping[str, str] = ...) -> Visit:
        """Return a visit to `url`, each of whose requests carries `headers`.

        Raises SourceRefusedError when the settings do not allow the place, and
        SourceUnavailableError when its name cannot be looked up for now.
        """
        ...
