"""What the packager's part of the application shares between requests."""

import asyncio
from dataclasses import dataclass, field

_MOST_LARGE = 2


@dataclass(frozen=True, slots=True)
class Room:
    """One per application."""

    large_bodies: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_MOST_LARGE))
    """One slot per large body that may be held in memory: several times its size, for a moment."""
