"""Whether a capability can do its work: what it stores in, and who takes its requests."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from http_ingress.board import Board
from http_ingress.outages import DOWN, name_of
from schemas.capabilities import Capability

Word = Literal["Ok", "Up but returning unexpected response", "Down", "Unknown status"]
"""CanarieAPI's words."""

OLDEST = timedelta(seconds=60)
"""Nothing older says anything of now."""
_LONGEST = 256
"""Characters of a message."""
_STORES = ("database", "objects")
_BUS = "bus"


@dataclass(frozen=True, slots=True)
class Part:
    """How one part of a capability is."""

    status: Word
    message: str

    @property
    def words(self) -> str:
        """Both in one, as `status` tells it."""
        return self.status if self.status == "Ok" else f"{self.status} : {self.message}"


@dataclass(frozen=True, slots=True)
class Health:
    """How a capability is."""

    at: datetime | None
    """When it was looked at; None: never."""
    parts: Mapping[str, Part]

    @property
    def ok(self) -> bool:
        """Whether it can do its work."""
        return all(part.status == "Ok" for part in self.parts.values())


def health_of(capability: Capability, board: Board | None, now: datetime) -> Health:
    """Return how a capability is, by what was found out last; None: nothing was, so far."""
    if board is None or now - board.at > OLDEST:
        unknown = Part("Unknown status", "a look at it takes very long; see /readyz")
        at = None if board is None else board.at
        return Health(at, {"Queue": unknown, "Store": unknown})
    queue = _part(_queue_troubles(capability, board))
    if queue.status == "Ok" and board.workers is None:
        queue = Part("Unknown status", "who is at work is in the database, which does not answer")
    return Health(board.at, {"Queue": queue, "Store": _part(_store_troubles(board))})


def store_down(health: Health, trouble: str) -> Health:
    """Return what is told when the store turned out to be down since it was looked at."""
    return Health(health.at, {**health.parts, "Store": _part([trouble])})


def _part(troubles: Iterator[str] | list[str]) -> Part:
    said = "; ".join(troubles)
    return Part("Down", said[:_LONGEST]) if said else Part("Ok", "Ok")


def _store_troubles(board: Board) -> Iterator[str]:
    for name in _STORES:
        if board.dependencies.get(name) is not None:
            yield f"The {name_of(name)} {DOWN}"


def _queue_troubles(capability: Capability, board: Board) -> Iterator[str]:
    if board.dependencies.get(_BUS) is not None:
        yield f"The {_BUS} {DOWN}"
    if board.workers is None:
        return
    for name in capability.consumers:
        signs = board.signs_of(name)
        waits = sorted({sign.waits_for for sign in signs if sign.waits_for is not None})
        if not signs:
            yield f"no consumer {name} is at work; start one with `muniment consume {name}`"
        elif all(sign.waits_for is not None for sign in signs):
            yield f"the consumer {name} waits for the {', the '.join(map(name_of, waits))}"
