"""What is examined, and what is found."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ops.settings import Settings
from ops.stores import Store
from producers.client import Client
from schemas.envelope import Envelope

State = Literal["ok", "warning", "wrong", "skipped"]

MOST_ITEMS = 10
"""Of what is wrong, so many are named."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    check: str
    state: State
    text: str
    advice: str = ""
    """What to do next, when it is not ok."""
    items: Sequence[str] = ()
    """The first of those that it is about: keys of events or objects."""
    repaired: str = ""
    """What was done about it, or would be by a dry run."""
    mended: bool = False
    """Whether all of it was repaired."""


@dataclass(frozen=True, slots=True)
class Hands:
    """What may be done about findings."""

    put_back: Callable[[str, Sequence[Envelope]], None]
    """Has events delivered to one consumer now, each as the try that it says."""
    sweep: Callable[[], int]
    """Hands on some of what dead processes held, and returns how much; 0: nothing is left."""
    dry_run: bool
    """Only say what would be done."""

    def did(self, what: str) -> str:
        """Return what is told of a repair."""
        return f"would have {what}" if self.dry_run else what


@dataclass(frozen=True, slots=True)
class Patient:
    """What is examined, and how thoroughly."""

    settings: Settings
    store: Store
    client: Client
    url: str
    clock: Callable[[], datetime]
    chance: Callable[[], float]
    """Returns a number in [0, 1): which part of a large store is looked at."""
    deep: bool = False
    """The whole ledger and the whole object store, however long that takes."""
    hands: Hands | None = None
    """None: nothing is repaired."""
