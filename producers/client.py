"""The SDK over HTTP: post events, upload and download files, subscribe, ask why.

with Client(token="mnt_…") as client:
    file = client.upload("m51.fits", metadata={"proposal": "2026A-001"}, wait=60)
    for received in client.subscribe("file.archived.v1"):
        print(received.event.name)
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, Self, overload
from urllib.parse import quote, urlencode

from producers.answers import File, Operation
from producers.client_http import Http
from producers.client_stamp import client_stamp
from producers.downloading import fetch
from producers.following import follow
from producers.posting import post_batch, post_one
from producers.subscribing import Subscription
from producers.uploading import Progress, UploadBody, send
from schemas.base import Event
from schemas.envelope import Envelope


class Client:
    """A pipeline's way to the ingress. Safe to use from many threads.

    `source` is what its events name as their source, a URI reference. What fails on the way is
    tried again for `patience_seconds`; nothing is done twice by that.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8080",
        token: str | None = None,
        *,
        source: str | None = None,
        patience_seconds: float = 30.0,
    ) -> None:
        """Raise SetupError when `url` is none."""
        self._http = Http(url, token, patience_seconds)
        self._stamp = client_stamp(source)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; subscriptions have their own."""
        self._http.close()

    # --- events ---------------------------------------------------------------------------------

    @overload
    def post(
        self, event: Event | Envelope, *, cause: Envelope | None = None, wait: float | None = None
    ) -> Operation: ...
    @overload
    def post(
        self,
        event: Sequence[Event | Envelope],
        *,
        cause: Envelope | None = None,
        wait: float | None = None,
    ) -> list[Operation]: ...
    def post(
        self,
        event: Event | Envelope | Sequence[Event | Envelope],
        *,
        cause: Envelope | None = None,
        wait: float | None = None,
    ) -> Operation | list[Operation]:
        """Have one request event accepted, or several, all or nothing.

        When this returns they are durable. `cause` is the event they follow from; `wait` is how
        many seconds to wait for their end: an operation may still be open then.
        Raises ProblemError or IngressUnavailableError.
        """
        seconds = wait or 0.0
        if isinstance(event, Event | Envelope):
            return post_one(self._http, self._enclose(event, cause), seconds)
        return post_batch(self._http, [self._enclose(one, cause) for one in event], seconds)

    def operation(self, operation_id: str, *, wait: float | None = None) -> Operation:
        """Return an operation, once it has ended or `wait` seconds are over."""
        return follow(self._http, operation_id, wait or 0.0)

    def why(self, key: str) -> dict[str, Any]:
        """Return the causal tree around an event, operation, file id or file name, as JSON."""
        _, answer = self._http.json("GET", f"/events/{quote(key, safe='')}/why")
        return dict(answer)

    def subscribe(self, pattern: str = "#", *, after: int | None = None) -> Subscription:
        """Receive the events whose routing key fits a topic pattern, e.g. `file.archived.v1`.

        From now on, or all that come behind the ledger position `after` (0: all there are).
        """
        query = {} if pattern == "#" else {"type": pattern}

        def open_stream(position: int | None) -> Any:  # noqa: ANN401 - urllib3 hides its type
            asked = query if position is None else {**query, "after": str(position)}
            return self._http.once("GET", f"/events/stream?{urlencode(asked)}")

        return Subscription(open_stream, after, self._http.patience_seconds)

    # --- files ----------------------------------------------------------------------------------

    @overload
    def upload(
        self,
        source: str | Path | BinaryIO,
        name: str | None = None,
        *,
        metadata: Mapping[str, Any] | None = None,
        wait: None = None,
        progress: Progress | None = None,
    ) -> Operation: ...
    @overload
    def upload(
        self,
        source: str | Path | BinaryIO,
        name: str | None = None,
        *,
        metadata: Mapping[str, Any] | None = None,
        wait: float,
        progress: Progress | None = None,
    ) -> File: ...
    def upload(
        self,
        source: str | Path | BinaryIO,
        name: str | None = None,
        *,
        metadata: Mapping[str, Any] | None = None,
        wait: float | None = None,
        progress: Progress | None = None,
    ) -> File | Operation:
        """Send a file to be archived under `name` (its own, if not given), read in one pass.

        Without `wait` the operation is returned as soon as the bytes are durable. With it, the
        archived file; its digest has been compared with that of what was read.
        Raises ProblemError when it is refused, PendingError when it is not archived within `wait`
        seconds (it may be, later), IngressUnavailableError, or DigestMismatchError.
        """
        with ExitStack() as stack:
            if isinstance(source, str | Path):
                name = name or Path(source).name
                source = stack.enter_context(Path(source).open("rb"))
            elif name is None:
                raise ValueError("a file without a name of its own needs one: upload(file, name)")
            body = UploadBody(source, progress)
            return send(self._http, body, name, metadata or {}, wait)

    def file(self, file_id: str) -> File:
        """Return one version of a file."""
        _, answer = self._http.json("GET", f"/files/{quote(file_id, safe='')}")
        return File.model_validate(answer)

    def download(self, file_id: str, path: str | Path, *, progress: Progress | None = None) -> File:
        """Write the bytes of a file version to `path`, which appears when they are verified.

        Raises DigestMismatchError when what came is not what was archived.
        """
        file = self.file(file_id)
        fetch(self._http, file, Path(path), progress)
        return file

    def _enclose(self, event: Event | Envelope, cause: Envelope | None) -> Envelope:
        return self._stamp.put_on(event, cause=cause) if isinstance(event, Event) else event
