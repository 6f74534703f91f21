"""The bytes of a file on their way from the ingress: resumed where they broke off, and verified."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile
from urllib.parse import quote

from urllib3.exceptions import HTTPError

from producers.answers import File
from producers.client_errors import IngressUnavailableError
from producers.client_http import Http, Tries
from producers.uploading import CHUNK, Progress
from store.errors import DigestMismatchError, MunimentError

_PARTIAL = 206


def fetch(http: Http, file: File, path: Path, progress: Progress | None) -> None:
    """Write the bytes of `file` to `path`, all or nothing.

    Raises DigestMismatchError, ProblemError or IngressUnavailableError.
    """
    digest = hashlib.sha256()
    tries = Tries(http.patience_seconds)
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as part:
        try:
            while True:
                try:
                    for chunk in _rest(http, file, part.tell()):
                        part.write(chunk)
                        digest.update(chunk)
                        if progress is not None:
                            progress(part.tell(), file.size)
                    break
                except IngressUnavailableError as error:
                    tries.failed(error)
            _verify(file, digest.hexdigest())
            part.flush()
            os.fsync(part.fileno())
            Path(part.name).replace(path)
        except BaseException:
            Path(part.name).unlink(missing_ok=True)
            raise


def _verify(file: File, sha256: str) -> None:
    if sha256 != file.sha256:
        raise DigestMismatchError("sha256", file.sha256, sha256)


def _rest(http: Http, file: File, start: int) -> Iterator[bytes]:
    headers = {"range": f"bytes={start}-"} if start else {}
    response = http.once("GET", f"/files/{quote(file.id, safe='')}/content", headers=headers)
    try:
        if start and response.status != _PARTIAL:
            raise MunimentError(f"{http.url} does not resume downloads")
        yield from response.stream(CHUNK)
    except HTTPError as error:
        raise IngressUnavailableError(f"{http.url}: {error}") from error
    finally:
        response.close()
