"""Bytes on their way in: hashed while they come, staged as one object, all or nothing."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack

from http_ingress.threads import Threads
from store.fixity import CHUNK, Fixity, Measure
from store.ports import ObjectStore


async def stage(
    incoming: AsyncIterator[bytes],
    objects: ObjectStore,
    key: str,
    check: Callable[[Fixity], None],
    threads: Threads,
) -> Fixity:
    """Store what comes under `key`, and return its fixity.

    Nothing is stored when the client goes away, or when `check` raises.
    """
    staging = await threads.transfer(_Staging, objects, key)
    try:
        gathered: list[bytes] = []
        size = 0
        async for piece in incoming:
            gathered.append(piece)
            size += len(piece)
            if size >= CHUNK:
                await threads.transfer(staging.write, gathered)
                gathered, size = [], 0
        await threads.transfer(staging.write, gathered)
        return await threads.transfer(staging.finish, check)
    except BaseException as error:
        await threads.transfer(staging.abandon, error)
        raise


class _Staging:
    """An object that is being created. Blocking; used from one thread at a time."""

    def __init__(self, objects: ObjectStore, key: str) -> None:
        self._stack = ExitStack()
        self._sink = self._stack.enter_context(objects.create(key))
        self._measure = Measure()

    def write(self, pieces: Sequence[bytes]) -> None:
        """Take the next bytes."""
        data = b"".join(pieces)
        self._measure.update(data)
        self._sink.write(data)

    def finish(self, check: Callable[[Fixity], None]) -> Fixity:
        """Let the object appear, unless `check` raises."""
        fixity = self._measure.fixity()
        check(fixity)
        self._stack.close()
        return fixity

    def abandon(self, error: BaseException) -> None:
        """Let nothing appear. Safe after a `finish` that failed."""
        self._stack.__exit__(type(error), error, error.__traceback__)
