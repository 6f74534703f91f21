"""Where bytes may be taken from: inbox directories, listed buckets, the web.

Whoever can post an event can name a source, so every place is checked against the settings, and
checked in the act of opening it.
"""

import errno
import os
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote, urlsplit

from botocore.exceptions import ClientError
from urllib3.exceptions import HTTPError

from store.errors import (
    ObjectNotFoundError,
    ObjectsUnavailableError,
    SetupError,
    SourceNotFoundError,
    SourceRefusedError,
    SourceUnavailableError,
)
from store.folders import LinkError, NotRegularError, open_file, open_folder
from store.outgoing import Outgoing
from store.s3 import code, open_body, status
from store.streams import whole

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_NOTHING = {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG}
_OUR_TROUBLE = {
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidToken",
    "RequestTimeTooSkewed",
    "RequestTimeout",
    "SignatureDoesNotMatch",
    "SlowDown",
    "TokenRefreshRequired",
    "TooManyRequests",
}
"""4xx codes of S3 that say nothing about the object that was asked for."""


class GuardedSources:
    """The `Sources` that the settings allow.

    An absolute path or `file:` URL below one of `inbox_dirs`, `s3://bucket/key` in one of
    `buckets`, any public `https:` URL, and whatever `fetch_allow` lists (see `Outgoing`, also for
    `verify`).
    """

    def __init__(
        self,
        inbox_dirs: Sequence[Path],
        buckets: Sequence[str],
        s3: "S3Client | None",
        fetch_allow: Sequence[str],
        verify: str | None = None,
    ) -> None:
        self._inbox_dirs = inbox_dirs
        self._buckets = buckets
        self._s3 = s3
        self._outgoing = Outgoing(fetch_allow, verify)

    def open(self, source: str) -> BinaryIO:
        """See `Sources`."""
        scheme = source.partition(":")[0].lower()
        if source.startswith("/"):
            return self._open_file(source, source)
        if scheme == "file":
            return self._open_file(source, self._path(source))
        if scheme == "s3":
            return self._open_object(source)
        if scheme in {"http", "https"}:
            return self._fetch(source)
        raise self._refused(source, "it is no place that bytes can be taken from")

    def _path(self, source: str) -> str:
        parts = urlsplit(source)
        if parts.netloc not in {"", "localhost"} or not parts.path.startswith("/"):
            raise self._refused(source, "a file: URL must name a path on this machine")
        return unquote(parts.path)

    def _open_file(self, source: str, path: str) -> BinaryIO:
        if "\0" in path:
            raise self._refused(source, "a path cannot hold NUL")
        real = Path(os.path.realpath(path))
        for inbox in self._inbox_dirs:
            root = Path(os.path.realpath(inbox))
            if real.is_relative_to(root):
                return _open_below(source, root, real.relative_to(root).parts)
        raise self._refused(source, "it is, or leads, outside of the inbox directories")

    def _open_object(self, source: str) -> BinaryIO:
        bucket, _, key = source[len("s3://") :].partition("/")
        if self._s3 is None or bucket not in self._buckets or not key:
            raise self._refused(source, "it names no object in a listed bucket")
        try:
            return open_body(self._s3, bucket, key)
        except (ObjectNotFoundError, SetupError) as error:
            raise SourceNotFoundError(source) from error
        except ObjectsUnavailableError as error:
            answer = error.__cause__
            if isinstance(answer, ClientError) and _is_final(answer):
                raise SourceRefusedError(source, f"the S3 server says {answer}") from error
            raise

    def _fetch(self, source: str) -> BinaryIO:
        response = self._outgoing.get(source)
        size = response.length_remaining
        if size is None and "chunked" not in response.headers.get("Transfer-Encoding", ""):
            response.close()
            raise SourceRefusedError(
                source, "the server does not say how long it is: half of it would look like all"
            )
        return whole(
            response,
            size,
            (HTTPError, OSError),
            lambda reason: SourceUnavailableError(f"reading {source!r} broke off: {reason}"),
        )

    def _refused(self, source: str, reason: str) -> SourceRefusedError:
        places = [
            *(f"files below {inbox}" for inbox in self._inbox_dirs),
            *(f"s3://{bucket}/" for bucket in self._buckets),
            "https: URLs",
        ]
        return SourceRefusedError(source, f"{reason}; allowed are {', '.join(places)}")


def _open_below(source: str, root: Path, steps: Sequence[str]) -> BinaryIO:
    try:
        with open_folder(root, steps[:-1]) as folder:
            file = open_file(folder, steps[-1] if steps else ".")
    except (LinkError, NotRegularError, PermissionError) as error:
        raise SourceRefusedError(source, f"it {error.strerror}") from error
    except OSError as error:
        if error.errno in _NOTHING and root.is_dir():
            raise SourceNotFoundError(source) from error
        # The inbox directory itself may be gone: its disk will be mounted again.
        raise SourceUnavailableError(f"cannot read {source!r} for now: {error}") from error
    return whole(
        file,
        None,
        (OSError,),
        lambda reason: SourceUnavailableError(f"reading {source!r} broke off: {reason}"),
    )


def _is_final(answer: ClientError) -> bool:
    return (
        HTTPStatus.BAD_REQUEST <= status(answer) < HTTPStatus.INTERNAL_SERVER_ERROR
        and code(answer) not in _OUR_TROUBLE
    )
