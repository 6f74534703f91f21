"""Members of a zip that are opened while those before them are still read.

Opening takes one round trip to an object store, and reading a small file hardly more: one after the
other, a thousand small files would be a thousand times of waiting. But a connection that is open
for long and not read is cut by the other side; so a member is opened only when its turn is near.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import BinaryIO, Self

from store.zips.stored import Content

OpenMember = Callable[[int, int, int], BinaryIO]
"""Opens a member (which one, from which byte, how many bytes), in any thread, several at once.

The stream ends after that many bytes; the caller closes it. When that is the end of the member, it
should end where the file does instead: only then is a file that has grown found out.
"""

_AT_ONCE = 4


class OpenedAhead:
    """Opens these contents in turn, up to four of them before they are asked for.

    `near` is how many bytes before its turn a member is opened.
    """

    def __init__(self, contents: Iterator[Content], open_member: OpenMember, near: int) -> None:
        self._contents = contents
        self._open = open_member
        self._near = near
        self._opened: deque[tuple[Content, Future[BinaryIO]]] = deque()
        self._threads = ThreadPoolExecutor(_AT_ONCE, "zip-opening")

    def next(self) -> BinaryIO:
        """Return the stream of the next content. Raises what opening it raised; StopIteration."""
        if not self._opened:
            self._begin(next(self._contents))
        content, opening = self._opened.popleft()
        self.approach(content.length)  # while this one is being opened, too
        return opening.result()

    def approach(self, missing: int) -> None:
        """Open what is near, when so many bytes are missing of the content that is being read."""
        away = missing + sum(content.length for content, _ in self._opened)
        while away <= self._near and len(self._opened) < _AT_ONCE:
            content = next(self._contents, None)
            if content is None:
                return
            self._begin(content)
            away += content.length

    def close(self) -> None:
        """Close what was opened and not asked for; wait for what is being opened."""
        self._threads.shutdown(cancel_futures=True)
        while self._opened:
            future = self._opened.popleft()[1]
            if not future.cancelled() and future.exception() is None:
                future.result().close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _begin(self, content: Content) -> None:
        opening = self._threads.submit(self._open, content.member, content.start, content.length)
        self._opened.append((content, opening))
