"""A stream ends where its body should, or raises."""

import io

import pytest

from store.errors import UnavailableError
from store.streams import Body, whole


class Breaking:
    """A body that breaks off after its bytes."""

    def __init__(self, data: bytes) -> None:
        self._bytes = io.BytesIO(data)

    def read(self, size: int, /) -> bytes:
        """See `Body`."""
        data = self._bytes.read(size)
        if not data:
            raise ConnectionResetError("reset by peer")
        return data

    def close(self) -> None:
        """See `Body`."""
        self._bytes.close()


def read(body: Body, size: int | None) -> bytes:
    with whole(body, size, (OSError,), UnavailableError) as stream:
        return stream.read()


def test_the_whole_body() -> None:
    assert read(io.BytesIO(b"0123456789"), 10) == b"0123456789"
    assert read(io.BytesIO(b"0123456789"), None) == b"0123456789"
    assert read(io.BytesIO(b""), 0) == b""


def test_no_more_than_the_size() -> None:
    assert read(io.BytesIO(b"0123456789"), 4) == b"0123"
    assert read(Breaking(b"0123456789"), 10) == b"0123456789"


def test_an_end_that_comes_too_early() -> None:
    with pytest.raises(UnavailableError, match="ended 2 bytes too early"):
        read(io.BytesIO(b"01234567"), 10)


@pytest.mark.parametrize("size", [None, 11])
def test_a_body_that_breaks(size: int | None) -> None:
    with pytest.raises(UnavailableError, match="reset by peer"):
        read(Breaking(b"0123456789"), size)


def test_what_came_before_the_break_can_be_read() -> None:
    with whole(Breaking(bytes(300_000)), None, (OSError,), UnavailableError) as stream:
        assert stream.read(200_000) == bytes(200_000)
        with pytest.raises(UnavailableError):
            stream.read()


def test_closing_closes_the_body() -> None:
    body = io.BytesIO(b"x")
    whole(body, 1, (OSError,), UnavailableError).close()
    assert body.closed
