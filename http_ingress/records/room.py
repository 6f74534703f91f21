"""What the record store's part of the application shares between requests."""

import asyncio
from dataclasses import dataclass, field

from http_ingress.fresh import Fresh
from http_ingress.together import Together
from producers.projects import Projects
from store.projects import Asker, Standing

_MOST_LARGE = 2
_MOST_IMPORTS = 4


@dataclass(frozen=True, slots=True)
class Room:
    """One per application."""

    projects: Projects
    standings: Together[Asker, Standing]
    """What projects are to those who ask."""
    overdue: Fresh[bool]
    """Whether requests wait whose clients were told to repeat them."""
    large_bodies: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_MOST_LARGE))
    """One slot per large body that may be held in memory: several times its size, for a moment."""
    imports: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_MOST_IMPORTS))
    """One slot per import that may go on: each holds the lines it is about to store."""
