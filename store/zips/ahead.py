"""The bytes of a stored zip, fetched ahead of whoever sends them.

One thread reads the members in turn, as far ahead as 4 MiB; up to four more open those whose turn
is near. Whoever sends takes chunks, and blocks where none is ready: asynchronous code calls
`start`, `next` and `close` in a thread.

A zip that was begun cannot be taken back, but it can be broken off. Its length has been promised,
and a member that is not what was promised must neither shift what follows nor pass for sound. So
the last chunk of a member is held back until the member has ended where it should, and has the
CRC-32 that is known of it. If not, MemberUnreadableError is raised in its place: the zip falls
short of its length, which no client takes for success. Small members are held back as a whole.
A member of which only a part is asked for cannot be compared with its CRC; whoever puts the parts
together will do that.
"""

from collections.abc import Generator, Iterator
from contextlib import closing
from threading import Thread
from typing import BinaryIO, Self

from isal import isal_zlib

from store.errors import MunimentError
from store.zips.handover import Handover
from store.zips.opening import OpenedAhead, OpenMember
from store.zips.stored import Content, Literal, StoredZip

CHUNK = 256 * 1024
"""Bytes of a chunk, about: less at the end, and up to twice as many."""
AHEAD = 4 * 1024 * 1024
"""Bytes that wait to be taken, at most."""


class MemberUnreadableError(MunimentError):
    """The member `name` is not there, or not what was promised; `reason` says how.

    What was raised when it was opened or read, if anything, is the cause. Break off what has begun.
    """

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self.reason = reason
        super().__init__(f"{name} cannot be read: {reason}")


class ReadAhead(Iterator[bytes]):
    """The bytes of `plan` from `start` up to `stop`, None: to the end; to be closed.

    Raises ValueError as `plan.pieces` does. Each chunk that is taken may raise
    MemberUnreadableError, and has some bytes; there may be chunks before that error.
    """

    def __init__(
        self, plan: StoredZip, open_member: OpenMember, start: int = 0, stop: int | None = None
    ) -> None:
        self._plan = plan
        self._pieces = plan.pieces(start, stop)
        self._opened = OpenedAhead(plan.contents(start, stop), open_member, AHEAD)
        self._taken = Handover(AHEAD)
        self._short: list[bytes] = []
        """What is too short to go alone."""
        self._length = 0
        """Its bytes."""
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin to read, and return once the first chunk is there.

        Raises MemberUnreadableError when a member in that chunk cannot be read: nothing has been
        sent yet, and something else can be.
        """
        if self._thread is None:
            # A daemon: that somebody has forgotten to close it must not hold up the process.
            self._thread = Thread(target=self._run, name="zip", daemon=True)
            self._thread.start()
        self._taken.wait()

    def close(self) -> None:
        """Stop, and wait for what is being read or opened; every stream is closed then.

        Whoever waits for a chunk meanwhile, or asks for one later, gets TakerGoneError.
        """
        self._taken.close()
        if self._thread is not None:
            self._thread.join()

    def __next__(self) -> bytes:
        self.start()
        chunk = self._taken.take()
        if chunk is None:
            raise StopIteration
        return chunk

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        try:
            with self._opened:
                self._read()
        except BaseException as error:  # noqa: BLE001 - whoever takes must not wait for ever
            self._taken.end(error)
        else:
            self._taken.end()

    def _read(self) -> None:
        for piece in self._pieces:
            if isinstance(piece, Literal):
                self._hand_over(piece.data)
            else:
                self._copy(piece)
        self._flush()

    def _copy(self, content: Content) -> None:
        member = self._plan.members[content.member]
        crc, last = 0, b""
        with closing(self._chunks(content)) as chunks:
            for chunk in chunks:
                crc = isal_zlib.crc32(chunk, crc)
                if last:
                    self._hand_over(last)
                last = chunk
        if member.crc32 is None:
            self._plan.found(content.member, crc)
        elif content.length == member.size and crc != member.crc32:
            reason = f"its CRC-32 is {crc:08x} where {member.crc32:08x} is known: restore the file"
            raise MemberUnreadableError(member.name, reason)
        self._hand_over(last)

    def _chunks(self, content: Content) -> Generator[bytes, None, None]:
        """Yield what is read of a member: so many bytes, and nothing after them."""
        name = self._plan.members[content.member].name
        missing = content.length
        try:
            with self._opened.next() as stream:
                while chunk := self._chunk(stream, missing):
                    missing -= len(chunk)
                    if missing < 0:
                        break
                    yield chunk
        except (OSError, MunimentError) as error:
            raise MemberUnreadableError(name, str(error)) from error
        if missing:
            reason = f"{missing} of its bytes are missing" if missing > 0 else "it has grown"
            raise MemberUnreadableError(name, reason)

    def _chunk(self, stream: BinaryIO, missing: int) -> bytes:
        """Return the next bytes; when none is missing any more, one byte that should not be."""
        self._opened.approach(missing)
        return stream.read(min(CHUNK, missing) or 1)

    def _hand_over(self, data: bytes) -> None:
        self._short.append(data)
        self._length += len(data)
        if self._length >= CHUNK:
            self._flush()

    def _flush(self) -> None:
        if self._length:
            self._taken.put(b"".join(self._short))
            self._short, self._length = [], 0
