"""What the reference service shares between requests."""

import asyncio
from dataclasses import dataclass, field

from http_ingress.board import Board
from http_ingress.reference.adding import Adding
from http_ingress.reference.lately import Lately
from http_ingress.together import Together
from store.components.counters import Counter

_MOST_LARGE = 4
"""Large bodies that are held in memory at once."""


@dataclass(frozen=True, slots=True)
class Room:
    """What requests have in common."""

    adding: Adding
    """Counts calls of the demonstration service."""
    counters: Together[str, Counter]
    """By component; asked for by many at once, they are read once."""
    board: Lately[Board]
    """What the installation was doing lately."""
    large_bodies: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_MOST_LARGE))
    """One slot per large body in memory."""
