"""A zip file whose members are stored as they are, so that all is known of it before it is sent.

Nothing is read here. The zip is planned from names and sizes alone; it comes as records, which are
bytes, and as parts of members, which whoever sends it fetches.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from store.zips.member_names import require_safe
from store.zips.records import STORED, Entry, central_header, descriptor, end, local_header

_JOINED = 1 << 16
"""Bytes of records that come as one piece, about."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file that goes in."""

    name: str
    """A relative path with `/` between its segments."""
    size: int
    """Bytes."""
    modified: datetime
    """Aware."""
    crc32: int | None
    """Of the content (ISO 3309); None: it is not known before the content has been read."""


@dataclass(frozen=True, slots=True)
class Literal:
    """Bytes of the zip."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes of the zip that are `length` bytes of a member, from its byte `start` on."""

    member: int
    """Which of the members, counted from 0."""
    start: int
    length: int


Piece = Literal | Content


class StoredZip:
    """The zip of these members, in this order.

    With CRCs that are known, equal members make equal bytes. A member without is followed by a data
    descriptor, so that the zip is 16 or 24 bytes longer; readers of streams, which do not wait for
    the directory, may refuse such a member (APPNOTE.TXT 4.3.9).

    Raises ValueError for a name that is not safe or occurs twice, a size below 0, a time without
    a zone.
    """

    def __init__(self, members: Sequence[Member]) -> None:
        require_safe([member.name for member in members])
        for member in members:
            if member.size < 0 or member.modified.tzinfo is None:
                raise ValueError(f"{member.name!r} has a size below 0, or a time without a zone")
        self.members = tuple(members)
        self._found: dict[int, int] = {}
        self._headers: list[int] = []
        """Where each member begins."""
        self._contents: list[int] = []
        """Where its content does."""
        at = length = 0
        for number, member in enumerate(self.members):
            entry = self._entry(number)
            self._headers.append(at)
            self._contents.append(at + len(local_header(entry)))
            length += len(central_header(entry, at))
            at = self._contents[-1] + member.size + len(descriptor(entry))
        self._directory = at
        self._end = end(len(self.members), length, at)
        self.length = at + length + len(self._end)
        """Bytes."""

    @property
    def seekable(self) -> bool:
        """Whether a part of it can be had: it is known what all of its bytes are."""
        return all(member.crc32 is not None for member in self.members)

    def found(self, member: int, crc: int) -> None:
        """Tell the CRC of a member that came without, once its content has been read."""
        self._found[member] = crc

    def pieces(self, start: int = 0, stop: int | None = None) -> Iterator[Piece]:
        """Yield the bytes from `start` up to `stop`, None: to the end.

        What follows a member without a CRC may be asked for once that has been `found`; before,
        RuntimeError is raised. Raises ValueError when there are no such bytes, and for a part
        of a zip that is not seekable.
        """
        return _joined(self._parts(*self._range(start, stop)))

    def contents(self, start: int = 0, stop: int | None = None) -> Iterator[Content]:
        """Yield only those of the `pieces` that are content: what will have to be fetched."""
        return self._contents_of(*self._range(start, stop))

    def _range(self, start: int, stop: int | None) -> tuple[int, int]:
        stop = self.length if stop is None else stop
        if not 0 <= start <= stop <= self.length:
            raise ValueError(f"of {self.length} bytes, {start} to {stop} cannot be had")
        if stop - start < self.length and not self.seekable:
            raise ValueError("a zip whose CRCs are not all known can be had as a whole only")
        return start, stop

    def _parts(self, start: int, stop: int) -> Iterator[Piece]:
        for number in self._touched(start, stop):
            at = self._contents[number]
            header = local_header(self._entry(number))
            yield _cut(header, self._headers[number], start, stop)
            yield from self._content(number, start, stop)
            if self.members[number].crc32 is None:
                after = descriptor(self._entry(number, read=True))
                yield _cut(after, at + self.members[number].size, start, stop)
        if stop <= self._directory:
            return
        at = self._directory
        for number, offset in enumerate(self._headers):
            header = central_header(self._entry(number, read=True), offset)
            yield _cut(header, at, start, stop)
            at += len(header)
        yield _cut(self._end, at, start, stop)

    def _contents_of(self, start: int, stop: int) -> Iterator[Content]:
        for number in self._touched(start, stop):
            yield from self._content(number, start, stop)

    def _touched(self, start: int, stop: int) -> range:
        """Return which members have bytes in the range, and perhaps one more."""
        if start >= self._directory:
            return range(0)
        first = max(bisect_right(self._headers, start) - 1, 0)
        return range(first, bisect_right(self._headers, stop))

    def _content(self, number: int, start: int, stop: int) -> Iterator[Content]:
        at, size = self._contents[number], self.members[number].size
        first, last = max(at, start), min(at + size, stop)
        # A member of no bytes is one, too: that it is there and empty has to be seen.
        if first < last or (not size and first == last):
            yield Content(number, first - at, last - first)

    def _entry(self, number: int, *, read: bool = False) -> Entry:
        """Return the member for its records; `read`: for those after its content."""
        member = self.members[number]
        crc = self._found.get(number) if member.crc32 is None else member.crc32
        if crc is None and read:
            raise RuntimeError(f"the CRC of {member.name!r} has not been told")
        return Entry(
            name=member.name,
            size=member.size,
            packed=member.size,
            crc=crc or 0,
            method=STORED,
            modified=member.modified,
            described=member.crc32 is None,
        )


def _cut(data: bytes, at: int, start: int, stop: int) -> Literal:
    """Return what of `data`, which stand at `at`, is in the range."""
    return Literal(data[max(start - at, 0) : max(stop - at, 0)])


def _joined(parts: Iterator[Piece]) -> Iterator[Piece]:
    """Yield the pieces, with what is between two contents as one, if it is not too long."""
    records: list[bytes] = []
    size = 0
    for part in parts:
        if isinstance(part, Literal):
            records.append(part.data)
            size += len(part.data)
        if size and (isinstance(part, Content) or size >= _JOINED):
            yield Literal(b"".join(records))
            records, size = [], 0
        if isinstance(part, Content):
            yield part
    if size:
        yield Literal(b"".join(records))
