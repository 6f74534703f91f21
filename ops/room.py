"""Room on a disk: what answers and cannot write is not ready."""

import shutil
from collections.abc import Callable
from pathlib import Path

from store.errors import UnavailableError

LEAST = 1024**2
"""Bytes below which a disk is called full: the next commit may not fit."""


def with_room(check: Callable[[], None], place: Path | None) -> None:
    """Check, and see that the disk of `place` has room; None: it has no disk of ours.

    Raises what `check` raises, and UnavailableError for a full disk.
    """
    check()
    if place is None or not place.exists():
        return
    free = shutil.disk_usage(place).free
    if free < LEAST:
        raise UnavailableError(f"the disk of {place} is full ({free} bytes left): make room")
