"""What the archive's part of the application shares between requests."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field

from http_ingress.fresh import Fresh
from http_ingress.threads import MOST_ZIPS
from http_ingress.together import Together
from producers.frames import FrameChanges
from store.frames.values import Frame

_MOST_LARGE = 2
_MOST_MADE = 2
_MOST_UNANSWERED = 10_000


class Unanswered:
    """Requests whose clients were told to repeat them, and then will want to know the outcome.

    Known to this process alone, and forgotten when it ends: a version that was stored meanwhile is
    then refused as one that exists already, which is how clients learn that they were successful.
    """

    def __init__(self) -> None:
        self._keys: OrderedDict[str, str] = OrderedDict()

    def add(self, fingerprint: str, key: str) -> None:
        """Remember the event of a request."""
        self._keys[fingerprint] = key
        self._keys.move_to_end(fingerprint)
        if len(self._keys) > _MOST_UNANSWERED:
            self._keys.popitem(last=False)

    def take(self, fingerprint: str) -> str | None:
        """Return the event of such a request, and forget it: its outcome will be told once."""
        return self._keys.pop(fingerprint, None)


@dataclass(frozen=True, slots=True)
class Room:
    """One per application."""

    changes: FrameChanges
    overdue: Fresh[bool]
    """Whether requests wait whose clients were told to repeat them."""
    stored: Together[int, Frame]
    """Frames by id, whoever may see them, for who has changed them."""
    unanswered: Unanswered = field(default_factory=Unanswered)
    large_bodies: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_MOST_LARGE))
    """One slot per large body that may be held in memory: several times its size, for a moment."""
    zips: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_ZIPS))
    """One slot per zip that is being sent."""
    making: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_MOST_MADE))
    """One slot per request for which FITS files are made: that takes a core, and room on disk."""
