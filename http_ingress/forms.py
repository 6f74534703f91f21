"""multipart/form-data (RFC 7578, RFC 2046 section 5.1), taken apart while it comes."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from email.message import Message

from multidict import CIMultiDict

from http_ingress import problems
from http_ingress.problems import Problem

_LARGEST_HEAD = 16 * 1024
"""Bytes of the headers of one part."""
_LONGEST_BOUNDARY = 70


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a form; what of its data is not read is skipped."""

    headers: Mapping[str, str]
    data: AsyncIterator[bytes]

    @property
    def name(self) -> str:
        """The name of the field; empty: it has none."""
        return parameter(self.headers.get("Content-Disposition", ""), "name") or ""

    @property
    def file_name(self) -> str | None:
        """What the file is called where it comes from."""
        return parameter(self.headers.get("Content-Disposition", ""), "filename")

    async def text(self, largest: int) -> str:
        """Return the whole data as text. Raises a Problem: too large, or not UTF-8."""
        data = b""
        async for piece in self.data:
            data += piece
            if len(data) > largest:
                raise Problem(
                    problems.TOO_LARGE, f"{self.name} is at most {largest} bytes.", field=self.name
                )
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            raise Problem(problems.INVALID, "must be UTF-8.", field=self.name) from error


class Form:
    """A form whose bytes are still coming."""

    def __init__(self, incoming: AsyncIterator[bytes], boundary: str) -> None:
        self._incoming = incoming
        self._delimiter = b"\r\n--" + boundary.encode()
        # The first delimiter may stand at the very beginning, without a line break before it.
        self._buffer = b"\r\n"

    async def parts(self) -> AsyncIterator[Part]:
        """Yield the parts in their order. Raises a Problem when the form is malformed."""
        await _skip(self._until_delimiter())
        while not await self._is_end():
            part = Part(await self._headers(), self._until_delimiter())
            yield part
            await _skip(part.data)
        async for _ in self._incoming:
            pass

    async def _until_delimiter(self) -> AsyncIterator[bytes]:
        while (at := self._buffer.find(self._delimiter)) < 0:
            # A delimiter may have begun in the last bytes.
            safe = len(self._buffer) - len(self._delimiter)
            if safe > 0:
                yield self._buffer[:safe]
                self._buffer = self._buffer[safe:]
            await self._more()
        data = self._buffer[:at]
        self._buffer = self._buffer[at + len(self._delimiter) :]
        if data:
            yield data

    async def _is_end(self) -> bool:
        while len(self._buffer) < 2:  # noqa: PLR2004 - two dashes, or a line break
            await self._more()
        return self._buffer.startswith(b"--")

    async def _headers(self) -> Mapping[str, str]:
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > _LARGEST_HEAD:
                raise _malformed("the headers of a part are too large")
            await self._more()
        lines = self._buffer[:end].split(b"\r\n")
        self._buffer = self._buffer[end + 4 :]
        if lines[0].strip(b" \t"):
            raise _malformed("a boundary is followed by something else")
        found = CIMultiDict[str]()
        for line in lines[1:]:
            name, colon, value = line.decode(errors="surrogateescape").partition(":")
            if not colon:
                raise _malformed("a part has a line that is no header")
            found.add(name.strip(), value.strip())
        return found

    async def _more(self) -> None:
        piece = await anext(self._incoming, b"")
        if not piece:
            raise _malformed("it ends before its last boundary")
        self._buffer += piece


def boundary_of(content_type: str) -> str:
    """Return the boundary that a Content-Type names. Raises a Problem."""
    boundary = parameter(content_type, "boundary")
    if not boundary or len(boundary) > _LONGEST_BOUNDARY or not boundary.isascii():
        raise Problem(problems.MALFORMED, "The form's boundary is missing.", field="Content-Type")
    return boundary


def parameter(value: str, name: str) -> str | None:
    """Return a parameter of a header's value, in whichever of RFC 2231's spellings."""
    message = Message()
    message["Header"] = value
    found = message.get_param(name, header="Header")
    if not isinstance(found, tuple):
        return found
    raw = found[2].encode("latin-1", errors="replace")
    return raw.decode("latin-1" if (found[0] or "").lower() == "iso-8859-1" else "utf-8", "replace")


async def _skip(data: AsyncIterator[bytes]) -> None:
    async for _ in data:
        pass


def _malformed(message: str) -> Problem:
    return Problem(problems.MALFORMED, f"The form cannot be read: {message}.", field="body")
